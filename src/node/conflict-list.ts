/**
 * The conflict list: what can no longer be confirmed on this chain. It is read from the disk; what is on its way there is
 * here meanwhile, so that a transaction that its author was told of is never nowhere.
 */
import { limits } from '../base/index.ts';
import type { LostStore, LostTransaction, Write } from '../storage/index.ts';

export class ConflictList {
  readonly #stored: LostStore;
  readonly #onTheWay = new Map<string, LostTransaction>();

  constructor(stored: LostStore) {
    this.#stored = stored;
  }

  get(id: string): LostTransaction | undefined {
    return this.#onTheWay.get(id) ?? this.#stored.get(id);
  }

  /** Oldest first. */
  all(): LostTransaction[] {
    const settled = [...this.#stored.listed().keys()].filter((id) => !this.#onTheWay.has(id));
    const stored = settled.map((id) => this.#stored.get(id)).filter((lost) => lost !== undefined);
    return [...stored, ...this.#onTheWay.values()];
  }

  /** Takes transactions in at once; {@link written} says that the writes returned are on the disk. */
  put(lost: readonly LostTransaction[]): Write[] {
    // A block may settle thousands at once: of those of others no more are written than are kept.
    const ofOthers = lost.filter(({ own }) => !own);
    const kept = new Set(ofOthers.slice(-limits.lostTransactionsOfOthers));
    const taken = lost.filter((each) => each.own || kept.has(each));
    for (const each of taken) this.#onTheWay.set(each.transaction.id, each);
    return taken.flatMap((each) => this.#stored.put(each));
  }

  written(lost: readonly LostTransaction[]): void {
    for (const each of lost) {
      const { id } = each.transaction;
      if (this.#onTheWay.get(id) === each) this.#onTheWay.delete(id);
    }
  }

  remove(id: string): Write {
    this.#onTheWay.delete(id);
    return this.#stored.remove(id);
  }
}
