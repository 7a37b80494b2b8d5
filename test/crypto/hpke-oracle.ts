/**
 * HPKE base mode (RFC 9180) read straight from the RFC, for X25519, HKDF-SHA256 and AES-GCM with either key length. It exists
 * to disagree with the library: key-wrap.test.ts checks it against the RFC's vector and then opens with it what we wrap.
 */
import { createDecipheriv, createHmac, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';

type Suite = { aead: 'aes-128-gcm' | 'aes-256-gcm'; aeadId: number; keyBytes: number };
export const aes128Suite: Suite = { aead: 'aes-128-gcm', aeadId: 1, keyBytes: 16 };
export const aes256Suite: Suite = { aead: 'aes-256-gcm', aeadId: 2, keyBytes: 32 };

const nothing = Buffer.alloc(0);
const uint16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);

/** RFC 5869 §2.2. */
const extract = (salt: Uint8Array, secret: Uint8Array) =>
  createHmac('sha256', salt.length === 0 ? Buffer.alloc(32) : salt)
    .update(secret)
    .digest();

/** RFC 5869 §2.3 for at most one block. */
const expand = (key: Uint8Array, info: Uint8Array, length: number) =>
  createHmac('sha256', key).update(info).update(Buffer.of(1)).digest().subarray(0, length);

/** LabeledExtract and LabeledExpand of §4. */
function labelled(suiteId: Buffer) {
  const prefix = Buffer.concat([Buffer.from('HPKE-v1'), suiteId]);
  return {
    extract: (salt: Uint8Array, label: string, secret: Uint8Array) =>
      extract(salt, Buffer.concat([prefix, Buffer.from(label), secret])),
    expand: (key: Uint8Array, label: string, info: Uint8Array, length: number) =>
      expand(key, Buffer.concat([uint16(length), prefix, Buffer.from(label), info]), length),
  };
}

/** §4.1 Decap, §5.1 KeySchedule, §5.2 Open with sequence number 0. */
export function openHpke(
  suite: Suite,
  options: {
    readerSecretKey: Uint8Array;
    readerPublicKey: Uint8Array;
    encapsulation: Uint8Array;
    info: Uint8Array;
    associatedData: Uint8Array;
    ciphertext: Uint8Array;
  },
): Uint8Array {
  const { readerSecretKey, readerPublicKey, encapsulation, info, associatedData, ciphertext } = options;
  const kem = labelled(Buffer.concat([Buffer.from('KEM'), uint16(0x20)]));
  const kemContext = Buffer.concat([encapsulation, readerPublicKey]);
  const extracted = kem.extract(nothing, 'eae_prk', x25519(readerSecretKey, encapsulation));
  const sharedSecret = kem.expand(extracted, 'shared_secret', kemContext, 32);

  const hpke = labelled(Buffer.concat([Buffer.from('HPKE'), uint16(0x20), uint16(1), uint16(suite.aeadId)]));
  const pskIdHash = hpke.extract(nothing, 'psk_id_hash', nothing);
  const infoHash = hpke.extract(nothing, 'info_hash', info);
  const context = Buffer.concat([Buffer.of(0), pskIdHash, infoHash]);
  const secret = hpke.extract(sharedSecret, 'secret', nothing);
  const key = hpke.expand(secret, 'key', context, suite.keyBytes);
  const nonce = hpke.expand(secret, 'base_nonce', context, 12);

  const decipher = createDecipheriv(suite.aead, key, nonce);
  decipher.setAAD(associatedData);
  decipher.setAuthTag(ciphertext.subarray(-16));
  return Uint8Array.from(Buffer.concat([decipher.update(ciphertext.subarray(0, -16)), decipher.final()]));
}

function x25519(secretKey: Uint8Array, publicKey: Uint8Array): Buffer {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secretKey]);
  const x = Buffer.from(publicKey).toString('base64url');
  return diffieHellman({
    privateKey: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' }),
  });
}
