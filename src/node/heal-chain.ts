/**
 * Heals the main chain and what is derived from it. Bodies that cannot be read are fetched from peers; a body of which
 * everything but itself is sound is checked against its header and written. Whatever else is wrong takes a replay.
 */
import type { Clock, Logger } from '../base/index.ts';
import type { Block, Genesis, Reward } from '../ledger/index.ts';
import { type Network, Punctuality } from '../network/index.ts';
import { type ChainStore, type Store, storeKeys } from '../storage/index.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import { BlockHealer, type FetchedBlock } from './heal-blocks.ts';
import type { KeptRows } from './heal-kept.ts';
import { LedgerMend, type MendFailure } from './heal-ledger.ts';
import type { Pause } from './pause.ts';
import { mainChain, readBlock, readRowAnyway } from './scrub-chain.ts';
import { type FaultyRow, familyOf } from './scrub-report.ts';
import { nameIn, readAnyway } from './scrub-values.ts';

export interface ChainHealerPorts {
  readonly genesis: Genesis;
  readonly chain: ChainStore;
  /** Without the watch: what the healing itself reads is no news. */
  readonly store: Store;
  readonly keeper: ChainKeeper;
  readonly kept: KeptRows;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pause: Pause;
  onError(error: { code: string; message: string }): void;
  /** The state was mended: what was held against it is looked at again. */
  onMended(): void;
}

interface Mended {
  readonly healed: FaultyRow[];
  /** Why the replay could not reach the head; null where it did. */
  readonly failure: MendFailure | null;
}

interface Healed {
  readonly healed: FaultyRow[];
  readonly waiting: FaultyRow[];
  /** A block of this folder breaks the rules: nothing above it can be healed. */
  readonly isStuck: boolean;
}

export class ChainHealer {
  readonly #ports: ChainHealerPorts;
  readonly #punctuality: Punctuality;

  constructor(ports: ChainHealerPorts) {
    this.#ports = ports;
    this.#punctuality = new Punctuality(ports.clock);
  }

  /** Bodies first, then what is derived from them; once more where a body turned out to be a lie. */
  async heal(suspects: readonly FaultyRow[], replayWanted: boolean): Promise<Healed> {
    const { genesis, network, clock, logger } = this.#ports;
    const punctuality = this.#punctuality;
    const rewardsOf = (hash: string) => readRowAnyway<Reward[]>(this.#ports.store, storeKeys.rewards(hash));
    const healer = new BlockHealer({ genesis, network, clock, punctuality, logger, rewardsOf });
    const onlyBodies = !replayWanted && suspects.every(({ key }) => familyOf(key) === 'block');
    for (;;) {
      const fetched = new Map<string, FetchedBlock>();
      const missing = await this.#fetchBodies(healer, fetched, onlyBodies ? suspects : null);
      if (missing.length > 0 && fetched.size === 0) return { healed: [], waiting: missing, isStuck: false };
      const bodies = await this.#writeChecked(fetched);
      const isDone = onlyBodies && bodies.length === suspects.length;
      if (isDone || missing.length > 0) return { healed: bodies, waiting: missing, isStuck: false };
      const { healed, failure } = await this.#mendDerived(fetched);
      const liar = fetched.get(failure?.hash ?? '')?.from;
      if (liar) {
        healer.blame(liar, 'not-the-block');
        continue;
      }
      if (failure) this.#tellStuck(failure);
      return { healed: [...bodies, ...healed], waiting: [], isStuck: failure !== null };
    }
  }

  /** Fetches what cannot be read of the main chain into `fetched`. @returns what nobody has given. */
  async #fetchBodies(
    healer: BlockHealer,
    fetched: Map<string, FetchedBlock>,
    only: readonly FaultyRow[] | null,
  ): Promise<FaultyRow[]> {
    const { store, pause } = this.#ports;
    for (;;) {
      const hashes = await this.#mainChain(fetched);
      const main = new Set(hashes);
      const wanted = only?.map(({ key }) => nameIn(key)).filter((hash) => main.has(hash)) ?? hashes.slice(1);
      const unreadable: string[] = [];
      for (const hash of wanted) {
        if (hash !== undefined && !fetched.has(hash) && !readBlock(store, hash)) unreadable.push(hash);
        await pause();
      }
      if (unreadable.length === 0) return [];
      const found = await healer.fetch(unreadable);
      for (const [hash, block] of found) fetched.set(hash, block);
      // What was found may name blocks below it that nothing else named.
      if (found.size > 0) continue;
      return unreadable.map((hash) => {
        const key = storeKeys.block(hash);
        return { key, fault: readAnyway(store, key) === undefined ? 'missing' : 'damaged' };
      });
    }
  }

  /** Writes the bodies of which is sure that they are right. */
  async #writeChecked(fetched: Map<string, FetchedBlock>): Promise<FaultyRow[]> {
    const { store } = this.#ports;
    const rows: FaultyRow[] = [];
    for (const [hash, { block, checked }] of fetched) {
      if (!checked) continue;
      const key = storeKeys.block(hash);
      rows.push({ key, fault: readAnyway(store, key) === undefined ? 'missing' : 'damaged' });
      await store.write([{ type: 'put', key, value: block.bytes }]);
      fetched.delete(hash);
    }
    return rows;
  }

  #mendDerived(fetched: ReadonlyMap<string, FetchedBlock>): Promise<Mended> {
    return this.#ports.keeper.exclusively(() => this.mendNow(fetched));
  }

  /** Makes what is derived again. While nothing is written to the chain. */
  async mendNow(fetched: ReadonlyMap<string, FetchedBlock> = new Map()): Promise<Mended> {
    const { chain, store, genesis, clock, kept, pause, onMended } = this.#ports;
    const mend = new LedgerMend({ chain, store, kept });
    const failure = await mend.run({
      genesis,
      store,
      hashes: await this.#mainChain(fetched),
      bodyOf: (hash) => readBlock(store, hash) ?? fetched.get(hash)?.block,
      now: clock.now(),
      pause,
      areChecked: true,
    });
    if (mend.isStateMended) onMended();
    return { healed: mend.mended, failure };
  }

  #tellStuck({ height, code }: MendFailure): void {
    const message = `Block #${height} of this folder breaks the rules (${code}), so nothing above it can be healed. Stop the node and run \`carechain scrub --heal --data-dir <folder>\`.`;
    this.#ports.onError({ code: 'folder-damaged', message });
  }

  #mainChain(fetched: ReadonlyMap<string, FetchedBlock>): Promise<(string | undefined)[]> {
    const { store, genesis, chain, pause } = this.#ports;
    const bodies = new Map<string, Block>([...fetched].map(([hash, { block }]) => [hash, block]));
    return mainChain(store, genesis, chain.tip(), pause, bodies);
  }
}
