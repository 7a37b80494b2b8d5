import { z } from 'zod';
import { defineAction, done } from '../action.ts';
import { failure } from '../error-codes.ts';

export const sync = defineAction({
  name: 'sync',
  summary: 'compare with every peer now, and fetch what is missing',
  usage: 'sync',
  example: 'sync',
  who: 'anyone',
  input: z.strictObject({}),
  positional: [],
  questions: [],
  signs: false,
  async run(_input, { carechain }) {
    const { node } = carechain;
    if (node.peers().length === 0) return failure('no-peers');
    const report = await node.sync();
    return report.peersAsked === 0 ? failure('no-peers') : done(report);
  },
});
