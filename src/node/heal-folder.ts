/**
 * Makes a new ledger from what can be read of a damaged one. Blocks are believed by their hashes and offered to a chain
 * keeper like any block that a peer brings, so the new ledger holds what the rules let in, up to the first gap; the rest
 * comes from peers. Nothing that is derived is taken over. What no peer can give (what users of this node wrote, the
 * conflict list, sealed records) is taken as far as its checksums hold, and what is not is told by name.
 */
import { type Clock, describeError, encode, silentLogger } from '../base/index.ts';
import { type Block, decodeTransaction, type Genesis, type Transaction } from '../ledger/index.ts';
import {
  type ChainStore,
  decodeRow,
  openChainStore,
  openOutbox,
  type Store,
  storeKeys,
  type Write,
} from '../storage/index.ts';
import { ChainKeeper } from './chain-keeper.ts';
import { indexWrites } from './indexes.ts';
import { type Pause, turn } from './pause.ts';
import { readBlock, readTip } from './scrub-chain.ts';
import { refuseOtherNetwork } from './scrub-folder.ts';
import { countByFamily, familyOf } from './scrub-report.ts';
import { eachValue, nameIn, readAnyway } from './scrub-values.ts';
import { Signatures } from './signatures.ts';
import { inlineWorkers } from './workers.ts';

export interface DamagedFolder {
  readonly genesis: Genesis;
  /** What can be read of the damaged ledger, the best first. */
  readonly sources: readonly Store[];
  /** The new ledger, empty. */
  readonly into: Store;
  readonly clock: Clock;
  onProgress(height: number): void;
}

export interface HealedFolder {
  /** The head of the new ledger, and that of the old one as far as anything tells. */
  readonly height: number;
  readonly hash: string;
  readonly heightBefore: number;
  /** Values that were taken over beside the blocks, by family. */
  readonly kept: Readonly<Record<string, number>>;
  /** Own transactions of blocks that do not connect: they are in the outbox again. */
  readonly returned: readonly string[];
  /** Keys of what could be neither read nor made again. */
  readonly unreadable: readonly string[];
}

/** Families that are taken over value by value. */
const keptFamilies = ['outbox', 'own', 'lost', 'reorg', 'equivocation', 'cursor', 'record', 'hosting'] as const;

/** @throws CarechainError `folder-other-network` */
export async function healFolder(folder: DamagedFolder): Promise<HealedFolder> {
  const { genesis, sources, into } = folder;
  for (const source of sources) refuseOtherNetwork(source, genesis);
  const chain = await openChainStore(into, genesis);
  const loose = await takeBlocks(folder, chain);
  const taken = new TakenRows(folder, chain);
  for (const source of sources) await taken.takeFrom(source);
  await taken.finish();
  const returned = await returnOwn(loose, folder, chain);
  const heights: number[] = [];
  for (const source of sources) heights.push(await heightOf(source, genesis));
  return {
    height: chain.tip().height,
    hash: chain.tip().hash,
    heightBefore: Math.max(chain.tip().height, ...heights),
    kept: countByFamily(taken.keys),
    returned,
    unreadable: [...new Set([...taken.unreadable(), ...missingOwn(taken, into, chain)])],
  };
}

/** Offers every block that can be read, the lowest first. @returns where those are that found no place on the main chain. */
async function takeBlocks(folder: DamagedFolder, chain: ChainStore): Promise<Map<string, Store>> {
  const { genesis, sources, clock, onProgress } = folder;
  const found = new Map<string, { source: Store; height: number }>();
  for (const source of sources) {
    const see = (key: string) => {
      const block = found.has(nameIn(key)) ? undefined : readBlock(source, nameIn(key));
      if (block) found.set(block.hash, { source, height: block.header.height });
    };
    await eachReadable(source, storeKeys.block(''), see, turn);
  }
  const keeper = new ChainKeeper({
    genesis,
    chain,
    signatures: new Signatures(inlineWorkers),
    clock,
    logger: silentLogger,
    alsoWrite: (change) => indexWrites(change),
    switched: () => onProgress(chain.tip().height),
    onLiar() {},
    onFault() {},
  });
  const lowestFirst = [...found].sort(([, left], [, right]) => left.height - right.height);
  for (const [hash, { source }] of lowestFirst) await keeper.offer(readBlock(source, hash) as Block);
  return new Map(lowestFirst.flatMap(([hash, { source }]) => (chain.isOnMainChain(hash) ? [] : [[hash, source]])));
}

class TakenRows {
  readonly keys = new Set<string>();
  readonly #folder: DamagedFolder;
  readonly #chain: ChainStore;
  readonly #damaged = new Set<string>();

  constructor(folder: DamagedFolder, chain: ChainStore) {
    this.#folder = folder;
    this.#chain = chain;
  }

  async takeFrom(source: Store): Promise<void> {
    const { into } = this.#folder;
    for (const family of keptFamilies) {
      let writes: Write[] = [];
      const see = (key: string, value: Uint8Array | null) => {
        if (this.keys.has(key)) return;
        const kept = value ?? this.#fromKey(key);
        if (!kept || !this.#isSound(key, kept)) this.#damaged.add(key);
        else if (this.#isOfUse(key)) writes.push({ type: 'put', key, value: kept });
      };
      // Piece by piece: the records of a clinic may be more than memory holds.
      const writeDown = async () => {
        await into.write(writes);
        for (const { key } of writes) this.keys.add(key);
        writes = [];
        await turn();
      };
      await eachReadable(source, `${family}/`, see, writeDown);
      // What of the last piece came before LevelDB could not read on, or could not be written.
      await writeDown();
    }
  }

  /** What was damaged and came from no source. */
  unreadable(): string[] {
    return [...this.#damaged].filter((key) => !this.keys.has(key));
  }

  /** Makes rows whole that are of use only together. */
  async finish(): Promise<void> {
    const { into, genesis } = this.#folder;
    const writes: Write[] = [];
    const reorgs = [...this.keys]
      .filter((key) => familyOf(key) === 'reorg')
      .map((key) => Number.parseInt(nameIn(key), 16));
    for (let n = Math.min(...reorgs); n < Math.max(...reorgs); n++) {
      if (!this.keys.has(storeKeys.reorg(n)))
        writes.push({ type: 'put', key: storeKeys.reorg(n), value: encode(null) });
    }
    for (const key of this.keys) {
      const [family, kind, id] = key.split('/') as [string, string, string | undefined];
      const isOwn = family === 'outbox' || (family === 'lost' && decodeRow<{ own: boolean }>(into.get(key)!).own);
      if (isOwn) writes.push({ type: 'put', key: storeKeys.own(kind), value: encode(true) });
      // Without its envelope a record is not held: the follower notes it anew, and it is fetched.
      const isBare =
        family === 'record' && kind === 'transaction' && !this.keys.has(storeKeys.record(`envelope/${id}`));
      if (isBare) writes.push({ type: 'del', key });
      // A member is followed and has signed for it, or neither.
      const followed = family === 'hosting' ? storeKeys.record(`followed/${kind}`) : null;
      if (followed && !this.keys.has(followed)) {
        writes.push({ type: 'put', key: followed, value: encode(this.#chain.tip().height) });
      }
      const statement = family === 'record' && kind === 'followed' ? storeKeys.hosting(id!) : null;
      if (statement && !this.keys.has(statement)) this.#damaged.add(statement);
    }
    // Followers start from the genesis again: to look twice at a block changes nothing, and what is missing is noted.
    const start = encode({ height: 0, hash: genesis.hash });
    const cursors = new Set([...this.keys, ...this.#damaged].filter((key) => familyOf(key) === 'cursor'));
    const hasVault = [...this.keys].some((key) => /^(record\/followed|hosting)\//.test(key));
    if (hasVault) cursors.add(storeKeys.cursor('vault'));
    for (const key of cursors) {
      writes.push({ type: 'put', key, value: start });
      this.keys.add(key);
    }
    await into.write(writes);
  }

  /** Where the key says it all. */
  #fromKey(key: string): Uint8Array | null {
    if (familyOf(key) === 'own') return encode(true);
    if (key.startsWith(storeKeys.record('followed/'))) return encode(this.#chain.tip().height);
    return null;
  }

  #isSound(key: string, value: Uint8Array): boolean {
    if (familyOf(key) !== 'outbox' && familyOf(key) !== 'lost') return true;
    const transaction = decodeTransaction(decodeRow<{ transaction: Uint8Array }>(value).transaction);
    return transaction.ok && transaction.value.id === nameIn(key);
  }

  #isOfUse(key: string): boolean {
    return familyOf(key) !== 'outbox' || !this.#chain.hasTransaction(nameIn(key));
  }
}

/** What users of this node wrote and only a block held that does not connect is offered again, as after a reorg. */
async function returnOwn(
  loose: ReadonlyMap<string, Store>,
  { into }: DamagedFolder,
  chain: ChainStore,
): Promise<string[]> {
  const outbox = await openOutbox(into);
  const returned = new Map<string, Transaction>();
  for (const [hash, source] of loose) {
    for (const transaction of readBlock(source, hash)?.transactions ?? []) {
      const { id } = transaction;
      const isSettled = chain.hasTransaction(id) || readAnyway(into, storeKeys.lost(id)) !== undefined;
      const isHere = readAnyway(into, storeKeys.outbox(id)) !== undefined;
      if (outbox.isOwn(id) && !isSettled && !isHere) returned.set(id, transaction);
    }
  }
  for (const transaction of returned.values()) await into.write(outbox.put(transaction));
  return [...returned.keys()];
}

/** What a source says of its head; 0 where it cannot say anything. */
async function heightOf(source: Store, genesis: Genesis): Promise<number> {
  try {
    return (await readTip(source, genesis)).height;
  } catch {
    // LevelDB cannot read that far.
    return 0;
  }
}

/** What users of this node wrote and is nowhere in the new ledger: it may be in the blocks that come from peers. */
function missingOwn({ keys }: TakenRows, into: Store, chain: ChainStore): string[] {
  const own = [...keys].filter((key) => familyOf(key) === 'own').map(nameIn);
  const places = (id: string) => [storeKeys.outbox(id), storeKeys.lost(id)];
  const isNowhere = (id: string) => places(id).every((key) => readAnyway(into, key) === undefined);
  return own.filter((id) => !chain.hasTransaction(id) && isNowhere(id)).map(storeKeys.outbox);
}

/** Every row of a range, as far as LevelDB can read on. */
async function eachReadable(
  source: Store,
  prefix: string,
  see: (key: string, value: Uint8Array | null) => void,
  pause: Pause,
): Promise<void> {
  try {
    await eachValue(source, prefix, see, pause);
  } catch (error) {
    // The rest of this source cannot be read; there is another one, or peers.
    if (describeError(error).code === 'folder-closed') throw error;
  }
}
