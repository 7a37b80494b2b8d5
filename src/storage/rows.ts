/** Rows: stored values that are plain values rather than bytes. */
import { decode, type Encodable, encode, limits } from '../base/index.ts';
import type { Write } from './database.ts';
import type { Snapshot } from './reopening.ts';
import type { Store } from './store.ts';

export function putRow(key: string, row: Encodable): Write {
  return { type: 'put', key, value: encode(row) };
}

export function remove(key: string): Write {
  return { type: 'del', key };
}

/** The row of a key; undefined where it has none. Its checksum vouches that it has the type that was put. */
export function readRow<Row>(store: Store, key: string, at?: Snapshot): Row | undefined {
  const value = store.get(key, at);
  return value && decodeRow<Row>(value);
}

export function decodeRow<Row>(value: Uint8Array): Row {
  return decode(value, limits.storedValues) as Row;
}
