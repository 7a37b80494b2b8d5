import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, toHex, utf8ToBytes } from '../../src/base/index.ts';
import {
  recordCommitment,
  recordCommitmentOf,
  sha256,
  sha256Hex,
  taggedHash,
  taggedHashHex,
} from '../../src/crypto/index.ts';

test('sha256 of "abc" is that of FIPS 180-4', () => {
  expect(toHex(sha256(utf8ToBytes('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('sha256 of parts is that of their concatenation, and agrees with another implementation', () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 });
  fc.assert(
    fc.property(parts, (list) => {
      expect(sha256(...list)).toEqual(nobleSha256(concatBytes(...list)));
    }),
    { numRuns: 50 },
  );
});

test('text stands for its UTF-8 bytes, and hex is the same hash, however long it is', () => {
  const part = fc.oneof(fc.uint8Array({ maxLength: 1_500 }), fc.string({ unit: 'binary', maxLength: 700 }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (list) => {
      const bytes = list.map((each) => (typeof each === 'string' ? utf8ToBytes(each) : each));
      const expected = nobleSha256(concatBytes(...bytes));
      expect(sha256(...list)).toEqual(expected);
      expect(sha256Hex(...list)).toBe(toHex(expected));
    }),
    { numRuns: 200 },
  );
});

test('a tagged hash starts with its tag', () => {
  const body = Uint8Array.of(1, 2, 3);
  const hash = sha256(utf8ToBytes('carechain/transaction/1'), body);
  expect(taggedHash('carechain/transaction/1', body)).toEqual(hash);
  expect(taggedHashHex('carechain/transaction/1', body)).toBe(toHex(hash));
});

test('a hash is a plain Uint8Array', () => {
  expect(Object.getPrototypeOf(sha256())).toBe(Uint8Array.prototype);
  expect(Object.getPrototypeOf(sha256(new Uint8Array(3)))).toBe(Uint8Array.prototype);
});

test('a commitment covers salt, ciphertext and data key, and can be checked without the data key', () => {
  const salt = new Uint8Array(32).fill(1);
  const dataKey = new Uint8Array(32).fill(2);
  const ciphertext = new Uint8Array(40).fill(3);
  const commitment = recordCommitment({ salt, ciphertext, dataKey });
  expect(commitment).toEqual(recordCommitmentOf(salt, sha256(ciphertext), sha256(dataKey)));
  expect(commitment).toEqual(
    nobleSha256(concatBytes(utf8ToBytes('carechain/record/1'), salt, nobleSha256(ciphertext), nobleSha256(dataKey))),
  );
  const other = new Uint8Array(32).fill(9);
  for (const changed of [{ salt: other }, { ciphertext: other }, { dataKey: other }]) {
    expect(recordCommitment({ salt, ciphertext, dataKey, ...changed })).not.toEqual(commitment);
  }
});
