/** The check of a block against the state of its parent, and what the block changes. Pure: bodies in, changes out. */
import { assert } from '../base/index.ts';
import { type Block, bodyWeight, transactionsRoot } from './block.ts';
import { checkHeader, type HeaderContext } from './check-header.ts';
import { applyTransaction, checkTransaction, type TransactionRules } from './check-transaction.ts';
import { nextDigest } from './digest.ts';
import { Draft, type StateChange } from './draft.ts';
import { type RejectionCode, type RejectionFacts, refuse, type Verdict } from './rejection.ts';
import { payableRewards, payRewards, type Reward } from './rewards.ts';
import { type StateView, stateKeys } from './state.ts';
import { patientOf, type Transaction } from './transaction.ts';

export interface BlockContext extends HeaderContext, Pick<TransactionRules, 'verify'> {
  /** The state after the parent. */
  readonly state: StateView;
}

/** What a block leads to. */
export interface BlockEffect {
  /** Every key that changes, before and after: what to write, and what undoes it. */
  readonly changes: readonly StateChange[];
  /** The rewards that the block pays, in their order, before its own transactions. */
  readonly rewards: readonly Reward[];
  /** For each of its transactions, the patient whose history it belongs to; null where it has none. */
  readonly patients: readonly (string | null)[];
}

export function checkBlock(block: Block, context: BlockContext): Verdict<BlockEffect> {
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

  const applied = applyBlock(transactions, rewards, header.height, context);
  if (!applied.ok) return applied;
  const expected = nextDigest(context.parent.header.stateDigest, applied.value.changes);
  const digest = check('wrong-state-digest', { digest: header.stateDigest, expected }, header.stateDigest === expected);
  return digest ?? applied;
}

/** Pays the rewards, then checks and applies the transactions in their order. */
export function applyBlock(
  transactions: readonly Transaction[],
  rewards: readonly Reward[],
  height: number,
  context: Pick<BlockContext, 'state' | 'genesis' | 'verify' | 'onCheck'>,
): Verdict<BlockEffect> {
  const draft = new Draft(context.state);
  payRewards(draft, rewards);
  for (const [index, reward] of rewards.entries())
    draft.set(stateKeys.transaction(reward.id), { height, position: index });
  const patients: (string | null)[] = [];
  for (const [index, transaction] of transactions.entries()) {
    const refused = checkTransaction(transaction, draft, context);
    if (refused) return refuse(refused.code, { ...refused.facts, position: index, transaction: transaction.id });
    applyTransaction(transaction, draft);
    draft.set(stateKeys.transaction(transaction.id), { height, position: rewards.length + index });
    const patient = patientOf(transaction.body, draft);
    assert(patient !== undefined, 'a transaction that was applied has no unknown reference');
    patients.push(patient);
  }
  const changes = draft.changes();
  assertMoneyIsConserved(changes);
  return { ok: true, value: { changes, rewards, patients } };
}

/** Money only moves: what balances gain and lose within a block adds up to nothing. */
function assertMoneyIsConserved(changes: readonly StateChange[]): void {
  let sum = 0;
  for (const { key, before, after } of changes) {
    if (!key.startsWith('balance/')) continue;
    assert((after as number) >= 0, 'no balance falls below zero');
    sum += (after as number) - ((before as number | null) ?? 0);
  }
  assert(sum === 0, 'the sum of all balances is constant');
}
