/** Looks at side branches: each of their blocks has a body, a header and an entry, and nothing is left of blocks that went. */
import { decodeSealedHeader } from '../ledger/index.ts';
import { decodeRow, type Store, storeKeys } from '../storage/index.ts';
import { readRowAnyway } from './scrub-chain.ts';
import { type FaultyRow, familyOf } from './scrub-report.ts';
import { nameIn, readAnyway } from './scrub-values.ts';

export class SideScrub {
  readonly #store: Store;
  /** What looked wrong when it was read; a commit may have been under way. */
  readonly #suspects = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Of any row; those of other families are nothing to it. */
  see(key: string, value: Uint8Array | null): void {
    if (value !== null && !this.#isPlaced(key, value)) this.#suspects.add(key);
  }

  /** While no switch is written: what is wrong still. */
  faults(): FaultyRow[] {
    return [...this.#suspects].flatMap((key): FaultyRow[] => {
      const value = readAnyway(this.#store, key);
      if (!value || this.#isPlaced(key, value)) return [];
      // Of an entry it is the block that is missing: the entry itself can be read.
      return [{ key, fault: familyOf(key) === 'side' ? 'missing' : 'damaged' }];
    });
  }

  #isPlaced(key: string, value: Uint8Array): boolean {
    const hash = key.slice(key.lastIndexOf('/') + 1);
    switch (familyOf(key)) {
      case 'side':
        return this.#has(storeKeys.header(hash)) && this.#has(storeKeys.block(hash));
      case 'block':
        return this.#has(storeKeys.header(hash));
      case 'header': {
        const sealed = decodeSealedHeader(decodeRow<{ sealed: Uint8Array }>(value).sealed);
        if (!sealed.ok) return false;
        const { height } = sealed.value.header;
        const named = readRowAnyway<string>(this.#store, storeKeys.height(height));
        return named === nameIn(key) || this.#has(storeKeys.side(height, hash));
      }
      default:
        return true;
    }
  }

  #has(key: string): boolean {
    return readAnyway(this.#store, key) !== undefined;
  }
}
