/**
 * The consensus state on the disk behind a bounded cache. The rules read it synchronously, and the same few thousand
 * members, balances and orders again and again.
 */
import { decode, type Encodable } from '../base/index.ts';
import type { StateChange, StateView } from '../ledger/index.ts';

/** Values kept in memory; the one used least lately goes first. */
const cachedValues = 50_000;

export class StoredState implements StateView {
  readonly #read: (key: string) => Uint8Array | undefined;
  readonly #cache = new Map<string, Encodable>();

  /** @param read the stored bytes of a state key, as they were before any commit that is under way. */
  constructor(read: (key: string) => Uint8Array | undefined) {
    this.#read = read;
  }

  get(key: string): Encodable | undefined {
    const cached = this.#cache.get(key);
    if (cached !== undefined) {
      this.#cache.delete(key);
      this.#cache.set(key, cached);
      return cached;
    }
    const bytes = this.#read(key);
    if (bytes === undefined) return undefined;
    const value = decode(bytes) as Encodable;
    this.#cache.set(key, value);
    if (this.#cache.size > cachedValues) this.#cache.delete(this.#cache.keys().next().value!);
    return value;
  }

  /** What was committed. Values that nobody has read stay out: a block writes many that are never read again. */
  committed(changes: readonly StateChange[]): void {
    for (const { key, after } of changes) {
      if (after === null) this.#cache.delete(key);
      else if (this.#cache.has(key)) this.#cache.set(key, after);
    }
  }
}
