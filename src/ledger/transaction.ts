/**
 * Transactions and their bytes.
 *
 *   transaction = DAG-CBOR [ body, signature ]           body = a map, signature = 64 bytes
 *   id          = SHA-256("carechain/transaction/1" ‖ DAG-CBOR body)
 *   signature   = Ed25519 of "carechain/transaction/1" ‖ DAG-CBOR body
 *
 * In the encoding of such a pair the body is all between the first byte (0x82) and the last 66 (0x58 0x40 and the
 * signature), so bytes that came from outside are never encoded again to be hashed.
 */
import {
  concatBytes,
  encode,
  equalBytes,
  type Fields,
  limits,
  mapOf,
  oneOf,
  toHex,
  utf8ToBytes,
  type ValueOf,
  wordOf,
} from '../base/index.ts';
import { leafHash, sign, taggedHashHex } from '../crypto/index.ts';
import { hash, nonce16, type Sealed, time, tryRead } from './fields.ts';
import { type Kind, type KindName, kinds } from './kinds/index.ts';
import { accept, refuse, type Verdict } from './rejection.ts';
import type { StateView } from './state.ts';

const tag = 'carechain/transaction/1';
const tagBytes = utf8ToBytes(tag);

const common = {
  /** Hash of the genesis. */
  network: hash,
  /** Member id of the author. */
  author: hash,
  /** When the author says it was made: shown beside the block's time, used in no rule. Milliseconds since 1970 UTC. */
  time,
  nonce: nonce16,
};

function shapeOf<Name extends string, Own extends Fields>({ name, fields }: Kind<Name, Own>) {
  return mapOf({ ...common, kind: wordOf(name), ...fields });
}

const bodyShape = oneOf('kind', {
  PATIENT_REGISTRATION: shapeOf(kinds.PATIENT_REGISTRATION),
  DOCTOR_CONSULTATION: shapeOf(kinds.DOCTOR_CONSULTATION),
  LAB_TEST_RESULT: shapeOf(kinds.LAB_TEST_RESULT),
  PRESCRIPTION: shapeOf(kinds.PRESCRIPTION),
  PRESCRIPTION_FILLED: shapeOf(kinds.PRESCRIPTION_FILLED),
  PRESCRIPTION_CANCELLATION: shapeOf(kinds.PRESCRIPTION_CANCELLATION),
  TRANSFER_ECASH: shapeOf(kinds.TRANSFER_ECASH),
});

export type TransactionBody = ValueOf<typeof bodyShape>;
export type BodyOf<Name extends KindName> = Extract<TransactionBody, { kind: Name }>;

type WithoutCommon<Body> = Body extends unknown ? Omit<Body, 'network' | 'author' | 'time' | 'nonce'> : never;
/** A kind and its own fields: what an action fills in. */
export type TransactionFields = WithoutCommon<TransactionBody>;

export interface Transaction {
  readonly id: string;
  readonly body: TransactionBody;
  readonly signature: Uint8Array;
  /** The one encoding, body and signature. */
  readonly bytes: Uint8Array;
}

/** The bytes that the id hashes and the signature covers: tag and body. */
export function signedBytes(transaction: Transaction): Uint8Array {
  return concatBytes(tagBytes, bodyBytes(transaction));
}

/** The leaf of a transaction in its block's tree: SHA-256(0x00 ‖ body ‖ signature). */
export function transactionLeaf(transaction: Transaction): Uint8Array {
  return leafOf(transaction).bytes;
}

/** {@link transactionLeaf} in lower-case hex: what tells apart all that has one id, since it covers the signature too. */
export function transactionLeafHex(transaction: Transaction): string {
  return leafOf(transaction).hex;
}

interface Leaf {
  readonly bytes: Uint8Array;
  readonly hex: string;
}

/** Made once: a node asks when a transaction comes, and again when a block has it. */
const leaves = new WeakMap<Transaction, Leaf>();

function leafOf(transaction: Transaction): Leaf {
  const made = leaves.get(transaction);
  if (made) return made;
  const bytes = leafHash(bodyBytes(transaction), transaction.signature);
  const leaf = { bytes, hex: toHex(bytes) };
  leaves.set(transaction, leaf);
  return leaf;
}

/** What a node holds already, by its id. */
export type KnownTransactions = (id: string) => Transaction | undefined;

/** @param known where it holds a transaction of these very bytes, that one is the answer, and nothing is decoded again. */
export function decodeTransaction(bytes: Uint8Array, known?: KnownTransactions): Verdict<Transaction> {
  if (bytes.length > limits.transactionBytes) return refuse('transaction-too-large', { bytes: bytes.length });
  const id = idOf(bytes);
  const same = known?.(id);
  if (same && equalBytes(same.bytes, bytes)) return accept(same);
  const bodyEnd = bytes.length - 66;
  if (bytes[0] !== 0x82 || bytes[bodyEnd] !== 0x58 || bytes[bodyEnd + 1] !== 0x40)
    return refuse('malformed-transaction', { reason: 'not a body and a signature of 64 bytes' });
  const body = tryRead(bodyShape, bytes.subarray(1, bodyEnd), 'body');
  if (!body.ok) return refuse('malformed-transaction', { reason: body.reason });
  return accept({ id, body: body.value, signature: bytes.subarray(bodyEnd + 2), bytes });
}

export interface Authorship {
  readonly network: string;
  readonly author: string;
  readonly time: number;
  /** Sixteen random bytes in hex. */
  readonly nonce: string;
  /** Ed25519 seed of the author. */
  readonly secretKey: Uint8Array;
}

/** @throws Misfit where a field is not of its type: the caller has checked its input. */
export function signTransaction(fields: TransactionFields, { secretKey, ...common }: Authorship): Transaction {
  const body = { ...common, ...fields } as TransactionBody;
  const encoded = encodeBody(body);
  const signature = sign(concatBytes(tagBytes, encoded), secretKey);
  const bytes = encodePair(encoded, signature);
  return { id: idOf(bytes), body, signature, bytes };
}

/** The one encoding of a body and a signature of 64 bytes, whether or not they belong together. */
export function encodeTransaction(body: TransactionBody, signature: Uint8Array): Uint8Array {
  return encodePair(encodeBody(body), signature);
}

function encodeBody(body: TransactionBody): Uint8Array {
  return encode(bodyShape.write(body));
}

function encodePair(encodedBody: Uint8Array, signature: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(0x82), encodedBody, Uint8Array.of(0x58, 0x40), signature);
}

/** Of bytes that are a transaction; of any others it is the id of none. */
function idOf(bytes: Uint8Array): string {
  return taggedHashHex(tag, bytes.subarray(1, Math.max(1, bytes.length - 66)));
}

function bodyBytes({ bytes }: Transaction): Uint8Array {
  return bytes.subarray(1, bytes.length - 66);
}

// What follows asks the kind of a transaction. The compiler cannot see that body and kind belong together.
type AnyKind = {
  patientOf(body: unknown, state: StateView): string | null | undefined;
  references(body: unknown): readonly string[];
  recordsOf(body: unknown): Readonly<Record<string, Sealed>>;
};
const kindOf = (body: TransactionBody) => kinds[body.kind] as unknown as AnyKind;

/** The patient whose history it belongs to; null where it has none, undefined where its reference is not known to `state`. */
export const patientOf = (body: TransactionBody, state: StateView) => kindOf(body).patientOf(body, state);
/** Ids of the transactions that must come before it. */
export const referencesOf = (body: TransactionBody) => kindOf(body).references(body);
/** Its sealed records, by slot. */
export const recordsOf = (body: TransactionBody) => kindOf(body).recordsOf(body);
