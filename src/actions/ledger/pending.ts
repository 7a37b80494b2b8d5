import { z } from 'zod';
import type { LedgerNode, LocatedEntry } from '../../node/index.ts';
import { defineAction, done } from '../action.ts';
import { isoTime, rowOf } from '../entries.ts';
import { sentenceOf } from '../error-codes.ts';
import { page, pageOf } from '../inputs.ts';
import { rememberList } from '../resolve-id.ts';

export const pending = defineAction({
  name: 'pending',
  summary: 'what is signed and not in a block yet, and rewards that are due',
  usage: 'pending [--from <n>] [--count <n>]',
  example: 'pending',
  who: 'anyone',
  input: z.strictObject(page),
  positional: [],
  questions: [],
  signs: false,
  async run(input, context) {
    const { node } = context.carechain;
    const { rows, next } = pageOf(node.pending(), input);
    rememberList(
      context,
      rows.map(({ id }) => id),
    );
    return done({ transactions: rows.map((located, index) => pendingRow(node, located, index + 1)), next });
  },
});

function pendingRow(node: LedgerNode, { entry, where, own }: LocatedEntry, number: number) {
  const code = where.state === 'waiting' ? where.rejection.code : null;
  return {
    number,
    ...rowOf(node, entry),
    /** `due`: a reward that the next block pays as far as SYSTEM_BANK_001 can. */
    state: entry.type === 'reward' ? 'due' : where.state,
    time: entry.type === 'reward' ? null : isoTime(entry.transaction.body.time),
    own,
    /** Why it waits. */
    code,
    message: code === null ? null : sentenceOf(code),
  };
}
