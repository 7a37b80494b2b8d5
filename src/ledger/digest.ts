/**
 * The state digest: each block commits to the state that it leads to, so that nodes which disagree find out at that
 * block.
 *
 *   digest = SHA-256(parent digest ‖ DAG-CBOR [[key, final value or null], …])    sorted by key bytes
 */
import { type Encodable, encode, fromHex } from '../base/index.ts';
import { sha256Hex } from '../crypto/index.ts';
import type { StateChange } from './draft.ts';
import { isDigested } from './state.ts';

/** The digest before the genesis. */
export const noDigest: string = '00'.repeat(32);

export function nextDigest(parentDigest: string, changes: readonly StateChange[]): string {
  const pairs = changes
    .filter(({ key }) => isDigested(key))
    // Keys are ASCII, so characters sort as bytes do.
    .sort((left, right) => (left.key < right.key ? -1 : 1))
    .map(({ key, after }): Encodable => [key, after]);
  return sha256Hex(fromHex(parentDigest), encode(pairs));
}
