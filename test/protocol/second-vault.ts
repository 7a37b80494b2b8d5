/** A second client for records and keys, written from docs/PROTOCOL.md alone. Numbers in comments are its sections. */
import { createDecipheriv, createPrivateKey, createPublicKey, scryptSync, sign } from 'node:crypto';
import { aes256Suite, openHpke } from '../crypto/hpke-oracle.ts';
import { bytesOf, decode, encode, hexOf, join, sha256, type Value } from './second-client.ts';

interface KeyPair {
  publicKey: Uint8Array;
  secretKey: Uint8Array;
}

interface Envelope {
  commitment: Uint8Array;
  salt: Uint8Array;
  keyHash: Uint8Array;
  ciphertext: Uint8Array;
  wraps: { reader: Uint8Array; wrapped: Uint8Array }[];
}

/** 11. What the envelope says, for one reader; throws where anything does not fit. */
export function openRecord(bytes: Uint8Array, network: Uint8Array, reader: Uint8Array, sealing: KeyPair) {
  const { commitment, salt, keyHash, ciphertext, wraps } = decode(bytes) as unknown as Envelope;
  same(commitment, sha256('carechain/record/1', salt, sha256(ciphertext), keyHash));
  const { wrapped } = wraps.find((wrap) => hexOf(wrap.reader) === hexOf(reader))!;
  const dataKey = openHpke(aes256Suite, {
    readerSecretKey: sealing.secretKey,
    readerPublicKey: sealing.publicKey,
    encapsulation: wrapped.subarray(0, 32),
    info: join('carechain/wrap/1', network, commitment, reader),
    associatedData: new Uint8Array(),
    ciphertext: wrapped.subarray(32),
  });
  same(sha256(dataKey), keyHash);
  const padded = openAes(dataKey, ciphertext, join('carechain/record/1', network));
  const length = Buffer.from(padded).readUInt32BE();
  const step = [256, 1_024, 4_096, 16_384, 65_536].find((size) => size >= length)!;
  same(padded.subarray(4 + length), new Uint8Array(step - length));
  return {
    text: decode(padded.slice(4, 4 + length)),
    commitment: hexOf(commitment),
    readers: wraps.map((wrap) => hexOf(wrap.reader)),
  };
}

export function recordId(commitment: string, readers: readonly string[]): string {
  return hexOf(sha256('carechain/record-id/1', encode([bytesOf(commitment), readers.map(bytesOf)])));
}

export function hostingStatement(body: { [field: string]: Value }, signingSeed: Uint8Array): Uint8Array {
  const key = privateKey('302e020100300506032b657004220420', signingSeed);
  const signature = Uint8Array.from(sign(null, join('carechain/hosting/1', encode(body)), key));
  return encode([body, signature]);
}

/** 14. The public keys of the two seeds in a key file. */
export function openKeyFile(file: { [field: string]: Value }, password: string): [Uint8Array, Uint8Array] {
  const { ciphertext, ...open } = file;
  const { N, salt } = open.kdf as { N: number; salt: string };
  const key = scryptSync(password.normalize('NFC'), bytesOf(salt), 32, { N, r: 8, p: 1, maxmem: 2 ** 30 });
  const sealed = join(bytesOf(open.nonce as string), bytesOf(ciphertext as string));
  const { signingSeed, sealingSeed } = decode(openAes(key, sealed, encode(open))) as Record<string, Uint8Array>;
  return [
    publicKey(privateKey('302e020100300506032b657004220420', signingSeed!)),
    publicKey(privateKey('302e020100300506032b656e04220420', sealingSeed!)),
  ];
}

/** nonce(12) ‖ encrypted ‖ tag(16). */
function openAes(key: Uint8Array, sealed: Uint8Array, associatedData: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
  decipher.setAAD(associatedData);
  decipher.setAuthTag(sealed.subarray(-16));
  return Uint8Array.from(Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]));
}

function privateKey(pkcs8Prefix: string, seed: Uint8Array) {
  return createPrivateKey({ key: Buffer.from(join(bytesOf(pkcs8Prefix), seed)), format: 'der', type: 'pkcs8' });
}

function publicKey(secret: ReturnType<typeof privateKey>): Uint8Array {
  return Uint8Array.from(Buffer.from(createPublicKey(secret).export({ format: 'jwk' }).x!, 'base64url'));
}

function same(left: Uint8Array, right: Uint8Array): void {
  if (hexOf(left) !== hexOf(right)) throw new Error('it does not fit');
}
