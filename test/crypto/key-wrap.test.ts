import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { describe, expect, test } from 'vitest';
import { AssertionError, fromHex, toHex, utf8ToBytes } from '../../src/base/index.ts';
import { sealingKeyPair, unwrapKey, wrapKey, wrappedKeyBytes } from '../../src/crypto/index.ts';
import { hpkeVector } from '../vectors/hpke.ts';
import { aes128Suite, aes256Suite, openHpke } from './hpke-oracle.ts';

const reader = sealingKeyPair(new Uint8Array(32).fill(21));
const stranger = sealingKeyPair(new Uint8Array(32).fill(22));
const dataKey = new Uint8Array(32).fill(23);
const context = utf8ToBytes('network, record, reader');
const asReader = { readerSecretKey: reader.secretKey, readerPublicKey: reader.publicKey, context };

describe('RFC 9180 A.1.1', () => {
  test('opens with the library', async () => {
    const suite = new CipherSuite({
      kem: new DhkemX25519HkdfSha256(),
      kdf: new HkdfSha256(),
      aead: new Aes128Gcm(),
    });
    const recipient = await suite.createRecipientContext({
      recipientKey: await suite.kem.deserializePrivateKey(fromHex(hpkeVector.readerSecretKey)),
      enc: fromHex(hpkeVector.encapsulation),
      info: fromHex(hpkeVector.info),
    });
    const opened = await recipient.open(fromHex(hpkeVector.ciphertext), fromHex(hpkeVector.associatedData));
    expect(toHex(new Uint8Array(opened))).toBe(hpkeVector.plaintext);
  });

  test('opens with the oracle', () => {
    const { plaintext, ...vector } = hpkeVector;
    const bytes = Object.fromEntries(Object.entries(vector).map(([name, hex]) => [name, fromHex(hex)]));
    expect(toHex(openHpke(aes128Suite, bytes as Parameters<typeof openHpke>[1]))).toBe(plaintext);
  });
});

test('what we wrap opens with the oracle', async () => {
  const wrapped = await wrapKey({ dataKey, readerPublicKey: reader.publicKey, context });
  const opened = openHpke(aes256Suite, {
    readerSecretKey: reader.secretKey,
    readerPublicKey: reader.publicKey,
    encapsulation: wrapped.subarray(0, 32),
    info: context,
    associatedData: new Uint8Array(),
    ciphertext: wrapped.subarray(32),
  });
  expect(opened).toEqual(dataKey);
});

test('the reader unwraps the data key, and no two wraps are alike', async () => {
  const first = await wrapKey({ dataKey, readerPublicKey: reader.publicKey, context });
  const second = await wrapKey({ dataKey, readerPublicKey: reader.publicKey, context });
  expect(first.length).toBe(wrappedKeyBytes);
  expect(first).not.toEqual(second);
  expect(await unwrapKey({ wrapped: first, ...asReader })).toEqual(dataKey);
  expect(await unwrapKey({ wrapped: second, ...asReader })).toEqual(dataKey);
});

test('another reader, another context, another length: null', async () => {
  const wrapped = await wrapKey({ dataKey, readerPublicKey: reader.publicKey, context });
  const asStranger = { readerSecretKey: stranger.secretKey, readerPublicKey: stranger.publicKey };
  expect(await unwrapKey({ wrapped, ...asReader, ...asStranger })).toBeNull();
  expect(await unwrapKey({ wrapped, ...asReader, readerPublicKey: stranger.publicKey })).toBeNull();
  expect(await unwrapKey({ wrapped, ...asReader, context: utf8ToBytes('another record') })).toBeNull();
  expect(await unwrapKey({ wrapped: wrapped.subarray(1), ...asReader })).toBeNull();
  expect(await unwrapKey({ wrapped: new Uint8Array(), ...asReader })).toBeNull();
});

test('a wrap with any bit flipped does not open', async () => {
  const wrapped = await wrapKey({ dataKey, readerPublicKey: reader.publicKey, context });
  for (let index = 0; index < wrapped.length; index++) {
    const bent = wrapped.slice();
    bent[index]! ^= 1 << (index % 8);
    expect(await unwrapKey({ wrapped: bent, ...asReader }), `byte ${index}`).toBeNull();
  }
});

test('an encapsulation that makes the shared secret zero does not open (RFC 9180 §7.1.4)', async () => {
  const wrapped = await wrapKey({ dataKey, readerPublicKey: reader.publicKey, context });
  for (const first of [0, 1]) {
    wrapped.fill(0, 0, 32);
    wrapped[0] = first;
    expect(await unwrapKey({ wrapped, ...asReader })).toBeNull();
  }
});

test('nothing is wrapped for a key under which the shared secret is zero', async () => {
  await expect(wrapKey({ dataKey, readerPublicKey: new Uint8Array(32), context })).rejects.toThrow();
});

test('a data key of another length is a bug', async () => {
  const short = wrapKey({ dataKey: dataKey.subarray(1), readerPublicKey: reader.publicKey, context });
  await expect(short).rejects.toThrow(AssertionError);
});
