/**
 * The chain on the disk. What it remembers beside the disk (tip, cache, side blocks) changes only after a batch is written;
 * while one is, reads go to a snapshot from before it, so that nobody ever sees half of a switch.
 */
import { assert } from '../base/index.ts';
import {
  type Block,
  decodeBlock,
  decodeSealedHeader,
  decodeTransaction,
  type Genesis,
  genesisHeader,
  openBlock,
  type Reward,
  type StateChange,
  stateKeys,
  type Transaction,
} from '../ledger/index.ts';
import type { ChainCommit, ChainStore, StoredHeader, Tip } from './chain-store.ts';
import { bodyWrites, commitWrites, stateWrites } from './commit-writes.ts';
import type { Write } from './database.ts';
import { storeKeys } from './keys.ts';
import type { KnownIds } from './known-ids.ts';
import { readPatientEvents } from './patient-index.ts';
import type { Snapshot } from './reopening.ts';
import { decodeRow, readRow } from './rows.ts';
import type { SideBlocks } from './side-blocks.ts';
import { damaged, damagedAt, damagedFolder } from './storage-errors.ts';
import type { Store } from './store.ts';
import { StoredState } from './stored-state.ts';

export class StoredChain implements ChainStore {
  readonly #store: Store;
  readonly #genesis: StoredHeader;
  readonly #side: SideBlocks;
  readonly state: StoredState;
  readonly ids: KnownIds;
  #tip: Tip;
  #before: Snapshot | undefined;

  /** @param side loaded. @param ids of this store. @throws CarechainError `folder-damaged` where the tip cannot be read. */
  constructor(store: Store, genesis: Genesis, side: SideBlocks, ids: KnownIds) {
    this.#store = store;
    this.#genesis = { hash: genesis.hash, header: genesisHeader(genesis), signature: new Uint8Array(0), work: 0 };
    this.#side = side;
    this.ids = ids;
    this.state = new StoredState(genesis, ids, (key) => this.#read(storeKeys.state(key)));
    this.#tip = this.#storedTip();
  }

  tip(): Tip {
    return this.#tip;
  }

  header(hash: string): StoredHeader | undefined {
    if (hash === this.#genesis.hash) return this.#genesis;
    const key = storeKeys.header(hash);
    const row = this.#readRow<{ sealed: Uint8Array; work: number }>(key);
    // A header and its body are written together: one without the other is damage, and not a block that is unknown.
    if (!row && this.#read(storeKeys.block(hash))) throw damaged(key);
    if (!row) return undefined;
    const sealed = decodeSealedHeader(row.sealed);
    if (!sealed.ok || sealed.value.hash !== hash) throw damaged(key);
    return { ...sealed.value, work: row.work };
  }

  headerBytes(hash: string, height: number): Uint8Array | undefined {
    const key = storeKeys.header(hash);
    const row = this.#readRow<{ sealed: Uint8Array }>(key);
    // Whoever asks would take a page that ends here for a lie.
    if (!row && (this.hashAt(height) === hash || this.#read(storeKeys.block(hash)))) throw damaged(key);
    return row?.sealed;
  }

  hashAt(height: number): string | undefined {
    if (height < 0 || height > this.#tip.height) return undefined;
    const hash = this.#readRow<string>(storeKeys.height(height));
    if (hash === undefined) throw damagedAt(height, 'is missing');
    return hash;
  }

  hashesAt(height: number): string[] {
    const main = this.hashAt(height);
    return [...(main === undefined ? [] : [main]), ...this.#side.at(height)];
  }

  isOnMainChain(hash: string): boolean {
    if (this.#side.has(hash)) return false;
    const stored = this.header(hash);
    return stored !== undefined && this.hashAt(stored.header.height) === hash;
  }

  parentOf(hash: string): string | undefined {
    return this.#side.parentOf(hash) ?? this.header(hash)?.header.parent;
  }

  block(hash: string): Block | undefined {
    const bytes = this.blockBytes(hash);
    if (!bytes) return undefined;
    const block = decodeBlock(bytes);
    if (!block.ok || block.value.hash !== hash) throw damaged(storeKeys.block(hash));
    return block.value;
  }

  blockBytes(hash: string): Uint8Array | undefined {
    const key = storeKeys.block(hash);
    const bytes = this.#read(key);
    if (!bytes && this.#read(storeKeys.header(hash))) throw damaged(key);
    return bytes;
  }

  transactionOf(hash: string, index: number): Transaction | undefined {
    const bytes = this.blockBytes(hash);
    if (!bytes) return undefined;
    const opened = openBlock(bytes);
    if (!opened.ok || opened.value.hash !== hash) throw damaged(storeKeys.block(hash));
    const wire = opened.value.transactionBytes[index];
    const transaction = wire && decodeTransaction(wire);
    if (transaction && !transaction.ok) throw damaged(storeKeys.block(hash));
    return transaction?.value;
  }

  undo(hash: string): readonly StateChange[] | undefined {
    const rows = this.#readRow<[string, StateChange['before'], StateChange['after']][]>(storeKeys.undo(hash));
    return rows?.map(([key, before, after]) => ({ key, before, after }));
  }

  rewards(hash: string): readonly Reward[] {
    const rewards = this.#readRow<Reward[]>(storeKeys.rewards(hash));
    if (rewards) return rewards;
    if (hash !== this.#genesis.hash && this.isOnMainChain(hash)) throw damaged(storeKeys.rewards(hash));
    return [];
  }

  hasTransaction(id: string): boolean {
    return this.state.get(stateKeys.transaction(id)) !== undefined;
  }

  async findIds(prefix: string, most: number): Promise<string[]> {
    const start = storeKeys.state(stateKeys.transaction(''));
    const entries = await this.#store.all(start + prefix, { limit: most });
    return entries.map(([key]) => key.slice(start.length));
  }

  patientEvents(patient: string) {
    return readPatientEvents(patient, (key) => this.#readRow(key));
  }

  async storeSideBlock(block: Block, work: number): Promise<string[]> {
    if (this.header(block.hash)) return [];
    const going = this.#side.toMakeRoom(block);
    await this.#drop(going);
    await this.#writeAsOne([...bodyWrites(block, work), this.#side.enter(block)], () => this.#side.entered(block));
    return going;
  }

  sideBytes(): number {
    return this.#side.bytes;
  }

  forgetSideBlocks(hashes: readonly string[]): Promise<void> {
    const forgotten = new Set(hashes);
    return this.#drop(this.#side.withDescendants(forgotten));
  }

  async commit(change: ChainCommit): Promise<void> {
    const tip = this.#tipAfter(change);
    const readRow = <Row>(key: string) => this.#readRow<Row>(key);
    const before = { tip: this.#tip, state: this.state, side: this.#side, readRow };
    await this.#writeAsOne(commitWrites(change, tip, before), () => {
      this.#tip = tip;
      this.state.committed(change.changes);
      this.#side.mainChainGrew(tip.height - before.tip.height);
      for (const block of change.removed) this.#side.entered(block);
      this.#side.left(change.added.map(({ block }) => block.hash));
    });
  }

  async *stateEntries() {
    const start = storeKeys.state('');
    for await (const [key, value] of this.#store.range(start)) {
      const entry: [string, NonNullable<StateChange['after']>] = [key.slice(start.length), decodeRow(value)];
      yield entry;
    }
  }

  replaceState(changes: readonly StateChange[]): Promise<void> {
    return this.#writeAsOne(stateWrites(changes), () => this.state.committed(changes));
  }

  #storedTip(): Tip {
    const row = this.#readRow<Omit<Tip, 'header'>>(storeKeys.tip());
    if (!row) throw damagedFolder('This folder no longer says which block is its last.', {});
    const stored = this.header(row.hash);
    if (!stored) throw damagedAt(row.height, 'has no header');
    return { ...row, header: stored.header };
  }

  /** Checks that the switch starts at the tip and is a chain. */
  #tipAfter({ removed, added }: ChainCommit): Tip {
    let below = this.#tip.hash;
    for (const { hash, header } of removed) {
      assert(hash === below, 'blocks leave the main chain from the tip down');
      below = header.parent;
    }
    let tip = this.#tip;
    for (const { block, work } of added) {
      assert(block.header.parent === below, 'each added block follows the one before it');
      below = block.hash;
      tip = { hash: block.hash, height: block.header.height, work, header: block.header };
    }
    assert(added.length > 0, 'a switch adds blocks');
    return tip;
  }

  async #drop(hashes: readonly string[]): Promise<void> {
    await this.#writeAsOne(this.#side.drop(hashes), () => this.#side.left(hashes));
  }

  async #writeAsOne(writes: readonly Write[], written: () => void): Promise<void> {
    if (writes.length === 0) return;
    assert(!this.#before, 'the chain has one writer at a time');
    const before = this.#store.snapshot();
    this.#before = before;
    try {
      await this.#store.write(writes);
      written();
    } finally {
      this.#before = undefined;
      await before.close();
    }
  }

  #read(key: string): Uint8Array | undefined {
    return this.#store.get(key, this.#before);
  }

  #readRow<Row>(key: string): Row | undefined {
    return readRow<Row>(this.#store, key, this.#before);
  }
}
