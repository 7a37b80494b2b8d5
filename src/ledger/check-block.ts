/** The check of a block against the state of its parent, and what the block changes. Pure: bodies in, changes out. */
import { type Block, bodyWeight, transactionsRoot } from './block.ts';
import { BlockDraft, type BlockDraftContext, type BlockEffect } from './block-draft.ts';
import { checkHeader, type HeaderContext } from './check-header.ts';
import { nextDigest } from './digest.ts';
import { type RejectionCode, type RejectionFacts, refuse, type Verdict } from './rejection.ts';
import { payableRewards, type Reward } from './rewards.ts';
import { completed, type Steps } from './steps.ts';
import type { Transaction } from './transaction.ts';

export interface BlockContext extends HeaderContext, BlockDraftContext {}

export function checkBlock(block: Block, context: BlockContext): Verdict<BlockEffect> {
  return completed(checkBlockInSteps(block, context));
}

/** As {@link checkBlock}, a transaction at a time. Between two steps the state of the parent must not change. */
export function* checkBlockInSteps(block: Block, context: BlockContext): Steps<Verdict<BlockEffect>> {
  const badHeader = checkHeader(block, context);
  if (badHeader) return { ok: false, rejection: badHeader };

  const { genesis, state, onCheck } = context;
  const { header, transactions } = block;
  const check = (code: RejectionCode, facts: RejectionFacts, passed: boolean) => {
    onCheck?.(code, facts, passed);
    return passed ? null : refuse(code, facts);
  };
  const weight = bodyWeight(transactions);
  const rewards = payableRewards(state, genesis);
  const root = transactionsRoot(rewards, transactions, genesis.hash);
  const shape =
    check('block-too-large', { bytes: weight }, weight <= genesis.limits.blockBytes) ??
    check('empty-block', {}, transactions.length + rewards.length > 0) ??
    check(
      'wrong-transactions-root',
      { root: header.transactionsRoot, expected: root },
      header.transactionsRoot === root,
    );
  if (shape) return shape;

  const applied = yield* applyBlock(transactions, rewards, header.height, context);
  if (!applied.ok) return applied;
  const expected = nextDigest(context.parent.header.stateDigest, applied.value.changes);
  const digest = check('wrong-state-digest', { digest: header.stateDigest, expected }, header.stateDigest === expected);
  return digest ?? applied;
}

/** Pays the rewards, then checks and applies the transactions in their order. */
export function* applyBlock(
  transactions: readonly Transaction[],
  rewards: readonly Reward[],
  height: number,
  context: BlockDraftContext,
): Steps<Verdict<BlockEffect>> {
  const draft = new BlockDraft(rewards, height, context);
  for (const [position, transaction] of transactions.entries()) {
    yield;
    const refused = draft.add(transaction);
    if (refused) return refuse(refused.code, { ...refused.facts, position, transaction: transaction.id });
  }
  return { ok: true, value: draft.effect() };
}
