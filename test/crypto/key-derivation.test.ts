/** The runtime's own derivations, which key files and HPKE stand on. */
import { hkdfSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex, utf8ToBytes } from '../../src/base/index.ts';
import { isAllowedCost, passwordKey } from '../../src/crypto/password-key.ts';
import { hkdfVectors, scryptVector } from '../vectors/key-derivation.ts';
import { flatten, sharedVectors, type Wycheproof } from './shared-vectors.ts';

test('scrypt is that of RFC 7914 §12', async () => {
  const { password, salt, N, key } = scryptVector;
  expect(toHex(await passwordKey(password, utf8ToBytes(salt), N))).toBe(key);
});

test('what a password may cost is a power of two from 2^14 to 2^20', () => {
  const allowed = Array.from({ length: 41 }, (_, power) => power).filter((power) => isAllowedCost(2 ** power));
  expect(allowed).toEqual([14, 15, 16, 17, 18, 19, 20]);
  for (const cost of [2 ** 14 + 1, 2 ** 15 - 1, 0, -(2 ** 14), Number.NaN, Number.POSITIVE_INFINITY, 2 ** 17 + 0.5]) {
    expect(isAllowedCost(cost)).toBe(false);
  }
});

const derive = (ikm: string, salt: string, info: string, length: number) =>
  Buffer.from(hkdfSync('sha256', fromHex(ikm), fromHex(salt), fromHex(info), length)).toString('hex');

describe('HKDF-SHA256', () => {
  test.each(hkdfVectors)('RFC 5869 $name', ({ ikm, salt, info, okm }) => {
    expect(derive(ikm, salt, info, okm.length / 2)).toBe(okm);
  });

  type HkdfTest = { tcId: number; ikm: string; salt: string; info: string; size: number; okm: string; result: string };
  const vectors = flatten(sharedVectors<Wycheproof<object, HkdfTest>>('wycheproof_hkdf_sha256.json'));

  test.skipIf(vectors.length === 0)('Wycheproof', () => {
    const wrong = vectors.filter(({ ikm, salt, info, size, okm, result }) => {
      try {
        return (derive(ikm, salt, info, size) === okm) !== (result !== 'invalid');
      } catch {
        // More than 255 blocks are refused.
        return result !== 'invalid';
      }
    });
    expect(wrong.map(({ tcId }) => tcId)).toEqual([]);
    expect(vectors.length).toBeGreaterThan(80);
  });
});
