/**
 * The state digest: each block commits to the state that it leads to, so that nodes which disagree find out at that
 * block.
 *
 *   digest = SHA-256(parent digest ‖ DAG-CBOR [[key, final value or null], …])    sorted by key bytes
 */
import { compareBytes, type Encodable, encode, fromHex, toHex, utf8ToBytes } from '../base/index.ts';
import { sha256 } from '../crypto/index.ts';
import type { StateChange } from './draft.ts';
import { isDigested } from './state.ts';

/** The digest before the genesis. */
export const noDigest: string = '00'.repeat(32);

export function nextDigest(parentDigest: string, changes: readonly StateChange[]): string {
  const pairs = changes
    .filter(({ key }) => isDigested(key))
    .map(({ key, after }): [Uint8Array, string, Encodable] => [utf8ToBytes(key), key, after])
    .sort(([left], [right]) => compareBytes(left, right))
    .map(([, key, after]): Encodable => [key, after]);
  return toHex(sha256(fromHex(parentDigest), encode(pairs)));
}
