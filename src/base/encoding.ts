/**
 * The one encoding of a value: deterministic DAG-CBOR (IPLD DAG-CBOR, a profile of RFC 8949 §4.2).
 *
 * The decoder of the library accepts unsorted map keys and half-width floats. Where bytes are signed or hashed that would
 * give one value several ids, so {@link decode} encodes again and compares: there is exactly one encoding of a value.
 */
import * as dagCbor from '@ipld/dag-cbor';
import { equalBytes } from './bytes.ts';

/** What a value may be made of. Numbers are safe integers; floats are refused. */
export type Encodable =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Encodable[]
  | { readonly [key: string]: Encodable };

/** @throws Error where the value has something that has no canonical encoding (a float, undefined, a class). */
export function encode(value: Encodable): Uint8Array {
  const { buffer, byteOffset, length } = dagCbor.encode(value);
  // A plain array of bytes also where the library hands out a Buffer.
  return new Uint8Array(buffer, byteOffset, length);
}

/**
 * The value of canonical bytes.
 * @throws Error where the bytes are not DAG-CBOR, or not its canonical form.
 */
export function decode(bytes: Uint8Array): unknown {
  const value = dagCbor.decode(bytes);
  if (!equalBytes(dagCbor.encode(value), bytes)) throw new Error('not the canonical encoding of its value');
  return value;
}
