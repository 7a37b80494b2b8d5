/**
 * Transactions that are not in the chain: `pending` ones hold after the head and the pending ones before them, `waiting`
 * ones do not hold yet. Pending spending is reserved, pending income is not spendable.
 *
 * Two transactions that exclude each other cannot both be pending. The later one waits while the earlier is unconfirmed,
 * and is lost only once the chain itself has made it impossible.
 *
 * Of each transaction it is known what it read and wrote when it was looked at. Rules read nothing else, so it is looked at
 * again where some of that has changed, and only there: what a block costs depends on the block, not on what is left.
 */
import { limits } from '../base/index.ts';
import {
  accountOf,
  applyTransaction,
  type Candidates,
  checkTransaction,
  type Footprint,
  natureOf,
  PendingState,
  type Rejection,
  type StateView,
  stateKeys,
  type Transaction,
  type TransactionRules,
} from '../ledger/index.ts';
import type { PendingClaim } from '../network/index.ts';
import { KeyIndex } from './key-index.ts';
import { type Pending, PendingQueue } from './pending-queue.ts';

export type Placement =
  | { readonly place: 'pending' }
  | { readonly place: 'waiting'; readonly rejection: Rejection }
  /** Can no longer be confirmed on this chain, or never could; or it would have to wait and may not. */
  | { readonly place: 'refused'; readonly rejection: Rejection }
  /** Here already, or in the chain. */
  | { readonly place: 'known' }
  | { readonly place: 'full' };

export interface Refused {
  readonly transaction: Transaction;
  readonly rejection: Rejection;
}

interface Waiting extends Refused {
  readonly touched: readonly string[];
}

/** What a switch of the chain means for what is not in it. */
export interface HeadMove {
  /** Ids that are in the chain now. */
  readonly confirmed: Iterable<string>;
  /** Keys of the state that have another value. */
  readonly changed: Iterable<string>;
  /** What is in the chain no more, oldest first. */
  readonly returned: readonly Transaction[];
}

export interface AddOptions {
  /** Where those go that waited for the one that is added, and are pending now: each after what it refers to. */
  readonly freed?: Transaction[];
  /** Whether to keep what does not hold yet. */
  readonly mayWait?: (rejection: Rejection) => boolean;
  /** Whoever adds it looks at its signature meanwhile, and takes it out again where that does not fit. */
  readonly signature?: 'is being checked';
}

export class Mempool {
  readonly #rules: TransactionRules;
  readonly #isOwn: (id: string) => boolean;
  /** The state after the head and everything pending. */
  readonly state: PendingState;
  #pending = new PendingQueue();
  #waiting = new Map<string, Waiting>();
  #pendingAt = new KeyIndex();
  #waitingAt = new KeyIndex();
  /** Those that wait and can never hold, which is told with the next move of the head. */
  readonly #overdue = new Set<string>();
  /** The state could not be read when something should have been looked at again: what is pending need not hold. */
  #isStale = false;

  constructor(head: StateView, rules: TransactionRules, isOwn: (id: string) => boolean) {
    this.#rules = rules;
    this.#isOwn = isOwn;
    this.state = new PendingState(head);
  }

  pending(): readonly Transaction[] {
    return [...this.#pending].map(({ transaction }) => transaction);
  }

  /** What is pending, but for some of it, for a miner. */
  candidates(without: ReadonlySet<string> = new Set()): Candidates {
    return { byAuthor: () => this.#pending.byAuthor(without) };
  }

  /** The sum of what is pending, but for some of it. */
  claim(without: Iterable<string>): PendingClaim {
    return this.#pending.claim(without);
  }

  waiting(): readonly Refused[] {
    return [...this.#waiting.values()];
  }

  /** Of what is pending. */
  get bytes(): number {
    return this.#pending.bytes;
  }

  get size(): number {
    return this.#pending.size;
  }

  get(id: string): { transaction: Transaction; rejection: Rejection | null } | undefined {
    const pending = this.#pending.get(id);
    return pending ? { transaction: pending.transaction, rejection: null } : this.#waiting.get(id);
  }

  /** Takes a transaction and says where it went. Others that waited for it may become pending. */
  add(transaction: Transaction, options: AddOptions = {}): Placement {
    if (this.#pending.get(transaction.id)) return { place: 'known' };
    const { placement, footprint } = this.#place(transaction, options);
    if (placement.place === 'pending') this.#free(footprint.written, options.freed ?? []);
    return placement;
  }

  /**
   * Looks at everything again; `returned` are more, which come first.
   * @returns what became impossible.
   * @throws CarechainError where the state cannot be read. Then all that was here still is, `returned` too, and is looked at
   * the next time.
   */
  rebuild(returned: readonly Transaction[]): Refused[] {
    const candidates = [...returned, ...this.pending(), ...this.waiting().map(({ transaction }) => transaction)];
    const before = [this.#pending, this.#waiting, this.#pendingAt, this.#waitingAt] as const;
    const restoreState = this.state.clear();
    this.#pending = new PendingQueue();
    this.#waiting = new Map();
    this.#pendingAt = new KeyIndex();
    this.#waitingAt = new KeyIndex();
    try {
      const impossible = candidates.flatMap((transaction) => refusedAs(transaction, this.add(transaction)));
      for (const { transaction } of impossible) this.#stopWaiting(transaction.id);
      this.#overdue.clear();
      this.#isStale = false;
      return impossible;
    } catch (error) {
      restoreState();
      [this.#pending, this.#waiting, this.#pendingAt, this.#waitingAt] = before;
      this.#keepForLater(returned);
      throw error;
    }
  }

  /**
   * Looks again at what a move of the head is of consequence for.
   * @returns what became impossible.
   * @throws as {@link rebuild}
   */
  advance({ confirmed, changed, returned }: HeadMove): Refused[] {
    if (this.#isStale) return this.rebuild(returned);
    const keys = new Set(changed);
    for (const id of confirmed) for (const key of this.#takeOut(id)) keys.add(key);
    return this.#lookAgain(keys, returned);
  }

  /** Takes one out again, as if it had never come. @returns what became impossible. @throws as {@link rebuild} */
  remove(id: string): Refused[] {
    const keys = new Set(this.#takeOut(id));
    return this.#isStale ? this.rebuild([]) : this.#lookAgain(keys, []);
  }

  #lookAgain(keys: Set<string>, returned: readonly Transaction[]): Refused[] {
    const { pending, waiting } = this.#affectedBy(keys);
    const written: string[] = [];
    const impossible: Refused[] = [];
    const note = (transaction: Transaction, { placement, footprint }: Judged) => {
      impossible.push(...refusedAs(transaction, placement));
      written.push(...footprint.written);
      if (placement.place !== 'waiting') this.#stopWaiting(transaction.id);
    };
    // Whoever has touched what one of them wrote is among them, so all of it can go.
    for (const each of pending) this.#withdraw(each);
    try {
      // What others may rest on comes before them.
      if (returned.length > 0) for (const each of pending) this.#pending.remove(each);
      for (const each of returned) if (!this.#pending.get(each.id)) note(each, this.#place(each));
      for (const each of pending) {
        const { transaction } = each;
        note(transaction, returned.length > 0 ? this.#place(transaction) : this.#placeAgain(each));
      }
      for (const { transaction } of waiting)
        if (this.#waiting.has(transaction.id)) note(transaction, this.#place(transaction));
      this.#free(written, []);
      this.#overdue.clear();
      return impossible;
    } catch (error) {
      this.#keepForLater([...returned, ...[...pending, ...impossible].map(({ transaction }) => transaction)]);
      throw error;
    }
  }

  /** What must be looked at because of `keys`, and because of those that it must be looked at for, as they came. */
  #affectedBy(keys: Set<string>): { pending: Pending[]; waiting: Waiting[] } {
    const pending = new Set<Pending>();
    const waiting = new Set<string>(this.#overdue);
    // Grows while it is gone through.
    for (const key of keys) {
      for (const id of this.#waitingAt.at(key)) waiting.add(id);
      const account = accountOf(key);
      if (account !== null && !this.state.isOverdrawn(account)) continue;
      for (const id of this.#pendingAt.at(key)) {
        const each = this.#pending.get(id)!;
        if (pending.has(each)) continue;
        pending.add(each);
        for (const more of left(each.footprint)) keys.add(more);
      }
    }
    return {
      pending: [...pending].sort((one, other) => one.age - other.age),
      waiting: [...waiting].map((id) => this.#waiting.get(id)).filter((each) => each !== undefined),
    };
  }

  /** Looks again at what waits for `written`, and for what that writes. */
  #free(written: readonly string[], freed: Transaction[]): void {
    const keys = [...written];
    // Grows while it is gone through.
    for (const key of keys) {
      for (const id of [...this.#waitingAt.at(key)]) {
        const { transaction } = this.#waiting.get(id) ?? {};
        if (!transaction) continue;
        const { placement, footprint } = this.#place(transaction);
        if (placement.place === 'full') this.#stopWaiting(id);
        // It is told as impossible with the next move of the head.
        if (placement.place === 'refused') this.#overdue.add(id);
        if (placement.place !== 'pending') continue;
        freed.push(transaction);
        keys.push(...footprint.written);
      }
    }
  }

  /** The state cannot be read: they are listed, and looked at as soon as it can. */
  #keepForLater(transactions: readonly Transaction[]): void {
    this.#isStale = true;
    for (const transaction of transactions) {
      if (!this.get(transaction.id)) this.#pending.add(transaction, noFootprint);
    }
  }

  /** @returns the keys of what it left behind, where it was pending. */
  #takeOut(id: string): readonly string[] {
    this.#stopWaiting(id);
    const pending = this.#pending.get(id);
    if (!pending) return [];
    const { footprint } = pending;
    this.#pending.remove(pending);
    this.#withdraw(pending);
    return left(footprint);
  }

  #withdraw(pending: Pending): void {
    this.state.withdraw(pending.footprint);
    this.#pendingAt.remove(pending.transaction.id, pending.footprint.touched);
    pending.footprint = noFootprint;
  }

  #place(transaction: Transaction, { mayWait, signature }: AddOptions = {}): Judged {
    const rules = signature ? { ...this.#rules, verify: () => true } : this.#rules;
    const judged = this.#judge(transaction, rules, () => this.#hasRoomFor(transaction));
    const { placement, footprint } = judged;
    const { id } = transaction;
    if (placement.place === 'pending') {
      this.#stopWaiting(id);
      this.#pending.add(transaction, footprint);
      this.#pendingAt.add(id, footprint.touched);
    }
    if (placement.place !== 'waiting') return judged;
    const { rejection } = placement;
    if (mayWait && !mayWait(rejection)) return { placement: { place: 'refused', rejection }, footprint };
    this.#stopWaiting(id);
    if (this.#waiting.size >= limits.parkedTransactions && !this.#isOwn(id))
      return { placement: { place: 'full' }, footprint };
    this.#waiting.set(id, { transaction, rejection, touched: footprint.touched });
    this.#waitingAt.add(id, footprint.touched);
    return judged;
  }

  /** What is pending already: where it still holds it keeps its place. */
  #placeAgain(pending: Pending): Judged {
    const { transaction } = pending;
    const judged = this.#judge(transaction, this.#rules, () => true);
    if (judged.placement.place !== 'pending') {
      this.#pending.remove(pending);
      return this.#place(transaction);
    }
    pending.footprint = judged.footprint;
    this.#pendingAt.add(transaction.id, judged.footprint.touched);
    return judged;
  }

  /** Where a transaction belongs; it is applied to the state where it is pending. */
  #judge(transaction: Transaction, rules: TransactionRules, hasRoom: () => boolean): Judged {
    const { result, footprint } = this.state.traced((): Placement => {
      const refused = checkTransaction(transaction, this.state, rules);
      if (refused) return this.#whatNow(transaction, refused, rules);
      if (!hasRoom()) return { place: 'full' };
      applyTransaction(transaction, this.state);
      return { place: 'pending' };
    });
    return { placement: result, footprint };
  }

  #whatNow(transaction: Transaction, rejection: Rejection, rules: TransactionRules): Placement {
    const nature = natureOf(rejection.code);
    if (nature === 'known') return { place: 'known' };
    if (nature === 'invalid') return { place: 'refused', rejection };
    if (nature === 'never') {
      const byChain = checkTransaction(transaction, this.state.head, rules);
      if (byChain && natureOf(byChain.code) === 'never') return { place: 'refused', rejection: byChain };
    }
    return { place: 'waiting', rejection };
  }

  #hasRoomFor({ id, body }: Transaction): boolean {
    const isFull =
      this.#pending.size >= limits.mempoolTransactions ||
      this.#pending.countOf(body.author) >= limits.mempoolTransactionsPerAuthor;
    return !isFull || this.#isOwn(id);
  }

  #stopWaiting(id: string): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    this.#waitingAt.remove(id, waiting.touched);
  }
}

interface Judged {
  readonly placement: Placement;
  readonly footprint: Footprint;
}

const noFootprint: Footprint = { touched: [], written: [], reserved: [] };

/** The keys that read otherwise without it. */
function left({ written, reserved }: Footprint): string[] {
  return [...written, ...reserved.map(({ account }) => stateKeys.balance(account))];
}

function refusedAs(transaction: Transaction, placement: Placement): Refused[] {
  return placement.place === 'refused' ? [{ transaction, rejection: placement.rejection }] : [];
}

/** What is missing, by the facts of a rejection: ids and patients that may yet come. Nothing where money is missing. */
export function awaitedBy({ code, facts }: Rejection): string[] {
  if (code !== 'unknown-patient' && code !== 'unknown-order' && code !== 'unknown-prescription') return [];
  return [facts.patient, facts.order, facts.prescription].filter((fact) => typeof fact === 'string');
}
