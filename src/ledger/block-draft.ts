/** The state while a block comes about: its rewards are paid first, then its transactions apply, one after the other. */
import { assert } from '../base/index.ts';
import { applyTransaction, checkTransaction, type TransactionRules } from './check-transaction.ts';
import { Draft, type StateChange } from './draft.ts';
import { ReadOnce } from './read-once.ts';
import type { Rejection } from './rejection.ts';
import { payRewards, type Reward } from './rewards.ts';
import { type StateView, stateKeys } from './state.ts';
import { patientOf, type Transaction } from './transaction.ts';

/** What a block leads to. */
export interface BlockEffect {
  /** Every key that changes, before and after: what to write, and what undoes it. */
  readonly changes: readonly StateChange[];
  /** The rewards that the block pays, in their order, before its own transactions. */
  readonly rewards: readonly Reward[];
  /** For each of its transactions, the patient whose history it belongs to; null where it has none. */
  readonly patients: readonly (string | null)[];
}

export interface BlockDraftContext extends TransactionRules {
  /** The state after the parent. */
  readonly state: StateView;
}

export class BlockDraft {
  readonly #rewards: readonly Reward[];
  readonly #height: number;
  readonly #rules: TransactionRules;
  readonly #draft: Draft;
  readonly #patients: (string | null)[] = [];

  constructor(rewards: readonly Reward[], height: number, { state, ...rules }: BlockDraftContext) {
    this.#rewards = rewards;
    this.#height = height;
    this.#rules = rules;
    // Most of what a block changes it has read before, or has looked for in vain: a look at the disk each time.
    this.#draft = new Draft(new ReadOnce(state));
    payRewards(this.#draft, rewards);
    for (const [index, { id }] of rewards.entries()) this.#enter(id, index);
  }

  /** Applies a transaction that holds after those before it. @returns why it does not; then nothing has changed. */
  add(transaction: Transaction): Rejection | null {
    const refused = checkTransaction(transaction, this.#draft, this.#rules);
    if (refused) return refused;
    applyTransaction(transaction, this.#draft);
    this.#enter(transaction.id, this.#rewards.length + this.#patients.length);
    const patient = patientOf(transaction.body, this.#draft);
    assert(patient !== undefined, 'a transaction that was applied has no unknown reference');
    this.#patients.push(patient);
    return null;
  }

  effect(): BlockEffect {
    const changes = this.#draft.changes();
    assertMoneyIsConserved(changes);
    return { changes, rewards: this.#rewards, patients: this.#patients };
  }

  #enter(id: string, position: number): void {
    this.#draft.create(stateKeys.transaction(id), { height: this.#height, position });
  }
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
