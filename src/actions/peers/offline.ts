import { z } from 'zod';
import { defineAction, done } from '../action.ts';

export const offline = defineAction({
  name: 'offline',
  summary: 'close all links and refuse new ones; work goes on',
  usage: 'offline',
  example: 'offline',
  who: 'anyone',
  input: z.strictObject({}),
  positional: [],
  questions: [],
  signs: false,
  async run(_input, { carechain }) {
    await carechain.node.setOffline(true);
    return done({ offline: true });
  },
});
