import { z } from 'zod';
import type { LedgerNode, LocatedEntry } from '../../node/index.ts';
import { defineAction, done } from '../action.ts';
import { isoTime, rowOf } from '../entries.ts';
import { sentenceOf } from '../error-codes.ts';
import { page, pageOf } from '../inputs.ts';

export const lost = defineAction({
  name: 'lost',
  summary: 'what became impossible, and why',
  usage: 'lost [--from <n>] [--count <n>]',
  example: 'lost',
  who: 'anyone',
  input: z.strictObject(page),
  positional: [],
  questions: [],
  signs: false,
  async run(input, { carechain }) {
    const { node } = carechain;
    const { rows, next } = pageOf(node.lost(), input);
    return done({ transactions: rows.map((located) => lostRow(node, located)), next });
  },
});

function lostRow(node: LedgerNode, { entry, where, own }: LocatedEntry) {
  const { id, kind, author, to, amount } = rowOf(node, entry);
  const time = entry.type === 'transaction' ? isoTime(entry.transaction.body.time) : null;
  const row = { id, kind, author, time, to, amount, own };
  if (!('rejection' in where)) return { ...row, code: null, message: null, because: null };
  const { code, facts } = where.rejection;
  // What stands in its way: the result that came first, or what closed the prescription.
  const because = facts.because ?? facts.answer ?? null;
  return { ...row, code, message: sentenceOf(code), because };
}
