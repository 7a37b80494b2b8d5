import { z } from 'zod';
import { defineAction, done } from '../action.ts';
import { endSession } from '../session.ts';

export const logout = defineAction({
  name: 'logout',
  summary: 'log out; the keys are wiped from memory',
  usage: 'logout',
  example: 'logout',
  who: 'anyone',
  input: z.strictObject({}),
  positional: [],
  questions: [],
  signs: false,
  async run(_input, { session }) {
    const username = session.user?.member.username ?? null;
    endSession(session);
    return done({ username });
  },
});
