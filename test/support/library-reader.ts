/**
 * The oracle of the canonical check: the library decodes, encodes the value again, and the bytes are compared. That is how
 * the check is written in the protocol, and slower than the reader of the program.
 */
import * as dagCbor from '@ipld/dag-cbor';

/** The value of canonical bytes; null where they are not, or hold what no value of ours may be. */
export function readByLibrary(bytes: Uint8Array): { value: unknown } | null {
  try {
    const value: unknown = dagCbor.decode(bytes);
    return Buffer.compare(dagCbor.encode(value), bytes) === 0 && isPlain(value) ? { value } : null;
  } catch {
    // Whatever the library has against the bytes.
    return null;
  }
}

/** Floats, large integers and links have a canonical encoding in DAG-CBOR, and no place in ours. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value === 'bigint') return false;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).every(isPlain);
}
