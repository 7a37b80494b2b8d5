/**
 * The field types of the ledger: on the wire a hash is a byte string, in memory it is hex, so that ids can be compared,
 * printed and used as keys. What was read by a shape is checked; nobody checks again.
 */
import {
  fromHex,
  hexBytes,
  integerFrom,
  limits,
  listOf,
  Misfit,
  mapOf,
  NotCanonical,
  readShape,
  type Shape,
  type ValueOf,
} from '../base/index.ts';

/** A transaction id, block hash, commitment, account, member id or Ed25519 public key. */
export const hash: Shape<string> = hexBytes(32);
/** Sixteen random bytes that keep two otherwise equal transactions apart. */
export const nonce16: Shape<string> = hexBytes(16);
/** The eight bytes that a miner varies. */
export const nonce8: Shape<string> = hexBytes(8);

const uuidV4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function isPatientId(text: string): boolean {
  return uuidV4.test(text);
}

const uuidBytes = hexBytes(16);

/** A patient id: the sixteen bytes of a random UUID (RFC 9562 §5.4), in memory in its text form. */
export const patientId: Shape<string> = {
  read(from) {
    const hex = uuidBytes.read(from);
    return checkPatientId(
      `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
    );
  },
  write: (text) => fromHex(checkPatientId(text).replaceAll('-', '')),
};

function checkPatientId(text: string): string {
  if (!isPatientId(text)) throw new Misfit('expected a UUID of version 4');
  return text;
}

/** The latest that a JavaScript Date can hold, in milliseconds since 1970 UTC. */
export const latestTime = 8_640_000_000_000_000;

/** A claimed time: milliseconds since 1970 UTC. */
export const time: Shape<number> = integerFrom(0, latestTime);

/** A sealed record as the ledger knows it: a salted commitment, and who may open it. */
export const sealed = mapOf({
  commitment: hash,
  /** Member ids, in ascending order, each once. */
  readers: listOf(hash, 1, limits.readersPerRecord),
});

export type Sealed = ValueOf<typeof sealed>;

/** What a shape reads of bytes; or, for a `reason`, what does not fit. The names of unknown fields are a peer's text, and not in it. */
export function tryRead<Value>(
  shape: Shape<Value>,
  bytes: Uint8Array,
  whole: string,
): { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: string } {
  try {
    return { ok: true, value: readShape(shape, bytes) };
  } catch (error) {
    if (error instanceof NotCanonical) return { ok: false, reason: 'not canonical DAG-CBOR' };
    if (error instanceof Misfit) return { ok: false, reason: error.within(whole) };
    throw error;
  }
}
