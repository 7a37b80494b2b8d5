/**
 * Transactions that are not in the chain: `pending` ones hold after the head and the pending ones before them, `waiting`
 * ones do not hold yet. Pending spending is reserved, pending income is not spendable.
 *
 * Two transactions that exclude each other cannot both be pending. The later one waits while the earlier is unconfirmed,
 * and is lost only once the chain itself has made it impossible.
 */
import { limits } from '../base/index.ts';
import {
  applyTransaction,
  checkTransaction,
  Draft,
  natureOf,
  type Rejection,
  type StateView,
  type Transaction,
  type TransactionRules,
} from '../ledger/index.ts';

export type Placement =
  | { readonly place: 'pending' }
  | { readonly place: 'waiting'; readonly rejection: Rejection }
  /** Can no longer be confirmed on this chain, or never could. */
  | { readonly place: 'refused'; readonly rejection: Rejection }
  /** Here already, or in the chain. */
  | { readonly place: 'known' }
  | { readonly place: 'full' };

interface Waiting {
  readonly transaction: Transaction;
  readonly rejection: Rejection;
}

export class Mempool {
  readonly #head: StateView;
  readonly #rules: TransactionRules;
  readonly #isOwn: (id: string) => boolean;
  /** The state after the head and everything pending. */
  readonly state: Draft;
  readonly #pending = new Map<string, Transaction>();
  readonly #waiting = new Map<string, Waiting>();
  /** What a waiting transaction waits for (an id or a patient) -> the ids that wait for it. */
  readonly #awaited = new Map<string, Set<string>>();
  readonly #perAuthor = new Map<string, number>();

  constructor(head: StateView, rules: TransactionRules, isOwn: (id: string) => boolean) {
    this.#head = head;
    this.#rules = rules;
    this.#isOwn = isOwn;
    this.state = new Draft(head, { creditsCount: false });
  }

  pending(): readonly Transaction[] {
    return [...this.#pending.values()];
  }

  waiting(): readonly Waiting[] {
    return [...this.#waiting.values()];
  }

  get size(): number {
    return this.#pending.size;
  }

  get(id: string): { transaction: Transaction; rejection: Rejection | null } | undefined {
    const pending = this.#pending.get(id);
    return pending ? { transaction: pending, rejection: null } : this.#waiting.get(id);
  }

  /** Why a transaction would not be pending; null where it would. Changes nothing. */
  check(transaction: Transaction): Rejection | null {
    return checkTransaction(transaction, this.state, this.#rules);
  }

  /** Takes a transaction and says where it went. Others that waited for it may become pending: they are in `freed`. */
  add(transaction: Transaction, freed: Transaction[] = []): Placement {
    if (this.#pending.has(transaction.id)) return { place: 'known' };
    const placement = this.#place(transaction);
    if (placement.place !== 'pending') return placement;
    for (const subject of subjectsOf(transaction)) {
      const waiting = [...(this.#awaited.get(subject) ?? [])].map((id) => this.#waiting.get(id)!.transaction);
      for (const follower of waiting) if (this.add(follower, freed).place === 'pending') freed.push(follower);
    }
    return placement;
  }

  /**
   * Looks at everything again after the head has changed: `returned` came back from blocks that left the chain, oldest
   * first.
   * @returns what became impossible.
   */
  rebuild(returned: readonly Transaction[]): Waiting[] {
    const candidates = [
      ...returned,
      ...this.#pending.values(),
      ...[...this.#waiting.values()].map((each) => each.transaction),
    ];
    this.#clear();
    const lost: Waiting[] = [];
    for (const transaction of candidates) {
      const placement = this.add(transaction);
      if (placement.place === 'refused') lost.push({ transaction, rejection: placement.rejection });
    }
    return lost;
  }

  /** Takes one out again, as if it had never come. */
  remove(id: string): void {
    this.#stopWaiting(id);
    if (this.#pending.delete(id)) this.rebuild([]);
  }

  #clear(): void {
    this.state.clear();
    this.#pending.clear();
    this.#waiting.clear();
    this.#awaited.clear();
    this.#perAuthor.clear();
  }

  #place(transaction: Transaction): Placement {
    const refusedNow = checkTransaction(transaction, this.state, this.#rules);
    if (!refusedNow) return this.#admit(transaction);
    if (natureOf(refusedNow.code) === 'known') return { place: 'known' };
    if (natureOf(refusedNow.code) === 'invalid') return { place: 'refused', rejection: refusedNow };
    if (natureOf(refusedNow.code) === 'never') {
      const refusedByChain = checkTransaction(transaction, this.#head, this.#rules);
      if (refusedByChain && natureOf(refusedByChain.code) === 'never')
        return { place: 'refused', rejection: refusedByChain };
    }
    return this.#wait(transaction, refusedNow);
  }

  #admit(transaction: Transaction): Placement {
    const { id, body } = transaction;
    const authored = this.#perAuthor.get(body.author) ?? 0;
    const full = this.#pending.size >= limits.mempoolTransactions || authored >= limits.mempoolTransactionsPerAuthor;
    if (full && !this.#isOwn(id)) return { place: 'full' };
    this.#stopWaiting(id);
    applyTransaction(transaction, this.state);
    this.#pending.set(id, transaction);
    this.#perAuthor.set(body.author, authored + 1);
    return { place: 'pending' };
  }

  #wait(transaction: Transaction, rejection: Rejection): Placement {
    const { id } = transaction;
    this.#stopWaiting(id);
    if (this.#waiting.size >= limits.parkedTransactions && !this.#isOwn(id)) return { place: 'full' };
    this.#waiting.set(id, { transaction, rejection });
    for (const subject of awaitedBy(rejection)) {
      const ids = this.#awaited.get(subject) ?? new Set();
      this.#awaited.set(subject, ids.add(id));
    }
    return { place: 'waiting', rejection };
  }

  #stopWaiting(id: string): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    for (const subject of awaitedBy(waiting.rejection)) {
      const ids = this.#awaited.get(subject);
      ids?.delete(id);
      if (ids?.size === 0) this.#awaited.delete(subject);
    }
  }
}

/** What a transaction brings that others may wait for. */
function subjectsOf({ id, body }: Transaction): string[] {
  return body.kind === 'PATIENT_REGISTRATION' ? [id, body.patient] : [id];
}

/** What is missing, by the facts of a rejection that is not for ever. */
function awaitedBy({ code, facts }: Rejection): string[] {
  if (code !== 'unknown-patient' && code !== 'unknown-order' && code !== 'unknown-prescription') return [];
  return [facts.patient, facts.order, facts.prescription].filter((fact) => typeof fact === 'string');
}
