/**
 * Vaults of one village: each house has a ledger with the real rules, a store in memory, a vault, and wires to the others
 * that a test may cut or bend. Time stands still until the test moves it.
 *
 *   const village = new Village();
 *   const clinic = await village.house('clinic', 'alice');
 *   const sealed = await village.consult(clinic, 'alice', { notes: 'sleeps badly' }, ['alice', 'bob']);
 *   await until(() => lab.received.length === 1);
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemoryLevel } from 'memory-level';
import { CarechainError, type Clock, concatBytes, silentLogger, systemRandom, toHex } from '../../src/base/index.ts';
import type { Block, Member, Sealed, Transaction } from '../../src/ledger/index.ts';
import type { Network, Peer } from '../../src/network/index.ts';
import type { LocatedEntry, NodeEvents } from '../../src/node/index.ts';
import { createStore, type Database, type Store } from '../../src/storage/index.ts';
import { createVault, type Reader, type RecordText, type Vault, type VaultLedger } from '../../src/vault/index.ts';
import { Chain, nodeKeysFrom, patientIdFrom, testGenesis, type World } from '../support/ledger.ts';

/** Waits until `holds`, turn by turn. */
export async function until(holds: () => boolean, what = 'the condition'): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited too long for ${what}`);
    await nextTurn();
  }
}

/** Lets whatever is under way come to rest, where nothing is expected to happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await nextTurn();
}

export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Map<object, { dueMs: number; run: () => void }>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void) {
    const timer = { cancel: () => void this.#timers.delete(timer) };
    this.#timers.set(timer, { dueMs: this.#now + delayMs, run });
    return timer;
  }

  advance(durationMs: number): void {
    this.#now += durationMs;
    for (const [timer, { dueMs, run }] of [...this.#timers]) {
      if (dueMs > this.#now) continue;
      this.#timers.delete(timer);
      run();
    }
  }
}

type OnRequest = Parameters<Network['serve']>[2];

/** One end of the wires: the part of the network that a vault uses. */
export class Wires implements Pick<Network, 'peers' | 'serve' | 'request' | 'shun'> {
  readonly peerId: string;
  readonly links = new Map<string, Wires>();
  readonly shunned: { peerId: string; code: string }[] = [];
  /** How often this end has asked. */
  requests = 0;
  /** How often others had their turn while it answered. */
  breaths = 0;
  /** Bends what this end answers. */
  bend: (answer: Uint8Array) => Uint8Array = (answer) => answer;
  onLink: (peerId: string) => void = () => {};
  #onRequest: OnRequest = () => Promise.reject(new Error('nothing is served'));

  constructor(peerId: string) {
    this.peerId = peerId;
  }

  peers(): Peer[] {
    const unknown = { status: null, clockOffsetMs: null, isConfigured: false };
    return [...this.links.keys()].map((peerId) => ({ peerId, address: peerId, ...unknown }));
  }

  serve(_protocol: string, _requestBytes: number, onRequest: OnRequest): void {
    this.#onRequest = onRequest;
  }

  async request(peerId: string, _protocol: string, bytes: Uint8Array, answerBytes: number): Promise<Uint8Array> {
    this.requests++;
    const other = this.links.get(peerId);
    if (!other) throw new CarechainError('request-failed', 'no link');
    const breathe = async () => void other.breaths++;
    const answer = other.bend(await other.#onRequest(Uint8Array.from(bytes), this.peerId, breathe));
    if (answer.length > answerBytes) throw new CarechainError('request-failed', 'too long');
    return Uint8Array.from(answer);
  }

  shun(peerId: string, code: string): void {
    this.shunned.push({ peerId, code });
    const other = this.links.get(peerId);
    if (other) unlink(this, other);
  }
}

export function link(one: Wires, other: Wires): void {
  one.links.set(other.peerId, other);
  other.links.set(one.peerId, one);
  one.onLink(other.peerId);
  other.onLink(one.peerId);
}

export function unlink(one: Wires, other: Wires): void {
  one.links.delete(other.peerId);
  other.links.delete(one.peerId);
}

/** A ledger node as far as a vault sees it, over the real rules. */
export class VillageLedger implements VaultLedger {
  readonly genesis;
  readonly nodeKey: string;
  readonly chain: Chain;
  readonly waitingToBeMined = new Map<string, Transaction>();
  /** Heights of blocks that were read. */
  readonly blocksRead: number[] = [];
  readonly #listeners = new Map<string, Set<unknown>>();

  constructor(world: World, name: string) {
    this.genesis = world.genesis;
    this.nodeKey = toHex(nodeKeysFrom(name).publicKey);
    this.chain = new Chain(world);
  }

  get state() {
    return this.chain.state;
  }

  head() {
    const { hash, header, work } = this.chain.tip;
    return { hash, height: header.height, work, header };
  }

  hashAt(height: number): string | undefined {
    return height === 0 ? this.genesis.hash : this.chain.main()[height - 1]?.hash;
  }

  block(hash: string): Block | undefined {
    const block = this.chain.link(hash).block ?? undefined;
    if (block) this.blocksRead.push(block.header.height);
    return block;
  }

  find(id: string): LocatedEntry | undefined {
    const pending = this.waitingToBeMined.get(id);
    if (pending) return located(pending, { state: 'pending' });
    for (const { block } of this.chain.main()) {
      const transaction = block?.transactions.find((each) => each.id === id);
      const { height, time } = block!.header;
      const where = { state: 'confirmed', height, position: 0, blockHash: block!.hash, blockTime: time } as const;
      if (transaction) return located(transaction, where);
    }
    return undefined;
  }

  holds(id: string): boolean {
    return this.find(id) !== undefined;
  }

  pending(): LocatedEntry[] {
    return [...this.waitingToBeMined.keys()].map((id) => this.find(id)!);
  }

  on<Name extends keyof NodeEvents>(name: Name, listener: (...event: NodeEvents[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  emit<Name extends keyof NodeEvents>(name: Name, ...event: NodeEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      (listener as (...event: NodeEvents[Name]) => void)(...event);
    }
  }

  hear(transaction: Transaction): void {
    if (this.find(transaction.id)) return;
    this.waitingToBeMined.set(transaction.id, transaction);
    this.emit('transaction', { id: transaction.id, kind: transaction.body.kind, own: false });
  }

  hearBlock(block: Block): void {
    const answer = this.chain.offer(block);
    if (answer !== 'OK') throw new Error(answer);
    for (const { block: mined } of this.chain.main()) {
      for (const { id } of mined!.transactions) this.waitingToBeMined.delete(id);
    }
    this.emit('tip', this.head());
  }
}

function located(transaction: Transaction, where: LocatedEntry['where']): LocatedEntry {
  return { id: transaction.id, entry: { type: 'transaction', transaction }, where, own: false };
}

export interface House {
  readonly name: string;
  readonly ledger: VillageLedger;
  readonly wires: Wires;
  readonly database: Database;
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: ManualClock;
  /** What `record` events said. */
  readonly received: { transactionId: string; commitment: string }[];
}

export class Village {
  readonly world: World = testGenesis();
  readonly clock = new ManualClock(this.world.genesis.time + 1_000_000);
  readonly houses = new Map<string, House>();
  readonly #registration = this.world.register('alice', 'zoe');

  reader(username: string): Reader {
    const { signing, sealing } = this.world.keys[username]!;
    return { member: this.member(username), keys: { username, signing, sealing } };
  }

  member(username: string): Member {
    return this.world.genesis.members.find((member) => member.username === username)!;
  }

  /** A house whose vault is started and hosts these members, linked to all others. */
  async house(name: string, ...usernames: string[]): Promise<House> {
    const database = new MemoryLevel({ keyEncoding: 'utf8', valueEncoding: 'view' }) as unknown as Database;
    await database.open();
    const ledger = new VillageLedger(this.world, name);
    ledger.hearBlock(firstBlock(this.world, this.#registration));
    const house = await this.#open(name, ledger, database);
    for (const username of usernames) await house.vault.host(this.reader(username));
    this.linkToAll(house);
    return house;
  }

  /** Stops the vault of a house and opens another one on the same database. */
  async restart(house: House): Promise<House> {
    await this.leave(house);
    const restarted = await this.#open(house.name, house.ledger, house.database);
    this.linkToAll(restarted);
    return restarted;
  }

  async leave(house: House): Promise<void> {
    await house.vault.stop();
    this.unlinkFromAll(house);
    this.houses.delete(house.name);
  }

  async end(): Promise<void> {
    for (const house of [...this.houses.values()]) await this.leave(house);
  }

  linkToAll(house: House): void {
    for (const other of this.houses.values()) if (other !== house) link(house.wires, other.wires);
  }

  unlinkFromAll(house: House): void {
    for (const other of this.houses.values()) unlink(house.wires, other.wires);
  }

  /** Seals notes at a house and tells every house of the consultation. */
  async consult(at: House, author: string, text: RecordText, readers: readonly string[]) {
    const made = await this.prepare(at, author, text, readers);
    this.tell(made.transaction);
    return made;
  }

  /** Like {@link consult}, but nobody is told yet. */
  async prepare(at: House, author: string, text: RecordText, readers: readonly string[]) {
    const { sealed, writes } = await at.vault.seal(
      text,
      readers.map((username) => this.member(username)),
    );
    await at.store.write(writes);
    return { sealed, transaction: this.consultation(author, sealed) };
  }

  consultation(author: string, sealed: Sealed): Transaction {
    const records = { notes: sealed, order: null };
    return this.world.sign(author, { kind: 'DOCTOR_CONSULTATION', patient: patientIdFrom('zoe'), records });
  }

  tell(transaction: Transaction): void {
    for (const { ledger } of this.houses.values()) ledger.hear(transaction);
  }

  /** Mines at a house and tells every house. */
  mine(at: House, ...transactions: Transaction[]): Block {
    const block = at.ledger.chain.mine(...transactions);
    for (const { ledger } of this.houses.values()) ledger.hearBlock(block);
    return block;
  }

  async #open(name: string, ledger: VillageLedger, database: Database): Promise<House> {
    const wires = new Wires(`peer of ${ledger.nodeKey}`);
    wires.onLink = (peerId) => ledger.emit('peer', { peerId, address: peerId, nodeId: null, state: 'connected' });
    const store = createStore(database);
    const vault = createVault({
      node: ledger,
      network: wires,
      store,
      clock: this.clock,
      random: systemRandom,
      logger: silentLogger,
      peerIdOf: (nodeKeyHex) => `peer of ${nodeKeyHex}`,
    });
    const received: House['received'] = [];
    vault.on('record', (event) => received.push(event));
    const house = { name, ledger, wires, database, store, vault, clock: this.clock, received };
    this.houses.set(name, house);
    await vault.start();
    return house;
  }
}

/** Every byte that a house has stored, keys and values. */
export async function storedBytes(house: House): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const [key, value] of house.database.iterator()) parts.push(Buffer.from(key), value);
  return concatBytes(...parts);
}

const firstBlocks = new Map<string, Block>();

function firstBlock(world: World, registration: Transaction): Block {
  const known = firstBlocks.get(registration.id) ?? new Chain(world).mine(registration);
  firstBlocks.set(registration.id, known);
  return known;
}
