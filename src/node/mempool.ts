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
import type { PendingClaim } from '../network/index.ts';
import { PendingSum } from './pending-sum.ts';

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
  #pending = new Map<string, Transaction>();
  #sum = new PendingSum();
  #waiting = new Map<string, Waiting>();
  /** What a waiting transaction waits for (an id or a patient) -> the ids that wait for it. */
  #awaited = new Map<string, Set<string>>();
  #perAuthor = new Map<string, number>();
  /** The state could not be read when everything should have been looked at again: what is pending need not hold. */
  #isStale = false;

  constructor(head: StateView, rules: TransactionRules, isOwn: (id: string) => boolean) {
    this.#head = head;
    this.#rules = rules;
    this.#isOwn = isOwn;
    this.state = new Draft(head, { creditsCount: false });
  }

  pending(): readonly Transaction[] {
    return [...this.#pending.values()];
  }

  /** The sum of what is pending, but for some of it. */
  claim(without: Iterable<string>): PendingClaim {
    return this.#sum.claim([...without].filter((id) => this.#pending.has(id)));
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

  /**
   * Takes a transaction and says where it went. Others that waited for it may become pending: they are in `freed`, each
   * after what it refers to.
   */
  add(transaction: Transaction, freed: Transaction[] = []): Placement {
    if (this.#pending.has(transaction.id)) return { place: 'known' };
    const placement = this.#place(transaction);
    const came = placement.place === 'pending' ? [transaction] : [];
    for (const one of came) {
      for (const id of this.#awaiting(one)) {
        const follower = this.#waiting.get(id)!.transaction;
        if (this.#place(follower).place === 'pending') came.push(follower);
      }
    }
    freed.push(...came.slice(1));
    return placement;
  }

  /**
   * Looks at everything again after the head has changed: `returned` came back from blocks that left the chain, oldest
   * first.
   * @returns what became impossible.
   * @throws CarechainError where the state cannot be read. Then all that was here still is, `returned` too, and is looked at
   * the next time.
   */
  rebuild(returned: readonly Transaction[]): Waiting[] {
    const candidates = [...returned, ...this.#pending.values(), ...this.waiting().map((each) => each.transaction)];
    return this.#startAnew(returned, () => this.#addAll(candidates));
  }

  /**
   * Looks at everything again after a block that follows the head: `confirmed` is what it holds. The same as
   * {@link rebuild}, and cheaper in the common case: what is left of the pending ones held together with those that are
   * confirmed, so it holds after them, and only what waits must be checked.
   * @returns what became impossible.
   */
  advance(confirmed: readonly Transaction[]): Waiting[] {
    if (this.#isStale || !confirmed.every(({ id }) => this.#pending.has(id))) return this.rebuild([]);
    const isConfirmed = new Set(confirmed.map(({ id }) => id));
    const left = [...this.#pending.values()].filter(({ id }) => !isConfirmed.has(id));
    const waiting = this.waiting();
    return this.#startAnew([], () => {
      for (const transaction of left) this.#takeIn(transaction);
      return this.#addAll(waiting.map((each) => each.transaction));
    });
  }

  /** Takes one out again, as if it had never come. @returns what became impossible. @throws as {@link rebuild} */
  remove(id: string): Waiting[] {
    this.#stopWaiting(id);
    const transaction = this.#pending.get(id);
    if (!transaction) return [];
    this.#pending.delete(id);
    this.#sum.remove(id);
    this.#count(transaction, -1);
    return this.rebuild([]);
  }

  #startAnew(returned: readonly Transaction[], fill: () => Waiting[]): Waiting[] {
    const before = [this.#pending, this.#sum, this.#waiting, this.#awaited, this.#perAuthor] as const;
    const restoreState = this.state.clear();
    this.#pending = new Map();
    this.#sum = new PendingSum();
    this.#waiting = new Map();
    this.#awaited = new Map();
    this.#perAuthor = new Map();
    try {
      const impossible = fill();
      this.#isStale = false;
      return impossible;
    } catch (error) {
      this.#isStale = true;
      restoreState();
      [this.#pending, this.#sum, this.#waiting, this.#awaited, this.#perAuthor] = before;
      for (const transaction of returned) if (!this.get(transaction.id)) this.#list(transaction);
      throw error;
    }
  }

  /** @returns those that are refused. */
  #addAll(transactions: readonly Transaction[]): Waiting[] {
    const lost: Waiting[] = [];
    for (const transaction of transactions) {
      const placement = this.add(transaction);
      if (placement.place === 'refused') lost.push({ transaction, rejection: placement.rejection });
    }
    return lost;
  }

  /** Ids that wait for what a transaction brings. */
  #awaiting(transaction: Transaction): string[] {
    return subjectsOf(transaction).flatMap((subject) => [...(this.#awaited.get(subject) ?? [])]);
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
    this.#takeIn(transaction);
    return { place: 'pending' };
  }

  /** It holds after the head and everything pending. */
  #takeIn(transaction: Transaction): void {
    applyTransaction(transaction, this.state);
    this.#list(transaction);
  }

  #list(transaction: Transaction): void {
    this.#pending.set(transaction.id, transaction);
    this.#sum.add(transaction.id);
    this.#count(transaction, 1);
  }

  #count({ body: { author } }: Transaction, more: number): void {
    this.#perAuthor.set(author, (this.#perAuthor.get(author) ?? 0) + more);
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

/** What is missing, by the facts of a rejection: ids and patients that may yet come. Nothing where money is missing. */
export function awaitedBy({ code, facts }: Rejection): string[] {
  if (code !== 'unknown-patient' && code !== 'unknown-order' && code !== 'unknown-prescription') return [];
  return [facts.patient, facts.order, facts.prescription].filter((fact) => typeof fact === 'string');
}
