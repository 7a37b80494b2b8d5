/**
 * The consensus state on the disk behind a bounded cache. The rules read it synchronously, and the same few thousand
 * members, balances and orders again and again.
 */
import type { Encodable } from '../base/index.ts';
import {
  type Genesis,
  genesisChanges,
  readDueQueue,
  type StateChange,
  type StateView,
  stateKeys,
} from '../ledger/index.ts';
import { storeKeys } from './keys.ts';
import type { KnownIds } from './known-ids.ts';
import { RecentValues } from './recent-values.ts';
import { decodeRow } from './rows.ts';
import { damaged } from './storage-errors.ts';

/** Values kept in memory. */
const cachedValues = 50_000;
const positionsAt = stateKeys.transaction('');

export class StoredState implements StateView {
  readonly #read: (key: string) => Uint8Array | undefined;
  /** Null for what was looked for in vain: the id of a new transaction is, when it comes, and when a block has it. */
  readonly #cache = new RecentValues<Encodable>(cachedValues);
  /** What the genesis puts there, members and their accounts, changes and never goes. */
  readonly #lasting: ReadonlySet<string>;
  readonly #ids: KnownIds;

  /** @param read the stored bytes of a state key, as they were before any commit that is under way. */
  constructor(genesis: Genesis, ids: KnownIds, read: (key: string) => Uint8Array | undefined) {
    this.#ids = ids;
    this.#read = read;
    this.#lasting = new Set(genesisChanges(genesis).map(({ key }) => key));
  }

  /**
   * @throws CarechainError `folder-damaged` also where a value is gone that must be there. A member that is unknown would
   * make what it wrote look forged, and an account that seems empty would leave blocks that cannot be undone.
   */
  get(key: string): Encodable | undefined {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached ?? undefined;
    if (key.startsWith(positionsAt) && !this.#ids.mayHold(key.slice(positionsAt.length))) return undefined;
    const bytes = this.#read(key);
    if (bytes === undefined) {
      if (this.#lasting.has(key) || this.#isOwed(key)) throw damaged(storeKeys.state(key));
      this.#cache.set(key, null);
      return undefined;
    }
    const value = decodeRow<Encodable>(bytes);
    this.#cache.set(key, value);
    return value;
  }

  /** Whether a key is that of a reward in the queue of due ones. */
  #isOwed(key: string): boolean {
    if (!key.startsWith('due/')) return false;
    const { head, tail } = readDueQueue(this);
    const n = Number(key.slice('due/'.length));
    return n >= head && n < tail;
  }

  /** What was committed. What nobody has asked for stays out: a block writes many that are never read again. */
  committed(changes: readonly StateChange[]): void {
    for (const { key, after } of changes) {
      if (this.#cache.has(key)) this.#cache.set(key, after);
    }
  }
}
