/**
 * What a folder says about the rows that no replay can make: they belong together in pairs and rows, so one that is gone
 * leaves a trace in another. A node that runs knows most of them from memory, but for what was gone when it started.
 */
import { stateKeys } from '../ledger/index.ts';
import { decodeRow, type Store, storeKeys } from '../storage/index.ts';
import type { FaultyRow } from './scrub-report.ts';
import { readAnyway } from './scrub-values.ts';

/** Rows of this family or below this prefix must have one of that: its key is the first without its prefix. */
const pairs: readonly [prefix: string, partner: (name: string) => string][] = [
  [storeKeys.outbox(''), storeKeys.own],
  [storeKeys.record('transaction/'), (name) => storeKeys.record(`envelope/${name}`)],
  [storeKeys.record('followed/'), storeKeys.hosting],
  [storeKeys.record('followed/'), () => storeKeys.cursor('vault')],
  [storeKeys.hosting(''), (name) => storeKeys.record(`followed/${name}`)],
];

export class KeptScrub {
  readonly #store: Store;
  readonly #prefixes: readonly string[];
  readonly #missing = new Set<string>();
  #nextReorg: number | null = null;

  /** @param prefixes of the rows that are believed; all, where it is not given. */
  constructor(store: Store, prefixes: readonly string[] = ['']) {
    this.#store = store;
    this.#prefixes = prefixes;
  }

  /** Of any row, in the order of the keys. */
  see(key: string, value: Uint8Array | null): void {
    if (!this.#prefixes.some((prefix) => key.startsWith(prefix))) return;
    for (const [prefix, partner] of pairs) {
      if (key.startsWith(prefix)) this.#expect(partner(key.slice(prefix.length)));
    }
    if (key.startsWith(storeKeys.lost('')) && value && decodeRow<{ own: boolean }>(value).own) {
      this.#expect(storeKeys.own(key.slice(storeKeys.lost('').length)));
    }
    if (key.startsWith(storeKeys.own(''))) this.#expectSomewhere(key.slice(storeKeys.own('').length));
    if (key.startsWith(storeKeys.reorg())) this.#expectNoGap(Number.parseInt(key.slice(storeKeys.reorg().length), 16));
  }

  /** What is missing, now too. */
  faults(): FaultyRow[] {
    const missing = [...this.#missing].filter((key) => readAnyway(this.#store, key) === undefined);
    return missing.map((key) => ({ key, fault: 'missing' }));
  }

  /** Numbers of reorgs follow each other, the oldest go first. */
  #expectNoGap(n: number): void {
    for (let gap = this.#nextReorg ?? n; gap < n; gap++) this.#missing.add(storeKeys.reorg(gap));
    this.#nextReorg = n + 1;
  }

  /** What a user of this node wrote is settled in the chain, has become impossible, or waits in the outbox. */
  #expectSomewhere(id: string): void {
    const places = [storeKeys.state(stateKeys.transaction(id)), storeKeys.lost(id)];
    if (places.every((key) => readAnyway(this.#store, key) === undefined)) this.#expect(storeKeys.outbox(id));
  }

  #expect(key: string): void {
    if (readAnyway(this.#store, key) === undefined) this.#missing.add(key);
  }
}
