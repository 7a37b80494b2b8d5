import { z } from 'zod';
import { readBalance, systemAccount, systemName } from '../../ledger/index.ts';
import { defineAction, done } from '../action.ts';
import { membersOf } from '../members.ts';

/** As the chain has them; what is pending is not counted. */
export const balances = defineAction({
  name: 'balances',
  summary: 'the balance of every member, and of SYSTEM_BANK_001',
  usage: 'balances',
  example: 'balances',
  who: 'anyone',
  input: z.strictObject({}),
  positional: [],
  questions: [],
  signs: false,
  async run(_input, { carechain }) {
    const { node } = carechain;
    const balances: Record<string, number> = {};
    for (const { id, username } of membersOf(node)) balances[username] = readBalance(node.state, id);
    balances[systemName] = readBalance(node.state, systemAccount);
    return done({ balances });
  },
});
