/**
 * Rewards are derived, not authored. A result or a fill in a block puts a reward into the queue of due rewards; the next
 * block pays from the front of the queue, before its own transactions. So every node comes to the same payments, each
 * once, and nobody can forge one. What SYSTEM_BANK_001 cannot pay waits at the front.
 */
import { type Encodable, encode, fromHex } from '../base/index.ts';
import { leafHash, taggedHashHex } from '../crypto/index.ts';
import type { Draft } from './draft.ts';
import { type Genesis, systemAccount } from './genesis.ts';
import { type DueReward, readBalance, readDueQueue, readDueRewards, type StateView, stateKeys } from './state.ts';

/** A reward, due or paid. Shown everywhere as a TRANSFER_ECASH authored by SYSTEM_BANK_001. */
export interface Reward {
  /** SHA-256("carechain/reward/1" ‖ canonical encoding of the other fields). */
  readonly id: string;
  readonly kind: 'TRANSFER_ECASH';
  readonly rule: DueReward['rule'];
  /** The result or fill that earned it. */
  readonly cause: string;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

/** The rewards that are owed, in the order in which they will be paid; at most `most`. */
export function dueRewards(state: StateView, genesis: Genesis, most: number): Reward[] {
  return [...readDueRewards(state, most)].map((due) => rewardOf(due, genesis));
}

/** The rewards that the block after `state` pays: from the front of the queue, as many as it may and SYSTEM can. */
export function payableRewards(state: StateView, genesis: Genesis): Reward[] {
  let left = readBalance(state, systemAccount);
  const payable: Reward[] = [];
  for (const due of readDueRewards(state, genesis.limits.rewardsPerBlock)) {
    const amount = amountOf(due, genesis);
    // It holds up all behind it. Where nothing can be paid, the length of the queue costs nothing.
    if (amount > left) break;
    left -= amount;
    payable.push(rewardOf(due, genesis));
  }
  return payable;
}

/** Pays `rewards`, which stand at the front of the queue. */
export function payRewards(draft: Draft, rewards: readonly Reward[]): void {
  if (rewards.length === 0) return;
  const { head, tail } = readDueQueue(draft);
  for (const [index, reward] of rewards.entries()) {
    draft.debit(reward.from, reward.amount);
    draft.credit(reward.to, reward.amount);
    draft.delete(stateKeys.dueReward(head + index));
  }
  draft.set(stateKeys.dueQueue(), { head: head + rewards.length, tail });
}

/** The canonical encoding of a reward, which its id and its leaf in the transactions root cover. */
export function encodeReward(reward: Omit<Reward, 'id'>, network: string): Uint8Array {
  const wire: Encodable = {
    network: fromHex(network),
    kind: reward.kind,
    rule: reward.rule,
    cause: fromHex(reward.cause),
    from: fromHex(reward.from),
    to: fromHex(reward.to),
    amount: reward.amount,
  };
  return encode(wire);
}

export function rewardLeaf(reward: Reward, network: string): Uint8Array {
  return leafHash(encodeReward(reward, network));
}

function amountOf({ rule }: DueReward, { rewards }: Genesis): number {
  return rule === 'order-reward' ? rewards.order : rewards.fill;
}

function rewardOf(due: DueReward, genesis: Genesis): Reward {
  const reward = {
    kind: 'TRANSFER_ECASH',
    rule: due.rule,
    cause: due.cause,
    from: systemAccount,
    to: due.to,
    amount: amountOf(due, genesis),
  } as const;
  return { id: taggedHashHex('carechain/reward/1', encodeReward(reward, genesis.hash)), ...reward };
}
