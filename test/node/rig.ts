/** A chain keeper over a database in memory that can be told to fail, and a count of what it told the node around it. */
import { MemoryLevel } from 'memory-level';
import { CarechainError, type Clock, silentLogger } from '../../src/base/index.ts';
import { type Block, decodeBlock, sealBlock } from '../../src/ledger/index.ts';
import { ChainKeeper, type ChainKeeperPorts, type Switch } from '../../src/node/chain-keeper.ts';
import { inlineWorkers, type Workers } from '../../src/node/index.ts';
import { differences, replay } from '../../src/node/replay.ts';
import { Signatures } from '../../src/node/signatures.ts';
import { type ChainStore, createStore, type Database, openChainStore, type Store } from '../../src/storage/index.ts';
import { type Chain, nodeKeysFrom } from '../support/ledger.ts';

export async function memoryDatabase(): Promise<Database> {
  const database: Database = new MemoryLevel<string, Uint8Array>({ keyEncoding: 'utf8', valueEncoding: 'view' });
  await database.open();
  return database;
}

/** A store whose disk takes what it is told to take. */
export function failingStore(database: Database) {
  const store = createStore(database);
  const disk = {
    /** Writes that are still taken; after them each fails. */
    takes: Number.POSITIVE_INFINITY,
    store: {
      ...store,
      async write(writes) {
        if (writes.length > 0 && disk.takes-- <= 0) throw new CarechainError('folder-failed', 'The disk is full.');
        await store.write(writes);
      },
    } as Store,
  };
  return disk;
}

/** The clock of a world of blocks. */
export function clockOf(world: Chain, offsetMs = 0): Clock {
  return { now: () => world.now + offsetMs, after: () => ({ cancel() {} }) };
}

export interface Rig {
  readonly database: Database;
  readonly disk: { takes: number; readonly store: Store };
  readonly chain: ChainStore;
  readonly keeper: ChainKeeper;
  readonly switches: Switch[];
  /** Peers that were blamed, as `peer: code`. */
  readonly blamed: string[];
  /** Codes of the faults that were told. */
  readonly faults: string[];
  readonly checked: { readonly signatures: number };
  /** Offers as a peer does: the verdict, and the code where there is one. */
  offer(block: Block, from?: string): Promise<string>;
}

/** What a node does beside the keeper at a switch, and where the state may be what is wrong. */
type Hooks = Pick<ChainKeeperPorts, 'alsoWrite' | 'switched' | 'mendState'>;

export async function openRig(
  world: Chain,
  database?: Database,
  clock: Clock = clockOf(world),
  hooksOver: (chain: ChainStore, store: Store) => Promise<Hooks> = async () => ({
    alsoWrite: () => [],
    switched() {},
  }),
): Promise<Rig> {
  const opened = database ?? (await memoryDatabase());
  const disk = failingStore(opened);
  const chain = await openChainStore(disk.store, world.world.genesis);
  const hooks = await hooksOver(chain, disk.store);
  const switches: Switch[] = [];
  const blamed: string[] = [];
  const faults: string[] = [];
  const checked = { signatures: 0 };
  const workers: Workers = {
    ...inlineWorkers,
    verify(checks) {
      checked.signatures += checks.length;
      return inlineWorkers.verify(checks);
    },
  };
  const keeper = new ChainKeeper({
    genesis: world.world.genesis,
    chain,
    signatures: new Signatures(workers),
    clock,
    logger: silentLogger,
    alsoWrite: (change) => hooks.alsoWrite(change),
    switched(change) {
      switches.push(change);
      hooks.switched(change);
    },
    mendState: async () => (await hooks.mendState?.()) ?? 'right',
    onLiar: (peerId, code) => void blamed.push(`${peerId}: ${code}`),
    onFault: (error) => void faults.push((error as { code: string }).code),
  });
  return {
    database: opened,
    disk,
    chain,
    keeper,
    switches,
    blamed,
    faults,
    checked,
    async offer(block, from) {
      const offer = await keeper.offer(block, from ?? null);
      if (offer.verdict === 'accepted') return offer.onMainChain ? 'main' : 'side';
      return offer.rejection ? `${offer.verdict}: ${offer.rejection.code}` : offer.verdict;
    },
  };
}

/** What a replay of the main chain and the stored state do not agree on. */
export async function disagreements(rig: Rig, world: Chain): Promise<unknown[]> {
  const { chain } = rig;
  const blocks = Array.from({ length: chain.tip().height }, (_, index) => chain.block(chain.hashAt(index + 1)!));
  const replayed = await replay(blocks, { genesis: world.world.genesis, now: world.now });
  return replayed.failure ? [replayed.failure] : differences(replayed.state, chain.stateEntries());
}

/** The honest header and signature of a block over an empty body. */
export function bent({ header, signature }: Block): Block {
  const empty = sealBlock(header, [], nodeKeysFrom('anybody').secretKey);
  const bytes = empty.bytes.slice();
  // The signature of the honest miner stands in the place of ours: a map of header, signature and transactions.
  bytes.set(signature, Buffer.from(bytes).indexOf(Buffer.from(empty.signature)));
  const decoded = decodeBlock(bytes);
  if (!decoded.ok) throw new Error(decoded.rejection.code);
  return decoded.value;
}
