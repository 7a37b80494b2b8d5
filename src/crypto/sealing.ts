/**
 * Sealing: a record is encrypted under a data key of its own, and the data key is wrapped for each reader.
 *
 * Here are the readers' keys (X25519, RFC 7748) and the record (AES-256-GCM, NIST SP 800-38D); key-wrap.ts wraps. A reader's
 * sealing key is never made from the signing key: a fault in one must not reach the other.
 */
import { createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { assert, concatBytes } from '../base/index.ts';
import type { KeyPair } from './signature.ts';

const cipherName = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** What comes before the 32 bytes of a secret key in PKCS #8 (RFC 8410 §7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** The X25519 key pair whose scalar is the 32-byte seed (RFC 7748 §5; the seed is clamped when used). */
export function sealingKeyPair(seed: Uint8Array): KeyPair {
  assert(seed.length === keyBytes, 'sealingKeyPair: expected a seed of 32 bytes');
  const { x } = createPublicKey(privateKey(seed)).export({ format: 'jwk' });
  assert(x !== undefined, 'sealingKeyPair: the runtime exports x of an X25519 key');
  return { publicKey: new Uint8Array(Buffer.from(x, 'base64url')), secretKey: Uint8Array.from(seed) };
}

/**
 * Whether a data key can be wrapped for this key: 32 bytes, and not one of the points that make the shared secret zero for
 * everyone (RFC 7748 §6.1). Asked where a member's sealing key is admitted, so that {@link wrapKey} never meets one.
 */
export function isSoundSealingKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== keyBytes) return false;
  const x = Buffer.from(publicKey).toString('base64url');
  const point = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
  try {
    diffieHellman({ privateKey: probe, publicKey: point });
    return true;
  } catch {
    // The runtime's only answer to an all-zero secret is an exception. Every clamped scalar is a multiple of eight, so a
    // point of small order gives zero with this one as with any other.
    return false;
  }
}

/**
 * nonce(12) ‖ ciphertext ‖ tag(16). The data key is 32 bytes and encrypts nothing else: with one key and two records the same
 * nonce would give both away. `associatedData` is authenticated, not contained: whoever decrypts must know it.
 */
export function encryptRecord(options: {
  plaintext: Uint8Array;
  dataKey: Uint8Array;
  nonce: Uint8Array;
  associatedData: Uint8Array;
}): Uint8Array {
  const { plaintext, dataKey, nonce, associatedData } = options;
  assert(dataKey.length === keyBytes, 'encryptRecord: expected a data key of 32 bytes');
  assert(nonce.length === nonceBytes, 'encryptRecord: expected a nonce of 12 bytes');
  const cipher = createCipheriv(cipherName, dataKey, nonce, { authTagLength: tagBytes });
  cipher.setAAD(associatedData);
  return concatBytes(nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

/** The plaintext of what {@link encryptRecord} gave. Null where it does not open: other key, other context, altered bytes. */
export function decryptRecord(options: {
  ciphertext: Uint8Array;
  dataKey: Uint8Array;
  associatedData: Uint8Array;
}): Uint8Array | null {
  const { ciphertext, dataKey, associatedData } = options;
  if (dataKey.length !== keyBytes || ciphertext.length < nonceBytes + tagBytes) return null;
  const tagStart = ciphertext.length - tagBytes;
  const nonce = ciphertext.subarray(0, nonceBytes);
  const decipher = createDecipheriv(cipherName, dataKey, nonce, { authTagLength: tagBytes });
  decipher.setAAD(associatedData);
  decipher.setAuthTag(ciphertext.subarray(tagStart));
  const plaintext = decipher.update(ciphertext.subarray(nonceBytes, tagStart));
  try {
    return concatBytes(plaintext, decipher.final());
  } catch {
    // `final` throws for one reason only: the tag does not fit.
    return null;
  }
}

function privateKey(seed: Uint8Array) {
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
}

/** Any secret key serves; it protects nothing. */
const probe = privateKey(new Uint8Array(keyBytes).fill(1));
