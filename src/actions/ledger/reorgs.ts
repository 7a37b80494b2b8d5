import { z } from 'zod';
import { defineAction, done } from '../action.ts';
import { isoTime } from '../entries.ts';
import { page, pageOf } from '../inputs.ts';

export const reorgs = defineAction({
  name: 'reorgs',
  summary: 'the forks that this node has seen',
  usage: 'reorgs [--from <n>] [--count <n>]',
  example: 'reorgs',
  who: 'anyone',
  input: z.strictObject(page),
  positional: [],
  questions: [],
  signs: false,
  async run(input, { carechain }) {
    const { rows, next } = pageOf(carechain.node.reorgs(), input);
    return done({ reorgs: rows.map((reorg) => ({ ...reorg, time: isoTime(reorg.time) })), next });
  },
});
