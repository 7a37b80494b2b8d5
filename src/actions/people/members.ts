import { z } from 'zod';
import { defineAction, done } from '../action.ts';
import { membersOf } from '../members.ts';

export const members = defineAction({
  name: 'members',
  summary: 'the members of this network',
  usage: 'members',
  example: 'members',
  who: 'anyone',
  input: z.strictObject({}),
  positional: [],
  questions: [],
  signs: false,
  async run(_input, { carechain }) {
    const rows = membersOf(carechain.node).map(({ id, username, role, name, place, signingKey, sealingKey }) => {
      const canLogIn = carechain.keyFiles.has(username);
      return { username, role, name, place, id, signingKey, sealingKey, canLogIn };
    });
    return done({ members: rows });
  },
});
