import { z } from 'zod';
import { defineAction, done } from '../action.ts';

export const recalcBalances = defineAction({
  name: 'recalc_balances',
  summary: 'replay the chain, compare with the stored balances and state, mend what differs',
  usage: 'recalc_balances',
  example: 'recalc_balances',
  who: 'anyone',
  input: z.strictObject({}),
  positional: [],
  questions: [],
  signs: false,
  async run(_input, { carechain }) {
    return done(await carechain.node.recalculateBalances());
  },
});
