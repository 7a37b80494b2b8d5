/**
 * A second client for the ledger, written from docs/PROTOCOL.md alone: it shares no code with src, and knows only
 * node:crypto and DAG-CBOR. It reads a genesis file and the bytes of blocks, checks them and keeps the state. Numbers in
 * comments are sections of that page.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import * as dagCbor from '@ipld/dag-cbor';

export type Value = null | number | string | Uint8Array | Value[] | { [field: string]: Value };
type Fields = { [field: string]: Value };
type Body = Fields & { kind: string; author: Uint8Array; records: Fields };

export interface Genesis extends Fields {
  time: number;
  members: (Fields & { username: string; role: string; signingKey: string })[];
  miners: string | string[];
  supply: number;
  rewards: { order: number; fill: number };
  difficulty: number;
  limits: { blockBytes: number; transactionBytes: number; rewardsPerBlock: number };
}

export class Refusal extends Error {}

function insist(holds: unknown, code: string): asserts holds {
  if (!holds) throw new Refusal(code);
}

// 1. Bytes.

export const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
export const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
export const join = (...parts: (Uint8Array | string)[]) =>
  Uint8Array.from(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))));
/** A copy, so that it is no Buffer. */
export const encode = (value: Value): Uint8Array => Uint8Array.from(dagCbor.encode(value));

export function decode(bytes: Uint8Array): Value {
  const value = dagCbor.decode<Value>(bytes);
  insist(Buffer.compare(dagCbor.encode(value), bytes) === 0, 'not canonical');
  return value;
}

// 2. Hashes, with a tag and without.

export const sha256 = (...parts: (Uint8Array | string)[]) =>
  Uint8Array.from(
    createHash('sha256')
      .update(join(...parts))
      .digest(),
  );
const uuidOf = (bytes: Uint8Array) => hexOf(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

// 3. Signatures.

const smallOrders = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(littleEndian);

function littleEndian(hex: string): bigint {
  return BigInt(`0x${Buffer.from(hex, 'hex').reverse().toString('hex')}`);
}

function isSoundPoint(bytes: Uint8Array): boolean {
  const y = littleEndian(hexOf(bytes)) & (2n ** 255n - 1n);
  return y < 2n ** 255n - 19n && !smallOrders.includes(y);
}

export function holds(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.length !== 32 || signature.length !== 64) return false;
  if (!isSoundPoint(key) || !isSoundPoint(signature.subarray(0, 32))) return false;
  const x = Buffer.from(key).toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message, publicKey, signature);
}

// 4. Genesis.

export const genesisHashOf = (genesis: Genesis) => sha256('carechain/genesis/1', encode(genesis));
/** The exclusive or of hashes, as a status tells it of what is pending. */
export function sumOfIds(ids: readonly string[]): string {
  const sum = ids.reduce((total, id) => total ^ BigInt(`0x${id}`), 0n);
  return sum.toString(16).padStart(64, '0');
}

export const memberIdOf = (signingKey: string) => hexOf(sha256('carechain/member/1', bytesOf(signingKey)));
export const systemAccount = hexOf(sha256('carechain/system/1', 'SYSTEM_BANK_001'));

// 7. The tree: split at the largest power of two below the number of leaves, as RFC 6962 says it.

export function rootOf(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Uint8Array.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

interface Header extends Fields {
  rules: number;
  network: Uint8Array;
  height: number;
  parent: Uint8Array;
  time: number;
  miner: Uint8Array;
  transactionsRoot: Uint8Array;
  stateDigest: Uint8Array;
  difficulty: number;
  nonce: Uint8Array;
}

export interface Entry {
  id: string;
  leaf: Uint8Array;
}

/** What a line of an export says of a block; 15. */
export interface ExportedBlock {
  rules: number;
  height: number;
  difficulty: number;
  time: string;
  network: string;
  parentHash: string;
  miner: string;
  transactionsRoot: string;
  stateDigest: string;
  nonce: string;
  signature: string;
  transactions: { bytes: string }[];
}

export function rebuiltFrom(line: ExportedBlock): Uint8Array {
  const header: Header = {
    rules: line.rules,
    network: bytesOf(line.network),
    height: line.height,
    parent: bytesOf(line.parentHash),
    time: Date.parse(line.time),
    miner: bytesOf(line.miner),
    transactionsRoot: bytesOf(line.transactionsRoot),
    stateDigest: bytesOf(line.stateDigest),
    difficulty: line.difficulty,
    nonce: bytesOf(line.nonce),
  };
  const transactions = line.transactions.map(({ bytes }) => bytesOf(bytes));
  return encode({ header, signature: bytesOf(line.signature), transactions });
}

interface DecodedTransaction extends Entry {
  body: Body;
  bodyBytes: Uint8Array;
  signature: Uint8Array;
}

interface DueReward {
  n: number;
  rule: string;
  cause: string;
  to: string;
  amount: number;
}

/** The chain from the genesis on, one branch of it. */
export class SecondClient {
  readonly genesis: Genesis;
  readonly network: Uint8Array;
  readonly state = new Map<string, Value>();
  digest: Uint8Array;
  hash: Uint8Array;
  height = 0;
  work = 0;
  readonly #times: number[];
  #before = new Map<string, Value | undefined>();

  constructor(genesis: Genesis) {
    this.genesis = genesis;
    this.network = genesisHashOf(genesis);
    this.hash = this.network;
    this.#times = [genesis.time];
    this.#set(`balance/${systemAccount}`, genesis.supply);
    for (const member of genesis.members) {
      const id = memberIdOf(member.signingKey);
      this.#set(`member/${id}`, { id, ...member });
      this.#set(`balance/${id}`, 0);
    }
    this.digest = this.#closeDigest(new Uint8Array(32));
  }

  balance(account: string): number {
    return (this.state.get(`balance/${account}`) ?? 0) as number;
  }

  /** 9. Takes the block after the tip; says what is in it: rewards, then transactions. Throws the code where it may not. */
  take(bytes: Uint8Array, now: number): { hash: string; rewards: Entry[]; transactions: Entry[] } {
    insist(bytes.length <= 1_048_576, 'block-too-large');
    const {
      header,
      signature,
      transactions: wire,
    } = decode(bytes) as {
      header: Header;
      signature: Uint8Array;
      transactions: Uint8Array[];
    };
    const { genesis } = this;
    const hash = sha256('carechain/block/1', encode(header));
    insist(header.rules === 1, 'unknown-rules');
    insist(hexOf(header.network) === hexOf(this.network), 'wrong-network');
    insist(hexOf(header.parent) === hexOf(this.hash), 'wrong-parent');
    insist(header.height === this.height + 1, 'wrong-height');
    insist(header.difficulty === genesis.difficulty, 'wrong-difficulty');
    insist(BigInt(`0x${hexOf(hash)}`) <= (2n ** 256n - 1n) / BigInt(header.difficulty), 'not-enough-work');
    insist(genesis.miners === 'open' || genesis.miners.includes(hexOf(header.miner)), 'miner-not-allowed');
    insist(holds(header.miner, join('carechain/block/1', hash), signature), 'bad-miner-signature');
    const sorted = this.#times.slice(-11).sort((left, right) => left - right);
    insist(header.time > sorted[Math.floor(sorted.length / 2)]!, 'time-not-after-median');
    insist(header.time <= now + 15_000, 'block-from-the-future');
    insist(wire.reduce((sum, each) => sum + each.length, 0) <= genesis.limits.blockBytes, 'block-too-large');

    const due = this.#payable();
    const rewards = due.map((reward) => this.#rewardEntry(reward));
    const decoded = wire.map((each) => this.#decodeTransaction(each));
    insist(due.length + decoded.length > 0, 'empty-block');
    const root = rootOf([...rewards, ...decoded].map(({ leaf }) => leaf));
    insist(hexOf(root) === hexOf(header.transactionsRoot), 'wrong-transactions-root');

    this.#before = new Map();
    this.#pay(due);
    for (const [index, { id }] of rewards.entries()) this.#confirm(id, header.height, index);
    for (const [index, transaction] of decoded.entries()) {
      this.#apply(transaction);
      this.#confirm(transaction.id, header.height, rewards.length + index);
    }
    const digest = this.#closeDigest(this.digest);
    insist(hexOf(digest) === hexOf(header.stateDigest), 'wrong-state-digest');
    Object.assign(this, { digest, hash, height: header.height, work: this.work + header.difficulty });
    this.#times.push(header.time);
    return { hash: hexOf(hash), rewards, transactions: decoded };
  }

  // 5. Transactions.

  #decodeTransaction(bytes: Uint8Array): DecodedTransaction {
    insist(bytes.length <= this.genesis.limits.transactionBytes, 'transaction-too-large');
    const [body, signature] = decode(bytes) as [Body, Uint8Array];
    const bodyBytes = bytes.subarray(1, bytes.length - 66);
    insist(hexOf(encode(body)) === hexOf(bodyBytes), 'malformed-transaction');
    const id = hexOf(sha256('carechain/transaction/1', bodyBytes));
    return { id, body, bodyBytes, signature, leaf: sha256(Uint8Array.of(0), bodyBytes, signature) };
  }

  #apply({ id, body, bodyBytes, signature }: DecodedTransaction): void {
    const author = hexOf(body.author);
    insist(hexOf(body.network as Uint8Array) === hexOf(this.network), 'wrong-network');
    insist(author !== systemAccount, 'forged-system-transfer');
    const member = this.state.get(`member/${author}`) as { role: string; signingKey: string } | undefined;
    insist(member, 'unknown-author');
    insist(holds(bytesOf(member.signingKey), join('carechain/transaction/1', bodyBytes), signature), 'bad-signature');
    insist(body.kind === 'TRANSFER_ECASH' || authors[body.kind] === member.role, 'wrong-role');
    insist(!this.state.has(`transaction/${id}`), 'already-in-chain');
    for (const record of Object.values(body.records)) if (record !== null) this.#checkReaders(record as Fields, author);
    this.#applyKind(id, body, author);
  }

  #checkReaders({ readers }: Fields, author: string): void {
    const ids = (readers as Uint8Array[]).map(hexOf);
    insist(ids.includes(author) && ids.every((id) => this.state.has(`member/${id}`)), 'bad-readers');
    insist(
      ids.every((id, index) => index === 0 || ids[index - 1]! < id),
      'bad-readers',
    );
  }

  #applyKind(id: string, body: Body, author: string): void {
    if (body.kind === 'TRANSFER_ECASH') this.#transfer(body, author);
    else if (body.kind === 'LAB_TEST_RESULT') this.#answer(id, hexOf(body.order as Uint8Array));
    else if (body.prescription instanceof Uint8Array) this.#close(id, body, author, hexOf(body.prescription));
    else this.#care(id, body, author, uuidOf(body.patient as Uint8Array));
  }

  #care(id: string, { kind, records }: Body, author: string, patient: string): void {
    const isRegistered = this.state.has(`patient/${patient}`);
    insist(kind !== 'PATIENT_REGISTRATION' || !isRegistered, 'patient-already-registered');
    insist(kind === 'PATIENT_REGISTRATION' || isRegistered, 'unknown-patient');
    if (kind === 'PATIENT_REGISTRATION') this.#set(`patient/${patient}`, { registration: id, registeredBy: author });
    else if (kind === 'PRESCRIPTION')
      this.#set(`prescription/${id}`, { patient, prescriber: author, status: 'open', closedBy: null });
    else if (records.order !== null) this.#set(`order/${id}`, { patient, doctor: author, answer: null });
  }

  #answer(id: string, orderId: string): void {
    const order = this.state.get(`order/${orderId}`) as Fields | undefined;
    insist(order, 'unknown-order');
    insist(order.answer === null, 'order-already-answered');
    this.#set(`order/${orderId}`, { ...order, answer: id });
    this.#owe('order-reward', id, order.doctor as string);
  }

  #close(id: string, { kind }: Body, author: string, prescriptionId: string): void {
    const found = this.state.get(`prescription/${prescriptionId}`) as Fields | undefined;
    const isFill = kind === 'PRESCRIPTION_FILLED';
    insist(isFill || !found || found.prescriber === author, 'not-the-prescriber');
    insist(found, 'unknown-prescription');
    insist(found.status !== 'filled', 'prescription-already-filled');
    insist(found.status === 'open', 'prescription-cancelled');
    this.#set(`prescription/${prescriptionId}`, { ...found, status: isFill ? 'filled' : 'cancelled', closedBy: id });
    if (isFill) this.#owe('fill-reward', id, found.prescriber as string);
  }

  #transfer({ to, amount }: Body, author: string): void {
    const recipient = hexOf(to as Uint8Array);
    insist(recipient !== author, 'transfer-to-self');
    insist(recipient === systemAccount || this.state.has(`member/${recipient}`), 'unknown-recipient');
    insist((amount as number) <= this.balance(author), 'spends-more-than-balance');
    this.#move(author, recipient, amount as number);
  }

  // 6. Rewards.

  #owe(rule: string, cause: string, to: string): void {
    const { head, tail } = this.#queue();
    this.#set(`due/${tail}`, { rule, cause, to });
    this.#set('due', { head, tail: tail + 1 });
  }

  #queue(): { head: number; tail: number } {
    return (this.state.get('due') as { head: number; tail: number } | undefined) ?? { head: 0, tail: 0 };
  }

  #payable(): DueReward[] {
    const { head, tail } = this.#queue();
    const { order, fill } = this.genesis.rewards;
    const payable: DueReward[] = [];
    let left = this.balance(systemAccount);
    for (let n = head; n < tail && payable.length < this.genesis.limits.rewardsPerBlock; n++) {
      const { rule, cause, to } = this.state.get(`due/${n}`) as { rule: string; cause: string; to: string };
      const amount = rule === 'order-reward' ? order : fill;
      if (amount > left) break;
      left -= amount;
      payable.push({ n, rule, cause, to, amount });
    }
    return payable;
  }

  #rewardEntry({ rule, cause, to, amount }: DueReward): Entry {
    const encoded = encode({
      network: this.network,
      kind: 'TRANSFER_ECASH',
      rule,
      cause: bytesOf(cause),
      from: bytesOf(systemAccount),
      to: bytesOf(to),
      amount,
    });
    return { id: hexOf(sha256('carechain/reward/1', encoded)), leaf: sha256(Uint8Array.of(0), encoded) };
  }

  #pay(rewards: DueReward[]): void {
    if (rewards.length === 0) return;
    const { head, tail } = this.#queue();
    for (const { n, to, amount } of rewards) {
      this.#move(systemAccount, to, amount);
      this.#set(`due/${n}`, undefined);
    }
    this.#set('due', { head: head + rewards.length, tail });
  }

  // 8. State.

  #move(from: string, to: string, amount: number): void {
    this.#set(`balance/${from}`, this.balance(from) - amount);
    this.#set(`balance/${to}`, this.balance(to) + amount);
  }

  #confirm(id: string, height: number, position: number): void {
    this.#set(`transaction/${id}`, { height, position });
  }

  #set(key: string, value: Value | undefined): void {
    if (!this.#before.has(key)) this.#before.set(key, this.state.get(key));
    if (value === undefined) this.state.delete(key);
    else this.state.set(key, value);
  }

  /** The digest of what was set since the last one. */
  #closeDigest(parent: Uint8Array): Uint8Array {
    const pairs = [...this.#before]
      .filter(([key]) => !key.startsWith('transaction/'))
      .map(([key, before]): [string, Value, Value] => [key, before ?? null, this.state.get(key) ?? null])
      .filter(([, before, after]) => hexOf(encode(before)) !== hexOf(encode(after)))
      .sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    return sha256(parent, encode(pairs.map(([key, , after]) => [key, after])));
  }
}

const authors: Readonly<Record<string, string>> = {
  PATIENT_REGISTRATION: 'doctor',
  DOCTOR_CONSULTATION: 'doctor',
  LAB_TEST_RESULT: 'lab',
  PRESCRIPTION: 'doctor',
  PRESCRIPTION_FILLED: 'pharmacy',
  PRESCRIPTION_CANCELLATION: 'doctor',
};
