/**
 * Which ids of transactions and rewards may be in the state: a Bloom filter (B. H. Bloom, Space/time trade-offs in hash coding
 * with allowable errors, CACM 1970) of two megabytes. Every new id is looked for, and in vain; that took the disk some fifteen
 * microseconds. An id is a hash already, so its own digits say where its bits are.
 *
 * It may send somebody to the disk for nothing: one in nine hundred with a million ids, and one in fifty with two million. It
 * must never deny what is there, so it denies nothing before it has seen all ids: a folder that is new has none, and of any
 * other a scrub sees all. Nothing is read for it when a folder is opened.
 */
import { stateKeys } from '../ledger/index.ts';
import { storeKeys } from './keys.ts';
import type { Store } from './store.ts';

const rowsAt = storeKeys.state(stateKeys.transaction(''));
const bits = 2 ** 24;
const digitsOfPlace = 6;
const places = 5;

export class KnownIds {
  readonly #words = new Uint32Array(bits / 32);
  #hasSeenAll: boolean;

  /** @param hasSeenAll there is none yet. */
  constructor(hasSeenAll: boolean) {
    this.#hasSeenAll = hasSeenAll;
  }

  /** @param id 64 hex digits. */
  add(id: string): void {
    for (let place = 0; place < places; place++) {
      const bit = bitOf(id, place);
      this.#words[bit >>> 5]! |= 1 << (bit & 31);
    }
  }

  /** A row as it is stored, if it is one of these. */
  see(key: string): void {
    if (key.startsWith(rowsAt)) this.add(key.slice(rowsAt.length));
  }

  /** Each row that was stored when somebody began to look was shown to {@link see}. */
  seenAll(): void {
    this.#hasSeenAll = true;
  }

  /** False only where it is not there. */
  mayHold(id: string): boolean {
    if (!this.#hasSeenAll) return true;
    for (let place = 0; place < places; place++) {
      const bit = bitOf(id, place);
      if ((this.#words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }
}

/** Of a store, from now on. @param isEmpty it holds no id yet. */
export function knownIdsOf(store: Store, isEmpty: boolean): KnownIds {
  const ids = new KnownIds(isEmpty);
  store.follow(rowsAt, { written: ({ type, key }) => type === 'put' && ids.see(key), failed: () => undefined });
  return ids;
}

function bitOf(id: string, place: number): number {
  let bit = 0;
  for (let at = place * digitsOfPlace; at < (place + 1) * digitsOfPlace; at++) {
    const code = id.charCodeAt(at);
    bit = (bit << 4) | ((code < 0x3a ? code : code + 9) & 0xf);
  }
  return bit & (bits - 1);
}
