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
    const { node } = carechain;
    const reorgs = pageOf(node.reorgs(), input);
    const equivocations = pageOf(node.equivocations(), input);
    const dated = <Logged extends { readonly time: number }>(logged: Logged) => ({
      ...logged,
      time: isoTime(logged.time),
    });
    return done({
      reorgs: reorgs.rows.map(dated),
      equivocations: equivocations.rows.map(dated),
      next: reorgs.next ?? equivocations.next,
    });
  },
});
