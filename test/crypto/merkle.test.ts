import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/base/index.ts';
import { leafHash, merklePath, merkleRoot, rootFromPath, sha256 } from '../../src/crypto/index.ts';
import { merkleVectors } from '../vectors/merkle.ts';

const leaves = merkleVectors.leaves.map((hex) => leafHash(fromHex(hex)));

describe('RFC 6962 §2.1', () => {
  test.each(merkleVectors.roots.map((root, count) => ({ root, count })))('root of $count leaves', ({ root, count }) => {
    expect(toHex(merkleRoot(leaves.slice(0, count)))).toBe(root);
  });

  test.each(merkleVectors.paths)('audit path of leaf $index of eight', ({ index, path }) => {
    expect(merklePath(leaves, index).map(toHex)).toEqual(path);
  });
});

/** The definition of §2.1, word for word: split at the largest power of two below n. */
function rootByDefinition(list: readonly Uint8Array[]): Uint8Array {
  if (list.length === 1) return list[0]!;
  let split = 1;
  while (split * 2 < list.length) split *= 2;
  return sha256(Uint8Array.of(1), rootByDefinition(list.slice(0, split)), rootByDefinition(list.slice(split)));
}

const leafLists = fc.integer({ min: 1, max: 40 }).map((count) => manyLeaves(count));
const manyLeaves = (count: number) => Array.from({ length: count }, (_, index) => leafHash(Uint8Array.of(index)));

test('the root is that of the definition, at every size', () => {
  for (let count = 1; count <= 70; count++) {
    const list = manyLeaves(count);
    expect(merkleRoot(list)).toEqual(rootByDefinition(list));
  }
});

test('the path of every leaf leads to the root', () => {
  for (let count = 1; count <= 33; count++) {
    const list = manyLeaves(count);
    const root = merkleRoot(list);
    for (let index = 0; index < count; index++) {
      expect(rootFromPath(list[index]!, index, count, merklePath(list, index))).toEqual(root);
    }
  }
});

test('a path with one bent bit, or at another place, leads elsewhere', () => {
  fc.assert(
    fc.property(leafLists, fc.nat(), fc.nat(), fc.nat(), (list, indexSeed, stepSeed, bit) => {
      const index = indexSeed % list.length;
      const path = merklePath(list, index);
      const root = merkleRoot(list);
      if (path.length > 0) {
        const bent = path.map((hash) => hash.slice());
        bent[stepSeed % path.length]![(bit >> 3) % 32]! ^= 1 << (bit & 7);
        expect(rootFromPath(list[index]!, index, list.length, bent)).not.toEqual(root);
      }
      const elsewhere = (index + 1 + (stepSeed % list.length)) % list.length;
      if (elsewhere !== index) expect(rootFromPath(list[index]!, elsewhere, list.length, path)).not.toEqual(root);
    }),
    { numRuns: 100 },
  );
});

test('a last leaf is never paired with itself (CVE-2012-2459)', () => {
  const three = manyLeaves(3);
  expect(merkleRoot([...three, three[2]!])).not.toEqual(merkleRoot(three));
});

describe('a path that does not fit is null', () => {
  const path = merklePath(leaves, 2);
  const leaf = leaves[2]!;
  const rows: [string, Uint8Array, number, number, readonly Uint8Array[]][] = [
    ['too short', leaf, 2, 8, path.slice(1)],
    ['too long', leaf, 2, 8, [...path, leaf]],
    ['a smaller tree', leaf, 2, 3, path],
    ['no leaves', leaf, 0, 0, []],
    ['index equal to the count', leaf, 8, 8, path],
    ['a negative index', leaf, -1, 8, path],
    ['a fractional index', leaf, 1.5, 8, path],
    ['a count that is not a number', leaf, 2, Number.NaN, path],
    ['a sibling of 31 bytes', leaf, 2, 8, [path[0]!.subarray(1), path[1]!, path[2]!]],
    ['a leaf of 31 bytes', leaf.subarray(1), 2, 8, path],
  ];
  test.each(rows)('%s', (_, hash, index, count, siblings) => {
    expect(rootFromPath(hash, index, count, siblings)).toBeNull();
  });
});
