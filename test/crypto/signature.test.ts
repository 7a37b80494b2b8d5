import { createHash } from 'node:crypto';
import * as noble from '@noble/ed25519';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../src/base/index.ts';
import { isSoundPublicKey, sign, signingKeyPair, verifyStrict } from '../../src/crypto/index.ts';
import { ed25519Vectors } from '../vectors/ed25519.ts';
import { flatten, sharedVectors, type Wycheproof } from './shared-vectors.ts';

describe('RFC 8032 §7.1', () => {
  test.each(ed25519Vectors)('$name', ({ seed, publicKey, message, signature }) => {
    const pair = signingKeyPair(fromHex(seed));
    expect(toHex(pair.publicKey)).toBe(publicKey);
    expect(toHex(sign(fromHex(message), pair.secretKey))).toBe(signature);
    expect(verifyStrict(pair.publicKey, fromHex(message), fromHex(signature))).toBe(true);
  });
});

type Speccheck = { message: string; pub_key: string; signature: string }[];
const speccheck = sharedVectors<Speccheck>('speccheck_ed25519.json');

test.skipIf(speccheck === null)('of the twelve edge cases of speccheck only number 3 is accepted', () => {
  const accepted = speccheck!.map((vector) =>
    verifyStrict(fromHex(vector.pub_key), fromHex(vector.message), fromHex(vector.signature)),
  );
  expect(accepted).toEqual([3].reduce((row, index) => row.with(index, true), Array<boolean>(12).fill(false)));
});

type EdGroup = { publicKey: { pk: string } };
type EdTest = { tcId: number; msg: string; sig: string; result: string };
const wycheproof = flatten(sharedVectors<Wycheproof<EdGroup, EdTest>>('wycheproof_ed25519.json'));

test.skipIf(wycheproof.length === 0)('Wycheproof: 151 of 151', () => {
  const wrong = wycheproof.filter(
    ({ publicKey, msg, sig, result }) =>
      verifyStrict(fromHex(publicKey.pk), fromHex(msg), fromHex(sig)) !== (result === 'valid'),
  );
  expect(wrong.map(({ tcId }) => tcId)).toEqual([]);
  expect(wycheproof.length).toBe(151);
});

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const messages = fc.uint8Array({ maxLength: 300 });

test('another implementation agrees, on signatures and on those with one bit flipped', () => {
  fc.assert(
    fc.property(seeds, messages, fc.nat({ max: 511 }), fc.nat({ max: 255 }), (seed, message, signatureBit, keyBit) => {
      const { publicKey, secretKey } = signingKeyPair(seed);
      const signature = sign(message, secretKey);
      expect(verifyStrict(publicKey, message, signature)).toBe(true);
      expect(noble.verify(signature, message, publicKey, { zip215: false })).toBe(true);
      const otherSignature = flipBit(signature, signatureBit);
      const otherKey = flipBit(publicKey, keyBit);
      expect(verifyStrict(publicKey, message, otherSignature)).toBe(false);
      expect(verifyStrict(otherKey, message, signature)).toBe(false);
      expect(noble.verify(otherSignature, message, publicKey, { zip215: false })).toBe(false);
      expect(noble.verify(signature, message, otherKey, { zip215: false })).toBe(false);
      if (message.length > 0) expect(verifyStrict(publicKey, flipBit(message, keyBit), signature)).toBe(false);
    }),
    { numRuns: 25 },
  );
});

test('bytes of any length get an answer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), messages, fc.uint8Array({ maxLength: 70 }), (key, message, bytes) => {
      expect(verifyStrict(key, message, bytes)).toBe(false);
    }),
    { numRuns: 50 },
  );
});

describe('a public key that is not sound', () => {
  const p = 2n ** 255n - 19n;
  const smallOrderYs = torsionPoints().map((point) => point.y);
  const rows = [
    ...smallOrderYs.map((y) => [`small order, y = ${y}`, littleEndian(y)] as const),
    ...Array.from({ length: 19 }, (_, index) => [`y = p + ${index}`, littleEndian(p + BigInt(index))] as const),
  ];
  test.each(rows)('%s, with either sign', (_, key) => {
    expect(isSoundPublicKey(key)).toBe(false);
    expect(isSoundPublicKey(flipBit(key, 255))).toBe(false);
  });

  test('31 or 33 bytes', () => {
    expect(isSoundPublicKey(new Uint8Array(31).fill(5))).toBe(false);
    expect(isSoundPublicKey(new Uint8Array(33).fill(5))).toBe(false);
  });

  test('the neighbours of those are sound', () => {
    for (const y of [2n, 3n, p - 2n]) expect(isSoundPublicKey(littleEndian(y))).toBe(true);
    for (const { publicKey } of ed25519Vectors) expect(isSoundPublicKey(fromHex(publicKey))).toBe(true);
  });
});

test('R of small order is refused under an honest key too', () => {
  const { publicKey } = signingKeyPair(new Uint8Array(32).fill(7));
  for (const point of torsionPoints()) {
    const signature = new Uint8Array(64);
    signature.set(point.toBytes());
    expect(verifyStrict(publicKey, new Uint8Array(3), signature)).toBe(false);
  }
});

describe('signatures that some verifiers accept', () => {
  const order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;
  const message = Uint8Array.of(1, 2, 3);
  const { publicKey, secretKey } = signingKeyPair(new Uint8Array(32).fill(9));
  const numberOf = (bytes: Uint8Array) => BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);

  test('S beyond the order of the group', () => {
    const signature = sign(message, secretKey);
    const beyond = signature.slice();
    beyond.set(littleEndian(numberOf(signature.subarray(32)) + order), 32);
    expect(verifyStrict(publicKey, message, signature)).toBe(true);
    expect(verifyStrict(publicKey, message, beyond)).toBe(false);
  });

  test.each([
    ['key', 1],
    ['R', 0],
  ])('a torsion component in the %s, which only the equation with cofactor forgives', (_, inKey) => {
    const torsion = torsionPoints()[1]!;
    const { scalar } = noble.utils.getExtendedPublicKey(secretKey);
    const honestKey = noble.Point.fromBytes(publicKey);
    const key = inKey === 1 ? honestKey.add(torsion) : honestKey;
    let forgiven = 0;
    for (let first = 0; first < 8; first++) {
      const r = BigInt(first) + 1_000n;
      const honestR = noble.Point.BASE.multiply(r);
      const R = inKey === 1 ? honestR : honestR.add(torsion);
      const hashed = createHash('sha512').update(R.toBytes()).update(key.toBytes()).update(message).digest();
      const k = numberOf(hashed) % order;
      const signature = concatBytes(R.toBytes(), littleEndian((r + k * scalar) % order));
      expect(noble.verify(signature, message, key.toBytes())).toBe(true);
      // Where the torsion is multiplied by a multiple of eight it is gone, and all verifiers agree.
      const isGone = inKey === 1 && k % 8n === 0n;
      expect(verifyStrict(key.toBytes(), message, signature)).toBe(isGone);
      if (!isGone) forgiven++;
    }
    expect(forgiven).toBeGreaterThan(0);
  });
});

test('a message signed long ago still verifies after ten thousand other keys were seen', () => {
  const { publicKey, secretKey } = signingKeyPair(new Uint8Array(32).fill(8));
  const message = Uint8Array.of(1);
  const signature = sign(message, secretKey);
  expect(verifyStrict(publicKey, message, signature)).toBe(true);
  for (let index = 2; index < 10_100; index++) verifyStrict(littleEndian(BigInt(index)), message, signature);
  expect(verifyStrict(publicKey, message, signature)).toBe(true);
});

/** The eight points whose order divides eight: the multiples of one of order eight. */
function torsionPoints(): noble.Point[] {
  const generator = noble.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
  const points = [noble.Point.ZERO];
  while (points.length < 8) points.push(points.at(-1)!.add(generator));
  return points;
}

function littleEndian(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0')).reverse();
}

function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7);
  return flipped;
}
