import { z } from 'zod';
import { rejection } from '../../ledger/index.ts';
import { defineAction, done } from '../action.ts';
import { failure, refusal } from '../error-codes.ts';
import { nameOf } from '../members.ts';

export const mine = defineAction({
  name: 'mine',
  summary: 'seal what is pending and due in one block',
  usage: 'mine',
  example: 'mine',
  who: 'anyone',
  input: z.strictObject({}),
  positional: [],
  questions: [],
  signs: false,
  async run(_input, { carechain }) {
    const { node } = carechain;
    const mined = await node.mine();
    if (!mined.ok) {
      return mined.code === 'miner-not-allowed' ? refusal(rejection(mined.code)) : failure(mined.code);
    }
    const { block, rewards, rewardsDue } = mined;
    return done({
      height: block.header.height,
      hash: block.hash,
      /** Rewards included. */
      transactions: rewards.length + block.transactions.length,
      rewards: rewards.length,
      rewardsDue: rewardsDue.map(({ id, rule, cause, to, amount }) => {
        return { id, to: nameOf(node, to), amount, reason: rule, cause };
      }),
    });
  },
});
