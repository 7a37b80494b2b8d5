/**
 * The pending transactions, in the order in which they hold: all of them, those of each author, and what is told of them in
 * a status. One that comes or goes costs the same, however many there are.
 */
import type { Candidate, Footprint, Transaction } from '../ledger/index.ts';
import type { PendingClaim } from '../network/index.ts';
import { PendingSum } from './pending-sum.ts';

export interface Pending extends Candidate {
  /** What it did to the pending state. */
  footprint: Footprint;
}

interface OfAuthor {
  bytes: number;
  readonly queue: Map<string, Pending>;
}

export class PendingQueue {
  readonly #all = new Map<string, Pending>();
  readonly #authors = new Map<string, OfAuthor>();
  readonly #sum = new PendingSum();
  #age = 0;
  #bytes = 0;

  /** Of all transactions together. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#all.size;
  }

  get(id: string): Pending | undefined {
    return this.#all.get(id);
  }

  [Symbol.iterator](): Iterator<Pending> {
    return this.#all.values();
  }

  /** @returns of each author `bytes` of all that is pending, and what that is but for some of it. */
  *byAuthor(without: ReadonlySet<string>): Iterable<{ bytes: number; oldestFirst: Iterable<Candidate> }> {
    for (const { bytes, queue } of this.#authors.values())
      yield { bytes, oldestFirst: allBut(without, queue.values()) };
  }

  countOf(author: string): number {
    return this.#authors.get(author)?.queue.size ?? 0;
  }

  /** The sum of all, but for some. */
  claim(without: Iterable<string>): PendingClaim {
    return this.#sum.claim([...without].filter((id) => this.#all.has(id)));
  }

  /** At the end. */
  add(transaction: Transaction, footprint: Footprint): Pending {
    const { id, body, bytes } = transaction;
    const pending = { transaction, footprint, age: this.#age++ };
    this.#all.set(id, pending);
    this.#sum.add(id);
    const ofAuthor = this.#authors.get(body.author) ?? { bytes: 0, queue: new Map() };
    this.#authors.set(body.author, ofAuthor);
    ofAuthor.bytes += bytes.length;
    this.#bytes += bytes.length;
    ofAuthor.queue.set(id, pending);
    return pending;
  }

  remove({ transaction: { id, body, bytes } }: Pending): void {
    this.#all.delete(id);
    this.#sum.remove(id);
    const ofAuthor = this.#authors.get(body.author)!;
    ofAuthor.bytes -= bytes.length;
    this.#bytes -= bytes.length;
    ofAuthor.queue.delete(id);
    if (ofAuthor.queue.size === 0) this.#authors.delete(body.author);
  }
}

function* allBut(without: ReadonlySet<string>, candidates: Iterable<Candidate>): Iterable<Candidate> {
  for (const candidate of candidates) if (!without.has(candidate.transaction.id)) yield candidate;
}
