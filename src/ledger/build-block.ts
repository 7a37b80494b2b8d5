/** What a miner does before it searches a nonce: choose transactions that fit, in an order that holds. */
import { assert } from '../base/index.ts';
import { bodyWeight, type Header, transactionsRoot } from './block.ts';
import { BlockDraft } from './block-draft.ts';
import type { BlockContext } from './check-block.ts';
import { nextTime } from './check-header.ts';
import { nextDigest } from './digest.ts';
import { payableRewards, type Reward } from './rewards.ts';
import { completed, type Steps } from './steps.ts';
import type { Transaction } from './transaction.ts';

export interface BlockPlan {
  /** Complete but for its nonce, which is zero. */
  readonly header: Header;
  readonly transactions: readonly Transaction[];
  readonly rewards: readonly Reward[];
}

/**
 * Plans the block after `context.parent`, from `candidates` in the order given; those that do not hold after the ones
 * before them are left out, and the block ends with the last one that fits. Where not all fit, each author has the same
 * share of the block, and what one does not need is for the others: who writes much waits longer, and nobody else does.
 * Null where there would be neither a transaction nor a reward.
 */
export function buildBlock(candidates: readonly Transaction[], miner: string, context: BlockContext): BlockPlan | null {
  return completed(buildBlockInSteps(candidates, miner, context));
}

/** As {@link buildBlock}, a candidate at a time. Between two steps the state of the parent must not change. */
export function* buildBlockInSteps(
  candidates: readonly Transaction[],
  miner: string,
  context: BlockContext,
): Steps<BlockPlan | null> {
  const { genesis, parent, state } = context;
  const rewards = payableRewards(state, genesis);
  const height = parent.header.height + 1;
  const draft = new BlockDraft(rewards, height, context);
  const transactions = yield* choose(candidates, draft, genesis.limits.blockBytes);
  if (transactions.length + rewards.length === 0) return null;

  const header: Header = {
    rules: genesis.rules,
    network: genesis.hash,
    height,
    parent: parent.hash,
    time: nextTime(context.medianTimes, context.now),
    miner,
    transactionsRoot: transactionsRoot(rewards, transactions, genesis.hash),
    stateDigest: nextDigest(parent.header.stateDigest, draft.effect().changes),
    difficulty: genesis.difficulty,
    nonce: '00'.repeat(8),
  };
  return { header, transactions, rewards };
}

/** Adds to a draft what it can take, of no more than `blockBytes` together. @returns what that is. */
function* choose(candidates: readonly Transaction[], draft: BlockDraft, blockBytes: number): Steps<Transaction[]> {
  const chosen = new Map<string, Transaction>();
  let room = blockBytes;
  const take = (transaction: Transaction): boolean => {
    if (chosen.has(transaction.id) || draft.add(transaction)) return false;
    chosen.set(transaction.id, transaction);
    room -= transaction.bytes.length;
    return true;
  };

  const shares = sharesOf(candidates, room);
  const beyondShare: Transaction[] = [];
  for (const transaction of candidates) {
    yield;
    const { author } = transaction.body;
    const share = shares.get(author)!;
    const { length } = transaction.bytes;
    if (length > share) {
      // Nor do those that come after it, which may rest on it.
      shares.set(author, 0);
      beyondShare.push(transaction);
    } else if (take(transaction)) shares.set(author, share - length);
  }
  // What is left of the shares, less than a transaction each, and of what did not hold.
  for (const transaction of beyondShare) {
    if (transaction.bytes.length > room) break;
    take(transaction);
  }
  const transactions = [...chosen.values()];
  assert(bodyWeight(transactions) === blockBytes - room, 'the weight is that of the chosen');
  return transactions;
}

/** Bytes by author, max-min fair (D. Bertsekas and R. Gallager, Data Networks, 6.5.2): together no more than `room`. */
function sharesOf(candidates: readonly Transaction[], room: number): Map<string, number> {
  const wanted = new Map<string, number>();
  for (const { body, bytes } of candidates) wanted.set(body.author, (wanted.get(body.author) ?? 0) + bytes.length);
  const shares = new Map<string, number>();
  let left = room;
  for (const [author, bytes] of [...wanted].sort(([, one], [, other]) => one - other)) {
    const share = Math.min(bytes, Math.floor(left / (wanted.size - shares.size)));
    shares.set(author, share);
    left -= share;
  }
  return shares;
}
