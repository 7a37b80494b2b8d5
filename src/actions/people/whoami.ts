import { z } from 'zod';
import { defineAction, done } from '../action.ts';

export const whoami = defineAction({
  name: 'whoami',
  summary: 'who is logged in',
  usage: 'whoami',
  example: 'whoami',
  who: 'anyone',
  input: z.strictObject({}),
  positional: [],
  questions: [],
  signs: false,
  async run(_input, { session }) {
    const { username = null, role = null, name = null, place = null } = session.user?.member ?? {};
    return done({ username, role, name, place, activePatient: session.activePatient });
  },
});
