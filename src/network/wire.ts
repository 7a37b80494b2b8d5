/**
 * The messages of the network and their bytes: deterministic DAG-CBOR, strict about every field.
 *
 *   status        asked with the asker's own status, so that one exchange tells both sides
 *   headers       { locator }            → { headers: [ bytes ] }
 *   blocks        { hashes }             → { blocks: [ bytes ] }
 *   transactions  { from }               → { ids }
 *                 { ids }                → { transactions: [ bytes ] }
 *   gossip        { transactions: [ bytes ] }, or the bytes of a block as they are
 *
 * Hashes travel end to end in one byte string, 32 bytes each. Every decoder looks at the length before anything else, and
 * answers with a value or throws {@link CarechainError} `malformed-message`, never anything else.
 */
import { z } from 'zod';
import {
  boundedList,
  CarechainError,
  decode,
  encode,
  fromHex,
  limits,
  NotCanonical,
  strictMap,
  toHex,
} from '../base/index.ts';
import { networkLimits } from './network-limits.ts';

const hashBytes = 32;
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const hashes = (most: number) =>
  z
    .custom<Uint8Array>((value) => value instanceof Uint8Array && value.length % hashBytes === 0)
    .refine((value) => value.length <= most * hashBytes);

const locatorSchema = strictMap({ locator: hashes(limits.locatorHashes) });
const headersSchema = strictMap({ headers: boundedList(bytes, 0, limits.headersPerRequest) });
const hashesSchema = strictMap({ hashes: hashes(limits.blocksPerRequest) });
const blocksSchema = strictMap({ blocks: boundedList(bytes, 0, limits.blocksPerRequest) });
const idsSchema = strictMap({ ids: hashes(limits.pendingIdsPerPage) });
const wantedSchema = z.union([
  strictMap({ from: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER) }),
  strictMap({ ids: hashes(networkLimits.transactionsPerRequest) }),
]);
const fetchedSchema = strictMap({ transactions: boundedList(bytes, 0, networkLimits.transactionsPerRequest) });
const batchSchema = strictMap({ transactions: boundedList(bytes, 1, limits.transactionsPerMessage) });

const framingBytes = 64;
const partsBytes = (count: number, partBytes: number) =>
  framingBytes + count * (partBytes + networkLimits.framingBytesPerPart);

/** The longest that each message may be. */
export const wireBytes = {
  locator: framingBytes + limits.locatorHashes * hashBytes,
  headers: partsBytes(limits.headersPerRequest, 1_024),
  hashes: framingBytes + limits.blocksPerRequest * hashBytes,
  /** An answer stops early at `limits.responseBytes`, but never before its first block. */
  blocks: partsBytes(limits.blocksPerRequest, 0) + limits.responseBytes,
  wanted: framingBytes + networkLimits.transactionsPerRequest * hashBytes,
  ids: framingBytes + limits.pendingIdsPerPage * hashBytes,
  transactions: partsBytes(networkLimits.transactionsPerRequest, limits.transactionBytes),
  batch: networkLimits.gossipBytes,
  block: limits.blockBytes + limits.blockFramingBytes,
} as const;

export const encodeLocator = (locator: readonly string[]) => encode({ locator: pack(locator) });
export const encodeHeaders = (headers: readonly Uint8Array[]) => encode({ headers });
export const encodeHashes = (wanted: readonly string[]) => encode({ hashes: pack(wanted) });
export const encodeBlocks = (blocks: readonly Uint8Array[]) => encode({ blocks });
export const encodeIds = (ids: readonly string[]) => encode({ ids: pack(ids) });
/** The pending ids but the first so many, where it is a number; else the transactions of these ids. */
export const encodeWanted = (wanted: readonly string[] | number) =>
  encode(typeof wanted === 'number' ? { from: wanted } : { ids: pack(wanted) });
/** An answer of pending transactions, and a gossip message of them. */
export const encodeTransactions = (transactions: readonly Uint8Array[]) => encode({ transactions });

export const decodeLocator = (message: Uint8Array) => unpack(open(message, wireBytes.locator, locatorSchema).locator);
export const decodeHeaders = (message: Uint8Array) => copy(open(message, wireBytes.headers, headersSchema).headers);
export const decodeHashes = (message: Uint8Array) => unpack(open(message, wireBytes.hashes, hashesSchema).hashes);
export const decodeBlocks = (message: Uint8Array) => copy(open(message, wireBytes.blocks, blocksSchema).blocks);
export const decodeIds = (message: Uint8Array) => unpack(open(message, wireBytes.ids, idsSchema).ids);
export function decodeWanted(message: Uint8Array): string[] | number {
  const wanted = open(message, wireBytes.wanted, wantedSchema);
  return 'ids' in wanted ? unpack(wanted.ids) : wanted.from;
}
export const decodeFetched = (message: Uint8Array) =>
  copy(open(message, wireBytes.transactions, fetchedSchema).transactions);
export const decodeBatch = (message: Uint8Array) => copy(open(message, wireBytes.batch, batchSchema).transactions);

/** @throws CarechainError `malformed-message` where the bytes are too many, not canonical, or not of the schema. */
export function open<Schema extends z.ZodType>(message: Uint8Array, most: number, schema: Schema): z.output<Schema> {
  if (message.length > most) throw malformed('it is too long');
  let value: unknown;
  try {
    value = decode(message);
  } catch (error) {
    if (error instanceof NotCanonical) throw malformed('it is not canonical DAG-CBOR', error);
    // A bug of ours: no peer is to blame for it.
    throw error;
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw malformed('its fields are not those of the message');
  return parsed.data;
}

function malformed(reason: string, cause?: unknown): CarechainError {
  return new CarechainError('malformed-message', `A peer sent a message that cannot be read: ${reason}.`, {}, cause);
}

function pack(list: readonly string[]): Uint8Array {
  return fromHex(list.join(''));
}

function unpack(packed: Uint8Array): string[] {
  const hex = toHex(packed);
  return Array.from({ length: packed.length / hashBytes }, (_, index) =>
    hex.slice(index * hashBytes * 2, (index + 1) * hashBytes * 2),
  );
}

/** A part may be a window on the whole message, which must not stay in memory because the part does. */
function copy(parts: readonly Uint8Array[]): Uint8Array[] {
  return parts.map((part) => new Uint8Array(part));
}
