/**
 * Worlds for tests of the rules, so that an assertion reads as a table row:
 *
 *   const world = testGenesis();
 *   const chain = new Chain(world);
 *   const registration = world.register('alice', 'zoe');
 *   chain.mine(registration, world.consult('alice', 'zoe'));
 *   expect(chain.offer(chain.forge({ transactions: [registration] }))).toBe('already-in-chain');
 *
 * Everything comes from names and counters: a world that is made twice is twice the same.
 */
import { assert, limits, toHex, utf8ToBytes } from '../../src/base/index.ts';
import {
  type KeyPair,
  meetsTarget,
  sealingKeyPair,
  searchNonce,
  sha256,
  signingKeyPair,
  workTarget,
} from '../../src/crypto/index.ts';
import { transactionsRoot } from '../../src/ledger/block.ts';
import { applyBlock } from '../../src/ledger/check-block.ts';
import { nextTime } from '../../src/ledger/check-header.ts';
import { nextDigest } from '../../src/ledger/digest.ts';
import {
  type Authorship,
  type Block,
  type BlockContext,
  buildBlock,
  checkBlock,
  checkTransaction,
  Draft,
  decodeBlock,
  decodeTransaction,
  dueRewards,
  type Genesis,
  type GenesisFile,
  genesisChanges,
  genesisHeader,
  type Header,
  hashedBytes,
  memberIdOf,
  nonceFrame,
  type OnCheck,
  parseGenesis,
  payableRewards,
  type RejectionCode,
  type RejectionFacts,
  type Reward,
  type Role,
  readBalance,
  type Sealed,
  type StateChange,
  type StateView,
  sealBlock,
  signTransaction,
  systemAccount,
  type Transaction,
  type TransactionFields,
  verifyTransaction,
  wins,
} from '../../src/ledger/index.ts';
import { completed } from '../../src/ledger/steps.ts';

/** The people of every test: one of each role, and a second of those who race. */
export const people = {
  alice: 'doctor',
  bob: 'lab',
  charlie: 'pharmacy',
  dana: 'admin',
  paula: 'patient',
  adam: 'doctor',
  beth: 'lab',
  carol: 'pharmacy',
} as const satisfies Record<string, Role>;

/** 1 January 2026, when every test genesis was made. */
export const genesisTime: number = Date.UTC(2026, 0, 1);

/** Thirty-two bytes that only the text decides: a seed, a nonce, a commitment. */
export function bytesFrom(text: string): Uint8Array {
  return sha256(utf8ToBytes(text));
}

/** A random-looking hash in hex. */
export function hashFrom(text: string): string {
  return toHex(bytesFrom(text));
}

/** The UUID (version 4 in form) of a patient with this name. */
export function patientIdFrom(name: string): string {
  const hex = hashFrom(`patient ${name}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The key of a node with this name: what mines. */
export function nodeKeysFrom(name: string): KeyPair {
  return signingKeyPair(bytesFrom(`node ${name}`));
}

export interface PersonKeys {
  /** Member id. */
  readonly id: string;
  readonly signing: KeyPair;
  readonly sealing: KeyPair;
}

/** What is made again and again, the same each time, is made once. */
const knownKeys = new Map<string, PersonKeys>();
const knownGenesis = new Map<string, Genesis>();
const knownVerdicts = new Map<string, boolean>();

export function personKeysFrom(username: string): PersonKeys {
  return once(knownKeys, username, () => makePersonKeys(username));
}

function once<Value>(known: Map<string, Value>, name: string, make: () => Value): Value {
  const value = known.get(name) ?? make();
  known.set(name, value);
  return value;
}

function makePersonKeys(username: string): PersonKeys {
  const signing = signingKeyPair(bytesFrom(username));
  const sealing = sealingKeyPair(bytesFrom(`sealing ${username}`));
  return { id: memberIdOf(toHex(signing.publicKey)), signing, sealing };
}

export interface GenesisOptions extends Partial<Omit<GenesisFile, 'rules' | 'members' | 'limits'>> {
  /** Roles by username; {@link people} where nothing is said. */
  readonly members?: Readonly<Record<string, Role>>;
  readonly limits?: Partial<GenesisFile['limits']>;
}

/** The genesis file of a test network: difficulty 1, open to every miner, all limits at their maxima. */
export function testGenesisFile(options: GenesisOptions = {}): GenesisFile {
  const { members = people, limits: tighter, ...fields } = options;
  return {
    rules: 1,
    name: 'test network',
    time: genesisTime,
    members: Object.entries(members).map(([username, role]) => {
      const { signing, sealing } = personKeysFrom(username);
      return {
        username,
        role,
        name: username.toUpperCase(),
        place: `${role} of ${username}`,
        signingKey: toHex(signing.publicKey),
        sealingKey: toHex(sealing.publicKey),
      };
    }),
    miners: 'open',
    supply: 1_000_000,
    rewards: { order: 500, fill: 700 },
    prices: { reportAccess: 100 },
    difficulty: 1,
    ...fields,
    limits: {
      blockBytes: limits.blockBytes,
      transactionBytes: limits.transactionBytes,
      rewardsPerBlock: limits.rewardsPerBlock,
      ...tighter,
    },
  };
}

export function testGenesis(options: GenesisOptions = {}): World {
  const file = testGenesisFile(options);
  return new World(once(knownGenesis, JSON.stringify(file), () => parseGenesis(file)));
}

/** What may be bent about a transaction beside its fields; the author's own where nothing is said. */
export type Bend = Partial<Authorship>;

/** A network with the keys of all its people, which makes their transactions. */
export class World {
  readonly genesis: Genesis;
  readonly keys: Readonly<Record<string, PersonKeys>>;
  #count = 0;

  constructor(genesis: Genesis) {
    this.genesis = genesis;
    this.keys = Object.fromEntries(genesis.members.map(({ username }) => [username, personKeysFrom(username)]));
  }

  /** Member id of a username; the account of SYSTEM_BANK_001 for `SYSTEM`. */
  id(username: string): string {
    if (username === 'SYSTEM') return systemAccount;
    const keys = this.keys[username];
    assert(keys, `${username} is a member of this world`);
    return keys.id;
  }

  sign(username: string, fields: TransactionFields, bend: Bend = {}): Transaction {
    const count = this.#count++;
    return signTransaction(fields, {
      network: this.genesis.hash,
      author: this.id(username),
      time: this.genesis.time + count,
      nonce: hashFrom(`nonce ${count}`).slice(0, 32),
      secretKey: this.keys[username]?.signing.secretKey ?? bytesFrom(username),
      ...bend,
    });
  }

  /** A commitment to some record, and its readers in order. */
  sealedFor(...usernames: string[]): Sealed {
    const readers = usernames.map((username) => this.id(username)).sort();
    return { commitment: hashFrom(`commitment ${this.#count++}`), readers };
  }

  register(doctor: string, patient: string, bend?: Bend): Transaction {
    const records = { identity: this.sealedFor(doctor) };
    return this.sign(doctor, { kind: 'PATIENT_REGISTRATION', patient: patientIdFrom(patient), records }, bend);
  }

  /** A consultation without an order. */
  consult(doctor: string, patient: string, bend?: Bend): Transaction {
    const records = { notes: this.sealedFor(doctor), order: null };
    return this.sign(doctor, { kind: 'DOCTOR_CONSULTATION', patient: patientIdFrom(patient), records }, bend);
  }

  /** A consultation that orders a test. */
  order(doctor: string, patient: string, bend?: Bend): Transaction {
    const records = { notes: this.sealedFor(doctor), order: this.sealedFor(doctor) };
    return this.sign(doctor, { kind: 'DOCTOR_CONSULTATION', patient: patientIdFrom(patient), records }, bend);
  }

  answer(lab: string, order: Transaction | string, bend?: Bend): Transaction {
    const records = { result: this.sealedFor(lab) };
    return this.sign(lab, { kind: 'LAB_TEST_RESULT', order: idOf(order), records }, bend);
  }

  prescribe(doctor: string, patient: string, bend?: Bend): Transaction {
    const records = { prescription: this.sealedFor(doctor) };
    return this.sign(doctor, { kind: 'PRESCRIPTION', patient: patientIdFrom(patient), records }, bend);
  }

  fill(pharmacy: string, prescription: Transaction | string, bend?: Bend): Transaction {
    const records = { dispensing: this.sealedFor(pharmacy) };
    return this.sign(pharmacy, { kind: 'PRESCRIPTION_FILLED', prescription: idOf(prescription), records }, bend);
  }

  cancel(doctor: string, prescription: Transaction | string, bend?: Bend): Transaction {
    const records = { reason: this.sealedFor(doctor) };
    return this.sign(doctor, { kind: 'PRESCRIPTION_CANCELLATION', prescription: idOf(prescription), records }, bend);
  }

  pay(from: string, to: string, amount: number, bend?: Bend): Transaction {
    const records = { note: null };
    return this.sign(from, { kind: 'TRANSFER_ECASH', to: this.id(to), amount, reason: 'other', records }, bend);
  }
}

function idOf(reference: Transaction | string): string {
  return typeof reference === 'string' ? reference : reference.id;
}

/** The same transaction under other signature bytes: the body, and so the id, stays. */
export function withSignature(transaction: Transaction, signature: Uint8Array): Transaction {
  const bytes = transaction.bytes.slice();
  bytes.set(signature, bytes.length - 64);
  return { ...transaction, signature, bytes };
}

/** What {@link Chain.forge} may be told about a block; the right thing where nothing is said. */
export interface Forgery {
  readonly transactions?: readonly Transaction[];
  /** The rewards that the root covers. */
  readonly rewards?: readonly Reward[];
  /** Hash of the block that it builds on; the tip. */
  readonly on?: string;
  readonly miner?: KeyPair;
  /** Header fields as they shall be; the nonce is searched afterwards. */
  readonly header?: Partial<Omit<Header, 'nonce'>>;
  /** False: it was not mined, and its nonce is one that shows it. By chance, any fixed one may have the work. */
  readonly isMined?: false;
  /** Signed by this key instead of the miner's. */
  readonly signedBy?: KeyPair;
}

interface Link {
  readonly hash: string;
  readonly header: Header;
  readonly block: Block | null;
  readonly parent: Link | null;
  readonly work: number;
  /** State after the block: drafts all the way down to the genesis. */
  readonly state: StateView;
  readonly changes: readonly StateChange[];
  readonly rewards: readonly Reward[];
  /** For each of its transactions, the patient whose history it belongs to. */
  readonly patients: readonly (string | null)[];
}

/** All blocks of a network that were found valid, in memory: a chain keeper without disk, peers and limits. */
export class Chain {
  readonly world: World;
  readonly miner: KeyPair = nodeKeysFrom('one');
  /** The clock of this node. Each mined block moves it on by a second. */
  now: number;
  /** Told of each check. */
  onCheck: OnCheck | undefined;
  /** The facts of the last rejection. */
  facts: RejectionFacts = {};
  readonly #links = new Map<string, Link>();
  #tip: Link;

  constructor(world: World) {
    this.world = world;
    const { genesis } = world;
    this.now = genesis.time + 60_000;
    const header = genesisHeader(genesis);
    const changes = genesisChanges(genesis);
    const state = stateOf(changes, { get: () => undefined });
    this.#tip = {
      hash: genesis.hash,
      header,
      block: null,
      parent: null,
      work: 0,
      state,
      changes,
      rewards: [],
      patients: [],
    };
    this.#links.set(genesis.hash, this.#tip);
  }

  get tip(): Link {
    return this.#tip;
  }

  get state(): StateView {
    return this.#tip.state;
  }

  /** A known block by its hash. */
  link(hash: string): Link {
    const link = this.#links.get(hash);
    assert(link, 'the block is known');
    return link;
  }

  /** The main chain from block #1 up. */
  main(): Link[] {
    const links: Link[] = [];
    for (let link: Link | null = this.#tip; link?.block; link = link.parent) links.unshift(link);
    return links;
  }

  /** Mines `transactions` as an honest miner does, takes the block in and hands it out. All of them must fit. */
  mine(...transactions: Transaction[]): Block {
    return this.mineOn(this.#tip.hash, ...transactions);
  }

  /** Like {@link mine}, on top of another block than the tip. */
  mineOn(parent: string, ...transactions: Transaction[]): Block {
    this.now += 1_000;
    const plan = buildBlock(transactions, toHex(this.miner.publicKey), this.context(this.link(parent)));
    assert(plan !== null, 'there is something to mine');
    assert(plan.transactions.length === transactions.length, 'every transaction holds');
    const block = sealBlock(withWork(plan.header), plan.transactions, this.miner.secretKey);
    const answer = this.offer(block);
    assert(answer === 'OK', `what an honest miner made is valid: ${answer}`);
    return block;
  }

  /** Mines of `candidates` what holds in their order; null where there is nothing to mine. */
  mineWhatHolds(candidates: readonly Transaction[]): Block | null {
    this.now += 1_000;
    const plan = buildBlock(candidates, toHex(this.miner.publicKey), this.context());
    if (plan === null) return null;
    const block = sealBlock(withWork(plan.header), plan.transactions, this.miner.secretKey);
    const answer = this.offer(block);
    assert(answer === 'OK', `what an honest miner made is valid: ${answer}`);
    return block;
  }

  /** A well-mined block with whatever it is told, right in everything else; not taken in. */
  forge(forgery: Forgery = {}): Block {
    const { transactions = [], on = this.#tip.hash, miner = this.miner } = forgery;
    const parent = this.link(on);
    const { genesis } = this.world;
    const context = this.context(parent);
    const rewards = forgery.rewards ?? payableRewards(parent.state, genesis);
    const height = parent.header.height + 1;
    // Where the transactions do not hold there is no digest that would be right.
    const { onCheck: _, ...quiet } = context;
    const effect = completed(applyBlock(transactions, payableRewards(parent.state, genesis), height, quiet));
    const changes = effect.ok ? effect.value.changes : [];
    const header: Header = {
      rules: genesis.rules,
      network: genesis.hash,
      height,
      parent: parent.hash,
      time: nextTime(context.medianTimes, this.now),
      miner: toHex(miner.publicKey),
      transactionsRoot: transactionsRoot(rewards, transactions, genesis.hash),
      stateDigest: nextDigest(parent.header.stateDigest, changes),
      difficulty: genesis.difficulty,
      nonce: '00'.repeat(8),
      ...forgery.header,
    };
    const nonced = forgery.isMined === false ? withoutWork(header) : withWork(header);
    return sealBlock(nonced, transactions, (forgery.signedBy ?? miner).secretKey);
  }

  /** Takes a block in as if it came from a peer, from its bytes on. */
  offer(block: Block | Uint8Array): 'OK' | RejectionCode {
    const decoded = decodeBlock(block instanceof Uint8Array ? block : block.bytes);
    if (!decoded.ok) return this.#refuse(decoded.rejection);
    const { hash, header } = decoded.value;
    if (this.#links.has(hash)) return 'OK';
    const parent = this.#links.get(header.parent);
    if (!parent) return this.#refuse({ code: 'unknown-parent', facts: { parent: header.parent } });
    return this.#check(decoded.value, parent);
  }

  /** Checks a block as if the node had asked for the one after its tip, whatever parent it names. */
  offerAfterTip(block: Block): 'OK' | RejectionCode {
    const decoded = decodeBlock(block.bytes);
    return decoded.ok ? this.#check(decoded.value, this.#tip) : this.#refuse(decoded.rejection);
  }

  /** The verdict of the mempool's check on a transaction, from its bytes on; nothing changes. */
  try(transaction: Transaction | Uint8Array, state: StateView = this.state): 'OK' | RejectionCode {
    const decoded = decodeTransaction(transaction instanceof Uint8Array ? transaction : transaction.bytes);
    if (!decoded.ok) return this.#refuse(decoded.rejection);
    const rejection = checkTransaction(decoded.value, state, { genesis: this.world.genesis, onCheck: this.onCheck });
    return rejection ? this.#refuse(rejection) : 'OK';
  }

  /** Every balance at the tip, by username; SYSTEM_BANK_001 under `SYSTEM`. */
  balances(): Record<string, number> {
    const usernames = [...this.world.genesis.members.map((member) => member.username), 'SYSTEM'];
    return Object.fromEntries(usernames.map((username) => [username, this.balance(username)]));
  }

  balance(username: string): number {
    return readBalance(this.state, this.world.id(username));
  }

  /** The amounts that are owed at the tip, in the order in which they will be paid. */
  due(): number[] {
    return dueRewards(this.state, this.world.genesis, Number.MAX_SAFE_INTEGER).map((reward) => reward.amount);
  }

  /** What the rules are told about the block after `parent`. */
  context(parent: Link = this.#tip): BlockContext {
    const medianTimes: number[] = [];
    for (let link: Link | null = parent; link && medianTimes.length < limits.medianHeaders; link = link.parent) {
      medianTimes.push(link.header.time);
    }
    const { genesis } = this.world;
    return { genesis, parent, medianTimes, now: this.now, state: parent.state, verify, onCheck: this.onCheck };
  }

  #check(block: Block, parent: Link): 'OK' | RejectionCode {
    const verdict = checkBlock(block, this.context(parent));
    if (!verdict.ok) return this.#refuse(verdict.rejection);
    const { changes, rewards, patients } = verdict.value;
    const { hash, header } = block;
    const work = parent.work + header.difficulty;
    const state = stateOf(changes, parent.state);
    const link: Link = { hash, header, block, parent, work, state, changes, rewards, patients };
    this.#links.set(hash, link);
    if (wins(link, this.#tip)) this.#tip = link;
    return 'OK';
  }

  #refuse({ code, facts }: { code: RejectionCode; facts: RejectionFacts }): RejectionCode {
    this.facts = facts;
    return code;
  }
}

/** The header with the first nonce that has the work its difficulty asks for. */
export function withWork(header: Header): Header {
  const found = searchNonce({ ...nonceFrame(header), start: 0n, attempts: 10_000_000 });
  assert(found, 'a test difficulty is small enough to mine at');
  return { ...header, nonce: toHex(found.nonce) };
}

/** The header with the first nonce that has not: one hash in `difficulty` would have by chance. */
export function withoutWork(header: Header): Header {
  assert(header.difficulty > 1, 'at a difficulty of one every hash will do');
  const target = workTarget(header.difficulty);
  for (let count = 0; ; count++) {
    const idle = { ...header, nonce: count.toString(16).padStart(16, '0') };
    if (!meetsTarget(sha256(hashedBytes(idle)), target)) return idle;
  }
}

/** Checks a signature once for the same bytes, as a node does: histories are replayed many times. */
function verify(transaction: Transaction, signingKey: string): boolean {
  const question = signingKey + toHex(transaction.bytes);
  return once(knownVerdicts, question, () => verifyTransaction(transaction, signingKey));
}

function stateOf(changes: readonly StateChange[], below: StateView): Draft {
  const draft = new Draft(below);
  applyChanges(changes, draft);
  return draft;
}

interface Writable {
  set(key: string, value: NonNullable<StateChange['after']>): unknown;
  delete(key: string): unknown;
}

/** Writes what a block changes into a draft, or into a map that stands for a disk. */
export function applyChanges(changes: readonly StateChange[], state: Writable): void {
  for (const { key, after } of changes) {
    if (after === null) state.delete(key);
    else state.set(key, after);
  }
}

/** Undoes what {@link applyChanges} wrote. */
export function undoChanges(changes: readonly StateChange[], state: Writable): void {
  for (const { key, before } of changes) {
    if (before === null) state.delete(key);
    else state.set(key, before);
  }
}
