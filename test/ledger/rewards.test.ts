/** Which rewards a block pays, held against the rule as PROTOCOL.md tells it; and what it costs to find that out. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Encodable } from '../../src/base/index.ts';
import {
  dueRewards,
  type Genesis,
  payableRewards,
  type Reward,
  readBalance,
  type StateView,
  stateKeys,
  systemAccount,
} from '../../src/ledger/index.ts';
import { hashFrom, testGenesis } from '../support/ledger.ts';

interface Queue {
  readonly head: number;
  readonly rules: readonly ('order-reward' | 'fill-reward')[];
  readonly balance: number;
}

/** A state with nothing but a bank and a queue, and the keys that were read of it. */
function stateOf({ head, rules, balance }: Queue): { state: StateView; read: string[] } {
  const values = new Map<string, Encodable>([
    [stateKeys.balance(systemAccount), balance],
    [stateKeys.dueQueue(), { head, tail: head + rules.length }],
  ]);
  for (const [index, rule] of rules.entries()) {
    const cause = hashFrom(`cause ${index}`);
    values.set(stateKeys.dueReward(head + index), { rule, cause, to: hashFrom('somebody') });
  }
  const read: string[] = [];
  return {
    read,
    state: {
      get(key) {
        read.push(key);
        return values.get(key);
      },
    },
  };
}

/** All that are due are made first; then they are paid from the front, up to the first that cannot be. */
function paidOneByOne(state: StateView, genesis: Genesis): Reward[] {
  let left = readBalance(state, systemAccount);
  const due = dueRewards(state, genesis, genesis.limits.rewardsPerBlock);
  const end = due.findIndex(({ amount }) => {
    left -= amount;
    return left < 0;
  });
  return end === -1 ? due : due.slice(0, end);
}

test('whatever is due and whatever the bank holds, the rewards paid are those that the rule says', () => {
  const amount = fc.constantFrom(0, 1, 500, 700);
  const rules = fc.array(fc.constantFrom('order-reward' as const, 'fill-reward' as const), { maxLength: 20 });
  const balance = fc.oneof(fc.constantFrom(0, 499, 500, 501, 1_200), fc.nat(15_000));
  fc.assert(
    fc.property(
      fc.record({ head: fc.nat(5), rules, balance }),
      fc.record({ order: amount, fill: amount }),
      fc.integer({ min: 1, max: 20 }),
      (queue, rewards, rewardsPerBlock) => {
        const { genesis } = testGenesis({ rewards, limits: { rewardsPerBlock } });
        const { state } = stateOf(queue);
        expect(payableRewards(state, genesis)).toEqual(paidOneByOne(state, genesis));
      },
    ),
    { numRuns: 500 },
  );
});

test('where the bank is empty, the length of the queue costs nothing', () => {
  const { genesis } = testGenesis();
  const { state, read } = stateOf({ head: 7, rules: Array(4_000).fill('order-reward'), balance: 499 });
  expect(payableRewards(state, genesis)).toEqual([]);
  expect(read).toEqual([stateKeys.balance(systemAccount), stateKeys.dueQueue(), stateKeys.dueReward(7)]);
});
