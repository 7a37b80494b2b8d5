/**
 * Blocks and their bytes.
 *
 *   block = DAG-CBOR { header: map, signature: 64 bytes, transactions: [ bytes of a transaction, … ] }
 *   hash  = SHA-256("carechain/block/1" ‖ DAG-CBOR header)
 *   the miner signs "carechain/block/1" ‖ hash
 *
 * Neither the hash nor the proof of work covers the miner's signature, and only the root in the header covers the body:
 * a bent signature, or a body that does not match, condemns the delivery and never the hash.
 */
import {
  byteString,
  concatBytes,
  type Encodable,
  encode,
  fromHex,
  integerFrom,
  limits,
  listOf,
  mapOf,
  type Shape,
  toHex,
  utf8ToBytes,
  type ValueOf,
} from '../base/index.ts';
import { meetsTarget, merkleRoot, sign, taggedHashHex, verifyStrict, workTarget } from '../crypto/index.ts';
import { hash, nonce8, time, tryRead } from './fields.ts';
import { accept, refuse, type Verdict } from './rejection.ts';
import { type Reward, rewardLeaf } from './rewards.ts';
import { decodeTransaction, type Transaction, transactionLeaf } from './transaction.ts';

const tag = 'carechain/block/1';
const tagBytes = utf8ToBytes(tag);

const headerShape = mapOf({
  /** Version of the rules that the block follows. */
  rules: integerFrom(1),
  network: hash,
  height: integerFrom(1),
  /** Hash of the block before it; of the genesis for block #1. */
  parent: hash,
  /** Milliseconds since 1970 UTC, by the miner's clock. */
  time,
  /** Node key of the miner. */
  miner: hash,
  /** RFC 6962 root over the rewards that the block pays, then its transactions. */
  transactionsRoot: hash,
  /** State digest after the block. */
  stateDigest: hash,
  /** Expected number of hashes that the block costs. */
  difficulty: integerFrom(1),
  nonce: nonce8,
});

export type Header = Readonly<ValueOf<typeof headerShape>>;

/** A header with its hash and its miner's signature: all that fork choice and sync need. */
export interface SealedHeader {
  readonly hash: string;
  readonly header: Header;
  readonly signature: Uint8Array;
}

export interface Block extends SealedHeader {
  readonly transactions: readonly Transaction[];
  /** The one encoding of the whole block. */
  readonly bytes: Uint8Array;
}

const sealedHeaderFields = { header: headerShape, signature: byteString(64) };
const sealedHeaderShape = mapOf(sealedHeaderFields);

/** Its transactions are read each by itself: see {@link decodeTransaction}. */
const blockShape = mapOf({ ...sealedHeaderFields, transactions: listOf(byteString(), 0, limits.encodedValues) });

/** A block whose transactions have not been decoded. */
export interface OpenedBlock extends SealedHeader {
  readonly transactionBytes: readonly Uint8Array[];
}

export function openBlock(encoded: Uint8Array): Verdict<OpenedBlock> {
  if (encoded.length > limits.blockBytes + limits.blockFramingBytes)
    return refuse('block-too-large', { bytes: encoded.length });
  const opened = open(encoded, blockShape);
  if (!opened.ok) return opened;
  const { header, signature, transactions } = opened.value;
  return accept({ hash: hashOf(header), header, signature, transactionBytes: transactions });
}

export function decodeBlock(encoded: Uint8Array): Verdict<Block> {
  const opened = openBlock(encoded);
  if (!opened.ok) return opened;
  const transactions: Transaction[] = [];
  for (const [position, wire] of opened.value.transactionBytes.entries()) {
    const transaction = decodeTransaction(wire);
    if (!transaction.ok) return refuse(transaction.rejection.code, { ...transaction.rejection.facts, position });
    transactions.push(transaction.value);
  }
  return accept(closeBlock(opened.value, transactions, encoded));
}

/** @param transactions what `transactionBytes` decode to. @param encoded what was opened. */
export function closeBlock(
  { transactionBytes: _, ...sealed }: OpenedBlock,
  transactions: readonly Transaction[],
  encoded: Uint8Array,
): Block {
  return { ...sealed, transactions, bytes: encoded };
}

export function encodeSealedHeader({ header, signature }: SealedHeader): Uint8Array {
  return encode({ header: wireHeader(header), signature });
}

export function decodeSealedHeader(encoded: Uint8Array): Verdict<SealedHeader> {
  if (encoded.length > limits.sealedHeaderBytes) return refuse('malformed-block', { reason: 'the header is too long' });
  const opened = open(encoded, sealedHeaderShape);
  if (!opened.ok) return opened;
  return accept({ hash: hashOf(opened.value.header), ...opened.value });
}

/** The bytes around the nonce, for a search: hash = SHA-256(prefix ‖ nonce ‖ suffix). */
export function nonceFrame(header: Header): { prefix: Uint8Array; suffix: Uint8Array; target: Uint8Array } {
  const encoded = encode(wireHeader(header));
  // DAG-CBOR sorts keys by length, then by byte: only `time` and `miner`, both this miner's own, stand before the nonce.
  const marker = concatBytes(Uint8Array.of(0x65), utf8ToBytes('nonce'), Uint8Array.of(0x48));
  const start = Buffer.from(encoded).indexOf(marker) + marker.length;
  return {
    prefix: concatBytes(tagBytes, encoded.subarray(0, start)),
    suffix: encoded.slice(start + 8),
    target: workTarget(header.difficulty),
  };
}

/** The exact bytes that a block hash covers. */
export function hashedBytes(header: Header): Uint8Array {
  return concatBytes(tagBytes, encode(wireHeader(header)));
}

/** Signs a header whose nonce was found, and closes the block. */
export function sealBlock(header: Header, transactions: readonly Transaction[], minerSecretKey: Uint8Array): Block {
  const hash = hashOf(header);
  const signature = sign(concatBytes(tagBytes, fromHex(hash)), minerSecretKey);
  const encoded = encode({
    header: wireHeader(header),
    signature,
    transactions: transactions.map((transaction) => transaction.bytes),
  });
  return { hash, header, signature, transactions, bytes: encoded };
}

export function hasEnoughWork({ hash, header }: SealedHeader): boolean {
  return meetsTarget(fromHex(hash), workTarget(header.difficulty));
}

export function isSignedByMiner({ hash, header, signature }: SealedHeader): boolean {
  return verifyStrict(fromHex(header.miner), concatBytes(tagBytes, fromHex(hash)), signature);
}

/** The root over what a block holds: the rewards it pays, then its transactions. */
export function transactionsRoot(
  rewards: readonly Reward[],
  transactions: readonly Transaction[],
  network: string,
): string {
  const leaves = [...rewards.map((reward) => rewardLeaf(reward, network)), ...transactions.map(transactionLeaf)];
  return toHex(merkleRoot(leaves));
}

/** What the transactions of a block weigh, without its rewards and its framing. */
export function bodyWeight(transactions: readonly Transaction[]): number {
  return transactions.reduce((sum, transaction) => sum + transaction.bytes.length, 0);
}

function hashOf(header: Header): string {
  return taggedHashHex(tag, encode(wireHeader(header)));
}

function wireHeader(header: Header): Encodable {
  return headerShape.write(header);
}

function open<Value>(encoded: Uint8Array, shape: Shape<Value>): Verdict<Value> {
  const read = tryRead(shape, encoded, 'block');
  return read.ok ? accept(read.value) : refuse('malformed-block', { reason: read.reason });
}
