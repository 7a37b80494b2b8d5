/** Holds the stored chain against its rules: `verify` says how far it holds, `recalculate` mends the state beside it. */
import { CarechainError, type Clock, decode, describeError, type Encodable } from '../base/index.ts';
import type { Block, Genesis } from '../ledger/index.ts';
import { type ChainStore, type Store, storeKeys } from '../storage/index.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import { differences, replay } from './replay.ts';

export interface VerificationPorts {
  readonly genesis: Genesis;
  readonly chain: ChainStore;
  readonly store: Store;
  readonly keeper: ChainKeeper;
  readonly clock: Clock;
  /** The stored state was mended. */
  onMended(): void;
}

export class Verification {
  readonly #ports: VerificationPorts;

  constructor(ports: VerificationPorts) {
    this.#ports = ports;
  }

  /** The chain as it is when asked; where a reorg takes a part of it away meanwhile, once more. */
  async verify(onProgress?: (height: number) => void) {
    const { genesis, chain, clock } = this.#ports;
    for (;;) {
      const { head, state: _state, ...report } = await replay(genesis, this.#blocks(), clock.now(), onProgress);
      if (chain.isOnMainChain(head)) return report;
    }
  }

  recalculate() {
    const { genesis, chain, store, keeper, clock, onMended } = this.#ports;
    return keeper.exclusively(async () => {
      const replayed = await replay(genesis, this.#blocks(), clock.now());
      if (replayed.failure) {
        const { height, rejection } = replayed.failure;
        const sentence = `Block #${height} of this folder breaks the rules (${rejection.code}). Move the folder away and start again: the node fetches the chain from its peers.`;
        throw new CarechainError('folder-damaged', sentence, { height });
      }
      const changes = await differences(replayed.state, storedState(store, replayed.state.values));
      if (changes.length > 0) {
        await chain.replaceState(changes.map(({ key, before, after }) => ({ key, before: before ?? null, after })));
        onMended();
      }
      const repaired = changes.map(({ key, before, after }) => ({
        key,
        stored: before === undefined ? 'damaged' : JSON.stringify(before),
        replayed: JSON.stringify(after),
      }));
      return { equal: changes.length === 0, repaired };
    });
  }

  *#blocks(): Iterable<Block | undefined> {
    const { chain } = this.#ports;
    const { height: last } = chain.tip();
    for (let height = 1; height <= last && height <= chain.tip().height; height++) yield this.#block(height);
  }

  /** @throws CarechainError `folder-damaged`, which names the height. */
  #block(height: number): Block | undefined {
    const { chain } = this.#ports;
    try {
      return chain.block(chain.hashAt(height)!);
    } catch (error) {
      const { code, message } = describeError(error);
      if (code !== 'folder-damaged') throw error;
      throw new CarechainError(code, `Block #${height} cannot be read. ${message}`, { height }, error);
    }
  }
}

/**
 * Everything in the stored state; undefined for a value that is damaged. A damaged value ends a range without a word
 * about its key, which is found among those that the replay knows.
 */
async function* storedState(
  store: Store,
  replayed: ReadonlyMap<string, Encodable>,
): AsyncIterable<[key: string, value: Encodable | undefined]> {
  const start = storeKeys.state('');
  const known = [...replayed.keys()].map((key) => start + key).sort();
  let from = start;
  for (let isRead = false; !isRead; ) {
    let damaged: string | undefined;
    try {
      for await (const [key, value] of store.range({ gte: from, lt: `${start}\u{10ffff}` })) {
        from = afterKey(key);
        yield [key.slice(start.length), decode(value) as Encodable];
      }
      isRead = true;
    } catch (error) {
      const rest = from;
      damaged = known.find((key) => key >= rest && isDamaged(store, key));
      if (damaged === undefined) throw error;
      from = afterKey(damaged);
    }
    if (damaged !== undefined) yield [damaged.slice(start.length), undefined];
  }
}

/** The first key that can come after another. */
function afterKey(key: string): string {
  return `${key}\0`;
}

function isDamaged(store: Store, key: string): boolean {
  try {
    store.get(key);
    return false;
  } catch (error) {
    return describeError(error).code === 'folder-damaged';
  }
}
