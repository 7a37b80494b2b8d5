/**
 * Damage is met where something is read: by a query, by sync, by a commit, by a peer's question. Whoever reads gets the
 * error as before; the healing hears of it too, so that nobody has to wait for the next scrub.
 */
import { describeError } from '../base/index.ts';
import { type ChainStore, type KeyRange, type LostStore, type Store, storeKeys } from '../storage/index.ts';

/** Where damage was met: at a key, somewhere below a prefix, or somewhere in what the chain derives. */
export type Met = { readonly key: string } | { readonly prefix: string } | 'chain';

export class ReadWatch {
  /** Whoever heals; what is met before there is anybody keeps the folder from being opened. */
  onMet: (met: Met) => void = () => {};
  readonly #told = new WeakSet<object>();

  /** A store whose damaged values are told. */
  store(store: Store): Store {
    const watched: Store = {
      ...store,
      get: (key, at) => {
        try {
          return store.get(key, at);
        } catch (error) {
          throw this.#tell(error, { key });
        }
      },
      all: async (range, options) => {
        try {
          return await store.all(range, options);
        } catch (error) {
          throw this.#tell(error, { prefix: prefixOf(range) });
        }
      },
      range: (range, options) => this.#watchRange(store.range(range, options), prefixOf(range)),
    };
    return watched;
  }

  /** A chain whose damaged or missing rows are told. */
  chain(chain: ChainStore): ChainStore {
    const watch =
      <Arguments extends readonly unknown[], Result>(read: (...given: Arguments) => Result) =>
      (...given: Arguments): Result =>
        this.#watch(() => read(...given), 'chain');
    return {
      state: this.#state(chain.state),
      ids: chain.ids,
      tip: () => chain.tip(),
      header: watch((hash) => chain.header(hash)),
      hashAt: watch((height) => chain.hashAt(height)),
      hashesAt: watch((height) => chain.hashesAt(height)),
      isOnMainChain: watch((hash) => chain.isOnMainChain(hash)),
      headerBytes: watch((hash, height) => chain.headerBytes(hash, height)),
      parentOf: watch((hash) => chain.parentOf(hash)),
      block: watch((hash) => chain.block(hash)),
      blockBytes: watch((hash) => chain.blockBytes(hash)),
      transactionOf: watch((hash, index) => chain.transactionOf(hash, index)),
      undo: watch((hash) => chain.undo(hash)),
      rewards: watch((hash) => chain.rewards(hash)),
      hasTransaction: (id) => chain.hasTransaction(id),
      findIds: (prefix, most) => chain.findIds(prefix, most),
      patientEvents: watch((patient) => chain.patientEvents(patient)),
      storeSideBlock: (block, work) => chain.storeSideBlock(block, work),
      sideBytes: () => chain.sideBytes(),
      forgetSideBlocks: (hashes) => chain.forgetSideBlocks(hashes),
      commit: (change) => chain.commit(change),
      stateEntries: () => chain.stateEntries(),
      replaceState: (changes) => chain.replaceState(changes),
    };
  }

  /** The rules read it some ten times for each transaction: nothing is made for a read that goes well. */
  #state(state: ChainStore['state']): ChainStore['state'] {
    return {
      get: (key) => {
        try {
          return state.get(key);
        } catch (error) {
          throw this.#tell(error, { key: storeKeys.state(key) });
        }
      },
    };
  }

  /** A conflict list whose missing rows are told when they are asked for; those that are damaged the store below it tells. */
  lost(lost: LostStore): LostStore {
    return { ...lost, get: (id) => this.#watch(() => lost.get(id), { key: storeKeys.lost(id) }) };
  }

  /** Something failed. Where it was damage that nobody has told yet, it lies in what the chain derives. */
  fault(error: unknown): void {
    this.#tell(error, 'chain');
  }

  #watch<Result>(read: () => Result, met: Met): Result {
    try {
      return read();
    } catch (error) {
      throw this.#tell(error, met);
    }
  }

  async *#watchRange<Entry>(entries: AsyncIterable<Entry>, prefix: string): AsyncGenerator<Entry> {
    try {
      yield* entries;
    } catch (error) {
      throw this.#tell(error, { prefix });
    }
  }

  /** Each error once, where it is closest to the disk. @returns the error itself. */
  #tell(error: unknown, met: Met): unknown {
    if (describeError(error).code !== 'folder-damaged' || !(error instanceof Error)) return error;
    const isTold = this.#told.has(error) || (error.cause instanceof Error && this.#told.has(error.cause));
    this.#told.add(error);
    if (!isTold) this.onMet(met);
    return error;
  }
}

function prefixOf(range: KeyRange): string {
  const start = typeof range === 'string' ? range : range.gte;
  const slash = start.indexOf('/');
  return slash === -1 ? start : start.slice(0, slash + 1);
}
