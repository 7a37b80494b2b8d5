/**
 * Ed25519 (RFC 8032) with one verdict.
 *
 * Libraries disagree about signatures that a key's owner bends on purpose: points of small order, more than one encoding of
 * a point, a cofactor in the equation or not. Where two nodes disagree the chain splits. So consensus asks only
 * {@link verifyStrict}: it refuses odd encodings itself and leaves the rest to OpenSSL, whose equation has no cofactor.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import * as ed25519 from '@noble/ed25519';
import { assert } from '../base/index.ts';

const publicKeyBytes = 32;
const seedBytes = 32;
const signatureBytes = 64;
const cachedKeys = 10_000;

/** The library asks for SHA-512 from outside; the runtime's is the fast one. */
ed25519.hashes.sha512 = (message) => new Uint8Array(createHash('sha512').update(message).digest());

/** A public key and its secret, 32 bytes each. The secret of a signing key is the seed of RFC 8032 §5.1.5. */
export type KeyPair = { publicKey: Uint8Array; secretKey: Uint8Array };

/** The Ed25519 key pair of a 32-byte seed (RFC 8032 §5.1.5). */
export function signingKeyPair(seed: Uint8Array): KeyPair {
  assert(seed.length === seedBytes, 'signingKeyPair: expected a seed of 32 bytes');
  return { publicKey: ed25519.getPublicKey(seed), secretKey: Uint8Array.from(seed) };
}

/** The signature of `message` (RFC 8032 §5.1.6): 64 bytes, the same each time. */
export function sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array {
  assert(secretKey.length === seedBytes, 'sign: expected a secret key of 32 bytes');
  return ed25519.sign(message, secretKey);
}

/**
 * Whether a key may be a member's or a node's: 32 bytes, y below the field's prime (one key has one encoding), and not of
 * small order (under such a key one signature fits many messages). Whether the bytes are a point at all shows when it
 * verifies: nothing verifies under a key that is none.
 */
export function isSoundPublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === publicKeyBytes && isSoundPoint(publicKey);
}

/**
 * The one verdict of consensus on a signature (RFC 8032 §5.1.7 without cofactor; S below the group's order). The key and the
 * signature's R must be canonical and not of small order. Bytes of any length may be asked about; it never throws.
 */
export function verifyStrict(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== signatureBytes || !isSoundPublicKey(publicKey) || !isSoundPoint(signature)) return false;
  return verify(null, message, keyObject(publicKey), signature);
}

/** y of the points whose order divides eight, below the prime: 0, 1, −1 and the two of order eight. Little-endian. */
const smallOrders: readonly Buffer[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map((hex) => Buffer.from(hex, 'hex'));

/** Looks at the first 32 bytes: y in 255 bits, little-endian, then the sign of x, which does not matter here. */
function isSoundPoint(bytes: Uint8Array): boolean {
  return isBelowPrime(bytes) && !smallOrders.some((smallOrder) => hasSameY(bytes, smallOrder));
}

/** p = 2^255 − 19: only 19 values of 255 bits are not below it, and all of them begin (little-endian: end) with ones. */
function isBelowPrime(bytes: Uint8Array): boolean {
  if (bytes[0]! < 0xed || (bytes[31]! & 0x7f) !== 0x7f) return true;
  for (let index = 1; index < 31; index++) if (bytes[index] !== 0xff) return true;
  return false;
}

function hasSameY(bytes: Uint8Array, point: Uint8Array): boolean {
  for (let index = 0; index < 31; index++) if (bytes[index] !== point[index]) return false;
  return (bytes[31]! & 0x7f) === point[31];
}

/** Importing a key costs as much as a verification; members sign often. The oldest entry makes room for a new one. */
const keyObjects = new Map<string, KeyObject>();

function keyObject(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.byteLength).toString('base64url');
  const cached = keyObjects.get(x);
  if (cached !== undefined) return cached;
  if (keyObjects.size >= cachedKeys) keyObjects.delete(keyObjects.keys().next().value!);
  const imported = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  keyObjects.set(x, imported);
  return imported;
}
