/**
 * The field types of the ledger, as two-way codecs: on the wire a hash is a byte string, in memory it is hex, so that ids
 * can be compared, printed and used as keys. What passes a codec is checked; nobody checks again.
 */
import { z } from 'zod';
import {
  boundedList,
  fromHex,
  isCanonicalText,
  isHex,
  isPrintable,
  limits,
  strictMap,
  toHex,
  utf8ToBytes,
} from '../base/index.ts';

function bytesOf(byteLength: number) {
  return z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.length === byteLength,
    `expected ${byteLength} bytes`,
  );
}

/** A byte string of exactly `byteLength` bytes, in memory as lower-case hex. */
function hexOf(byteLength: number) {
  return z.codec(
    bytesOf(byteLength),
    z.string().refine((text) => isHex(text, byteLength), `expected ${byteLength} bytes in lower-case hex`),
    { decode: (bytes) => toHex(bytes), encode: (text) => fromHex(text) },
  );
}

/** A transaction id, block hash, commitment, account, member id or Ed25519 public key. */
export const hash = hexOf(32);
/** Sixteen random bytes that keep two otherwise equal transactions apart. */
export const nonce16 = hexOf(16);
/** The eight bytes that a miner varies. */
export const nonce8 = hexOf(8);

const uuidV4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function isPatientId(text: string): boolean {
  return uuidV4.test(text);
}

/** A patient id: the sixteen bytes of a random UUID (RFC 9562 §5.4), in memory in its text form. */
export const patientId = z.codec(bytesOf(16), z.string().refine(isPatientId, 'expected a UUID of version 4'), {
  decode: (bytes) => toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  encode: (text) => fromHex(text.replaceAll('-', '')),
});

/** An integer from `min` to `max`. DAG-CBOR hands large integers over as bigint: those are refused here. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return z.int().min(min).max(max);
}

/** A claimed time: milliseconds since 1970 UTC that a JavaScript Date can hold. */
export const time = integer(0, 8_640_000_000_000_000);

/** A name of a person, place or network: canonical, printable, and at most {@link limits.nameBytes} long. */
export const name = z
  .string()
  .refine(
    (text) => text.length > 0 && utf8ToBytes(text).length <= limits.nameBytes,
    // A long one is not looked at any further.
    { error: `expected 1 to ${limits.nameBytes} bytes`, abort: true },
  )
  .refine((text) => isCanonicalText(text) && isPrintable(text), 'expected printable text in normalization form C');

/** A sealed record as the ledger knows it: a salted commitment, and who may open it. */
export const sealed = strictMap({
  commitment: hash,
  /** Member ids, in ascending order, each once. */
  readers: boundedList(hash, 1, limits.readersPerRecord),
});

export type Sealed = z.output<typeof sealed>;

/** The first thing wrong, for a `reason`. Says which field of ours it is; the names of unknown fields are a peer's text. */
export function firstIssue(error: z.ZodError, whole: string): string {
  const issue = error.issues[0]!;
  const complaint = issue.code === 'unrecognized_keys' ? 'an unknown field' : issue.message;
  return `${issue.path.join('.') || whole}: ${complaint}`;
}
