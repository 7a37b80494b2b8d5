/**
 * The one encoding of a value: deterministic DAG-CBOR (IPLD DAG-CBOR, a profile of RFC 8949 §4.2).
 *
 * The decoder of the library accepts unsorted map keys, floats, large integers and links, and has no bounds. Where bytes are
 * signed or hashed that would give one value several ids, so what is read is read by {@link CanonicalReader}: there is
 * exactly one encoding of a value, and every value has one. Its encoder writes what {@link CanonicalWriter} does. Both are
 * the oracles of the tests.
 */
import { equalBytes } from './bytes.ts';
import { CanonicalReader, NotCanonical } from './canonical-reader.ts';
import { CanonicalWriter } from './canonical-writer.ts';
import { limits } from './limits.ts';

/** What a value may be made of. Numbers are safe integers; floats are refused. */
export type Encodable =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Encodable[]
  | { readonly [key: string]: Encodable };

const writer = new CanonicalWriter();

/** @throws Error where the value has something that has no canonical encoding (a float, undefined, a class). */
export function encode(value: Encodable): Uint8Array {
  return writer.writeWhole(value);
}

/**
 * The value of canonical bytes. What {@link encode} made of well-formed text comes back as it was.
 * @param mostValues how many values it may hold, those inside others and the keys of maps counted.
 * @throws NotCanonical where the bytes are not the canonical encoding of a value, or of too many.
 */
export function decode(bytes: Uint8Array, mostValues: number = limits.encodedValues): unknown {
  return new CanonicalReader(bytes, mostValues).readWhole();
}

/**
 * As {@link decode}, for bytes of others: null where it refuses them. What else is thrown is a bug of ours, and must not
 * look as if the bytes were to blame.
 */
export function tryDecode(bytes: Uint8Array, mostValues?: number): { readonly value: unknown } | null {
  try {
    return { value: decode(bytes, mostValues) };
  } catch (error) {
    if (error instanceof NotCanonical) return null;
    throw error;
  }
}

/** Whether two values have the same encoding; without encoding them. */
export function equalValues(left: Encodable, right: Encodable): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (left instanceof Uint8Array || right instanceof Uint8Array)
    return left instanceof Uint8Array && right instanceof Uint8Array && equalBytes(left, right);
  if (isList(left) || isList(right))
    return (
      isList(left) &&
      isList(right) &&
      left.length === right.length &&
      left.every((element, index) => equalValues(element, right[index]!))
    );
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equalValues(left[key]!, right[key]!))
  );
}

/** The compiler does not take a list that is read only for an array. */
function isList(value: Encodable): value is readonly Encodable[] {
  return Array.isArray(value);
}
