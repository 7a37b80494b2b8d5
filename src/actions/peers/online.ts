import { z } from 'zod';
import { defineAction, done } from '../action.ts';

export const online = defineAction({
  name: 'online',
  summary: 'restore the links after `offline`',
  usage: 'online',
  example: 'online',
  who: 'anyone',
  input: z.strictObject({}),
  positional: [],
  questions: [],
  signs: false,
  async run(_input, { carechain }) {
    await carechain.node.setOffline(false);
    return done({ offline: false });
  },
});
