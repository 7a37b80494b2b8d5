import { webcrypto } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../src/base/index.ts';
import { decryptRecord, encryptRecord, isSoundSealingKey, sealingKeyPair } from '../../src/crypto/index.ts';
import { flatten, sharedVectors, type Wycheproof } from './shared-vectors.ts';

test('X25519 public keys are those of RFC 7748 §6.1', () => {
  const alice = sealingKeyPair(fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
  expect(toHex(alice.publicKey)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
  const bob = sealingKeyPair(fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
  expect(toHex(bob.publicKey)).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
});

type XTest = { tcId: number; public: string; private: string; shared: string; result: string };
const x25519 = flatten(sharedVectors<Wycheproof<object, XTest>>('wycheproof_x25519.json'));

describe.skipIf(x25519.length === 0)('Wycheproof X25519', () => {
  test('a sealing key is sound where the shared secret is not zero', () => {
    const wrong = x25519.filter((vector) => isSoundSealingKey(fromHex(vector.public)) === /^0+$/.test(vector.shared));
    expect(wrong.map(({ tcId }) => tcId)).toEqual([]);
    expect(x25519.length).toBe(518);
  });

  test('the runtime that wraps our keys computes the shared secret, or refuses a zero one', async () => {
    const shared = await Promise.all(x25519.map((vector) => sharedSecret(vector.private, vector.public)));
    const wrong = x25519.filter(({ shared: expected }, index) => (shared[index] ?? '0'.repeat(64)) !== expected);
    expect(wrong.map(({ tcId }) => tcId)).toEqual([]);
  });
});

async function sharedSecret(secretHex: string, publicHex: string): Promise<string | null> {
  const pkcs8 = fromHex(`302e020100300506032b656e04220420${secretHex}`);
  const secretKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']);
  const publicKey = await webcrypto.subtle.importKey('raw', fromHex(publicHex), 'X25519', true, []);
  const bits = webcrypto.subtle.deriveBits({ name: 'X25519', public: publicKey }, secretKey, 256);
  return bits.then(
    (bytes) => toHex(new Uint8Array(bytes)),
    () => null,
  );
}

test('a sealing key of another length is not sound', () => {
  expect(isSoundSealingKey(new Uint8Array(31).fill(9))).toBe(false);
  expect(isSoundSealingKey(new Uint8Array(33).fill(9))).toBe(false);
});

type GcmGroup = { ivSize: number; keySize: number };
type GcmTest = {
  tcId: number;
  key: string;
  iv: string;
  aad: string;
  msg: string;
  ct: string;
  tag: string;
  result: string;
};
const gcm = flatten(sharedVectors<Wycheproof<GcmGroup, GcmTest>>('wycheproof_aes_gcm.json')).filter(
  ({ ivSize, keySize }) => ivSize === 96 && keySize === 256,
);

test.skipIf(gcm.length === 0)('Wycheproof AES-256-GCM with a 96-bit nonce: 66 of 66', () => {
  expect(gcm.length).toBe(66);
  for (const vector of gcm) {
    const dataKey = fromHex(vector.key);
    const associatedData = fromHex(vector.aad);
    const ciphertext = fromHex(vector.iv + vector.ct + vector.tag);
    const opened = decryptRecord({ ciphertext, dataKey, associatedData });
    expect(opened && toHex(opened)).toBe(vector.result === 'valid' ? vector.msg : null);
    if (opened === null) continue;
    const sealed = encryptRecord({ plaintext: opened, dataKey, nonce: fromHex(vector.iv), associatedData });
    expect(sealed).toEqual(ciphertext);
  }
});

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test('a record opens to what was sealed; with any bit changed, cut or under another key or context it does not', () => {
  const bit = fc.nat();
  fc.assert(
    fc.property(
      fc.uint8Array(),
      bytes(32),
      bytes(12),
      fc.uint8Array(),
      bit,
      (plaintext, dataKey, nonce, context, at) => {
        const ciphertext = encryptRecord({ plaintext, dataKey, nonce, associatedData: context });
        const open = (changes: object) => decryptRecord({ ciphertext, dataKey, associatedData: context, ...changes });
        expect(ciphertext.length).toBe(12 + plaintext.length + 16);
        expect(open({})).toEqual(plaintext);
        expect(open({ ciphertext: flipBit(ciphertext, at) })).toBeNull();
        expect(open({ ciphertext: ciphertext.subarray(0, at % ciphertext.length) })).toBeNull();
        expect(open({ dataKey: flipBit(dataKey, at) })).toBeNull();
        expect(open({ dataKey: dataKey.subarray(1) })).toBeNull();
        expect(open({ associatedData: concatBytes(context, Uint8Array.of(0)) })).toBeNull();
      },
    ),
    { numRuns: 50 },
  );
});

function flipBit(whole: Uint8Array, bit: number): Uint8Array {
  const flipped = whole.slice();
  flipped[(bit >> 3) % whole.length]! ^= 1 << (bit & 7);
  return flipped;
}
