import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, fromHex, toHex, utf8ToBytes } from '../../src/base/index.ts';
import { meetsTarget, searchNonce, sha256, workTarget } from '../../src/crypto/index.ts';

const prefix = utf8ToBytes('a header up to its nonce');
const suffix = utf8ToBytes('and after');

test('a target is (2^256 − 1) divided by the difficulty, rounded down', () => {
  expect(toHex(workTarget(1))).toBe('ff'.repeat(32));
  expect(toHex(workTarget(2))).toBe(`7f${'ff'.repeat(31)}`);
  expect(toHex(workTarget(3))).toBe('55'.repeat(32));
  expect(toHex(workTarget(4_096))).toBe(`000f${'ff'.repeat(30)}`);
  expect(toHex(workTarget(Number.MAX_SAFE_INTEGER)).slice(0, 16)).toBe('0000000000000800');
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('a difficulty of %s is a bug', (difficulty) => {
  expect(() => workTarget(difficulty)).toThrow('workTarget');
});

test('a hash meets a target that it equals, and none below', () => {
  const hash = fromHex('00ff'.repeat(16));
  expect(meetsTarget(hash, hash)).toBe(true);
  expect(meetsTarget(hash, fromHex(`00ff${'00'.repeat(30)}`))).toBe(false);
  expect(meetsTarget(hash, fromHex(`01${'00'.repeat(31)}`))).toBe(true);
});

describe('searchNonce', () => {
  test('finds the first nonce that meets the target', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (difficulty, start) => {
          const target = workTarget(difficulty);
          const found = searchNonce({ prefix, suffix, target, start, attempts: 100_000 });
          expect(found).not.toBeNull();
          const { nonce, attempts } = found!;
          expect(meetsTarget(sha256(concatBytes(prefix, nonce, suffix)), target)).toBe(true);
          expect(nonce).toEqual(nonceOf(start + BigInt(attempts - 1)));
          for (let before = 0; before < Math.min(attempts - 1, 20); before++) {
            const skipped = sha256(prefix, nonceOf(start + BigInt(before)), suffix);
            expect(meetsTarget(skipped, target)).toBe(false);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  test('gives up after the attempts it has, and goes on where it stopped', () => {
    const target = workTarget(2_000);
    const whole = searchNonce({ prefix, suffix, target, start: 0n, attempts: 1_000_000 })!;
    expect(whole.attempts).toBeGreaterThan(1);
    const before = whole.attempts - 1;
    expect(searchNonce({ prefix, suffix, target, start: 0n, attempts: before })).toBeNull();
    const rest = searchNonce({ prefix, suffix, target, start: BigInt(before), attempts: 1 });
    expect(rest).toEqual({ nonce: whole.nonce, attempts: 1 });
  });

  test('no attempts find nothing', () => {
    expect(searchNonce({ prefix, suffix, target: workTarget(1), start: 0n, attempts: 0 })).toBeNull();
  });
});

function nonceOf(value: bigint): Uint8Array {
  return fromHex(BigInt.asUintN(64, value).toString(16).padStart(16, '0'));
}
