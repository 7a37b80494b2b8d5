/** What a miner does before it searches a nonce: choose transactions that fit, in an order that holds. */
import { assert } from '../base/index.ts';
import { bodyWeight, type Header, transactionsRoot } from './block.ts';
import { applyBlock, type BlockContext } from './check-block.ts';
import { nextTime } from './check-header.ts';
import { applyTransaction, checkTransaction } from './check-transaction.ts';
import { nextDigest } from './digest.ts';
import { Draft } from './draft.ts';
import { payableRewards, payRewards, type Reward } from './rewards.ts';
import type { Transaction } from './transaction.ts';

export interface BlockPlan {
  /** Complete but for its nonce, which is zero. */
  readonly header: Header;
  readonly transactions: readonly Transaction[];
  readonly rewards: readonly Reward[];
}

/**
 * Plans the block after `context.parent`, from `candidates` in the order given; those that do not hold after the ones
 * before them are left out, and the block ends with the last one that fits. Null where there would be neither a transaction nor a reward.
 */
export function buildBlock(candidates: Iterable<Transaction>, miner: string, context: BlockContext): BlockPlan | null {
  const { genesis, parent, state } = context;
  const rewards = payableRewards(state, genesis);
  const transactions = choose(candidates, rewards, context);
  if (transactions.length + rewards.length === 0) return null;

  const height = parent.header.height + 1;
  const effect = applyBlock(transactions, rewards, height, context);
  assert(effect.ok, 'the transactions chosen hold in their order');
  const header: Header = {
    rules: genesis.rules,
    network: genesis.hash,
    height,
    parent: parent.hash,
    time: nextTime(context.medianTimes, context.now),
    miner,
    transactionsRoot: transactionsRoot(rewards, transactions, genesis.hash),
    stateDigest: nextDigest(parent.header.stateDigest, effect.value.changes),
    difficulty: genesis.difficulty,
    nonce: '00'.repeat(8),
  };
  return { header, transactions, rewards };
}

function choose(candidates: Iterable<Transaction>, rewards: readonly Reward[], context: BlockContext): Transaction[] {
  const draft = new Draft(context.state);
  payRewards(draft, rewards);
  const chosen: Transaction[] = [];
  const seen = new Set<string>();
  let weight = 0;
  for (const transaction of candidates) {
    if (seen.has(transaction.id)) continue;
    if (weight + transaction.bytes.length > context.genesis.limits.blockBytes) break;
    if (
      checkTransaction(transaction, draft, {
        genesis: context.genesis,
        ...(context.verify && { verify: context.verify }),
      })
    )
      continue;
    applyTransaction(transaction, draft);
    seen.add(transaction.id);
    chosen.push(transaction);
    weight += transaction.bytes.length;
  }
  assert(weight === bodyWeight(chosen), 'the weight is that of the chosen');
  return chosen;
}
