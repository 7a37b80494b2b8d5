/**
 * The Merkle tree of RFC 6962 §2.1: one hash that commits to a list, and short proofs that an element is in it.
 *
 * Leaves and inner nodes are hashed with different first bytes, so an inner node can never be shown as a leaf. A last node
 * without a sibling moves up as it is: it is never paired with itself, which is how two different lists had one root in
 * CVE-2012-2459.
 */
import { assert, concatBytes } from '../base/index.ts';
import { hashBytes, sha256, sha256Characters } from './hash.ts';

const leafPrefix = Uint8Array.of(0x00);
const nodePrefix = Uint8Array.of(0x01);

/** SHA-256(0x00 ‖ parts): 32 bytes. */
export function leafHash(...parts: Uint8Array[]): Uint8Array {
  return sha256(leafPrefix, ...parts);
}

/** The root over leaf hashes of 32 bytes, in order (§2.1, MTH): 32 bytes. Of no leaves it is SHA-256 of nothing. */
export function merkleRoot(leafHashes: readonly Uint8Array[]): Uint8Array {
  if (leafHashes.length === 0) return sha256();
  const nodes = concatBytes(...leafHashes);
  assert(nodes.length === leafHashes.length * hashBytes, 'merkleRoot: a leaf hash has 32 bytes');
  // Each level in the place of the one below it, since a block has thousands of nodes.
  for (let count = leafHashes.length; count > 1; count = Math.ceil(count / 2)) {
    for (let left = 0; left < count; left += 2) {
      const [from, to] = [left * hashBytes, (left / 2) * hashBytes];
      if (left + 1 === count) nodes.copyWithin(to, from, from + hashBytes);
      else writeNode(nodes, from, to);
    }
  }
  return nodes.slice(0, hashBytes);
}

/** What {@link writeNode} hashes. */
const prefixed = Uint8Array.of(...nodePrefix, ...new Uint8Array(2 * hashBytes));

/** Writes the node above two that lie side by side. */
function writeNode(nodes: Uint8Array, from: number, to: number): void {
  for (let at = 0; at < 2 * hashBytes; at++) prefixed[nodePrefix.length + at] = nodes[from + at]!;
  const characters = sha256Characters(prefixed);
  for (let at = 0; at < hashBytes; at++) nodes[to + at] = characters.charCodeAt(at);
}

/** The siblings from leaf `index` up to the root (§2.1.1, audit path); `index` is below the number of leaves. */
export function merklePath(leafHashes: readonly Uint8Array[], index: number): Uint8Array[] {
  assert(Number.isInteger(index) && index >= 0 && index < leafHashes.length, 'merklePath: no leaf at this index');
  const path: Uint8Array[] = [];
  let level = leafHashes;
  for (let position = index; level.length > 1; position = Math.floor(position / 2)) {
    const sibling = level[position % 2 === 0 ? position + 1 : position - 1];
    if (sibling !== undefined) path.push(sibling);
    level = levelAbove(level);
  }
  return path;
}

/**
 * The root that `path` leads to from a leaf (RFC 9162 §2.1.3.2), for the caller to compare with the root it trusts.
 * Null where no tree of `leafCount` leaves has such a path at `index`. The caller trusts `leafCount` as it does the root:
 * a root alone does not fix it.
 */
export function rootFromPath(
  leaf: Uint8Array,
  index: number,
  leafCount: number,
  path: readonly Uint8Array[],
): Uint8Array | null {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(leafCount)) return null;
  if (index < 0 || index >= leafCount || leaf.length !== hashBytes) return null;
  let node = leaf;
  let used = 0;
  let position = index;
  for (let last = leafCount - 1; last > 0; last = Math.floor(last / 2)) {
    const isRight = position % 2 === 1;
    if (isRight || position < last) {
      const sibling = path[used++];
      if (sibling?.length !== hashBytes) return null;
      node = isRight ? nodeHash(sibling, node) : nodeHash(node, sibling);
    }
    position = Math.floor(position / 2);
  }
  return used === path.length ? node : null;
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(nodePrefix, left, right);
}

function levelAbove(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let position = 0; position < level.length; position += 2) {
    const left = level[position]!;
    const right = level[position + 1];
    above.push(right === undefined ? left : nodeHash(left, right));
  }
  return above;
}
