/**
 * A data key on its way to one reader: HPKE (RFC 9180) in base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
 *
 * Base mode hides the key and binds it to `context`; it does not say who wrapped it. A reader trusts an unwrapped key only
 * because its hash is in the record's commitment, which the author signed.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256, HpkeError } from '@hpke/core';
import { assert } from '../base/index.ts';

const keyBytes = 32;
const tagBytes = 16;
const encapsulationBytes = 32;

/** enc(32) ‖ encrypted data key(32) ‖ tag(16). */
export const wrappedKeyBytes = encapsulationBytes + keyBytes + tagBytes;

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/**
 * Wraps a 32-byte data key for a reader's X25519 key: {@link wrappedKeyBytes} bytes, others each time. `context` is HPKE's
 * `info` (RFC 9180 §5.1): it names the network, the record and the reader, so that a wrap cannot be moved to another.
 * @throws HpkeError where the reader's key is not sound: ask `isSoundSealingKey` where the key is admitted.
 */
export async function wrapKey(options: {
  dataKey: Uint8Array;
  readerPublicKey: Uint8Array;
  context: Uint8Array;
}): Promise<Uint8Array> {
  const { dataKey, readerPublicKey, context } = options;
  assert(dataKey.length === keyBytes, 'wrapKey: expected a data key of 32 bytes');
  assert(readerPublicKey.length === keyBytes, 'wrapKey: expected a public key of 32 bytes');
  const recipientPublicKey = await suite.kem.deserializePublicKey(readerPublicKey);
  const sender = await suite.createSenderContext({ recipientPublicKey, info: context });
  const encrypted = await sender.seal(dataKey);
  const wrapped = new Uint8Array(wrappedKeyBytes);
  wrapped.set(new Uint8Array(sender.enc));
  wrapped.set(new Uint8Array(encrypted), encapsulationBytes);
  return wrapped;
}

/** The 32-byte data key. Null where it does not open: other reader, other context, altered bytes. */
export async function unwrapKey(options: {
  wrapped: Uint8Array;
  readerSecretKey: Uint8Array;
  readerPublicKey: Uint8Array;
  context: Uint8Array;
}): Promise<Uint8Array | null> {
  const { wrapped, readerSecretKey, readerPublicKey, context } = options;
  assert(readerSecretKey.length === keyBytes, 'unwrapKey: expected a secret key of 32 bytes');
  assert(readerPublicKey.length === keyBytes, 'unwrapKey: expected a public key of 32 bytes');
  if (wrapped.length !== wrappedKeyBytes) return null;
  const recipientKey = {
    privateKey: await suite.kem.deserializePrivateKey(readerSecretKey),
    publicKey: await suite.kem.deserializePublicKey(readerPublicKey),
  };
  try {
    const enc = wrapped.slice(0, encapsulationBytes);
    const recipient = await suite.createRecipientContext({ recipientKey, enc, info: context });
    return new Uint8Array(await recipient.open(wrapped.slice(encapsulationBytes)));
  } catch (error) {
    if (error instanceof HpkeError) return null;
    throw error;
  }
}
