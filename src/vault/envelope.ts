/**
 * An envelope: a sealed record on its way and at rest.
 *
 *   envelope   = DAG-CBOR { commitment(32), salt(32), keyHash(32), ciphertext, wraps: [ { reader(32), wrapped(80) }, … ] }
 *   plaintext  = the record's text, padded (padding.ts)
 *   ciphertext = nonce(12) ‖ AES-256-GCM(data key, plaintext) ‖ tag(16), associated data "carechain/record/1" ‖ network
 *   keyHash    = SHA-256(data key)
 *   commitment = SHA-256("carechain/record/1" ‖ salt ‖ SHA-256(ciphertext) ‖ keyHash)
 *   wrapped    = HPKE(reader's sealing key, data key), context "carechain/wrap/1" ‖ network ‖ commitment ‖ reader
 *
 * Each version of a record has a data key of its own. Whoever holds an envelope checks it against the ledger without the
 * key. What the commitment cannot cover is the wraps, which are made after it: a bent wrap shows only when its reader opens
 * it, and is then refused there.
 */
import { z } from 'zod';
import {
  assert,
  boundedList,
  concatBytes,
  encode,
  fromHex,
  limits,
  type Random,
  strictMap,
  toHex,
  tryDecode,
  utf8ToBytes,
} from '../base/index.ts';
import {
  decryptRecord,
  encryptRecord,
  type KeyPair,
  recordCommitmentOf,
  sha256,
  sha256Hex,
  unwrapKey,
  wrapKey,
  wrappedKeyBytes,
} from '../crypto/index.ts';
import type { Member, Sealed } from '../ledger/index.ts';
import { pad, unpad } from './padding.ts';
import { decodeText, encodeText } from './record-text.ts';
import type { RecordText } from './vault.ts';

/** What an envelope may weigh: the largest plaintext, the wraps of the most readers, and what frames them. */
export const envelopeBytes = limits.recordBytes + limits.readersPerRecord * 256 + 1_024;

function bytesOf(byteLength: number) {
  return z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === byteLength);
}

const schema = strictMap({
  commitment: bytesOf(32),
  salt: bytesOf(32),
  keyHash: bytesOf(32),
  ciphertext: z.instanceof(Uint8Array),
  wraps: boundedList(strictMap({ reader: bytesOf(32), wrapped: bytesOf(wrappedKeyBytes) }), 1, limits.readersPerRecord),
});

/** Decoded, not yet compared with the ledger. */
export type Envelope = z.output<typeof schema>;

/** Seals `text` for `readers`, each named once. @throws CarechainError `record-too-large`. */
export async function sealEnvelope(options: {
  text: RecordText;
  readers: readonly Member[];
  /** Hash of the genesis. */
  network: string;
  random: Random;
}): Promise<{ sealed: Sealed; bytes: Uint8Array }> {
  const { text, network, random } = options;
  const readers = [...new Map(options.readers.map((reader) => [reader.id, reader])).values()].sort(byId);
  assert(readers.length > 0 && readers.length <= limits.readersPerRecord, 'sealEnvelope: expected 1 to 64 readers');
  const dataKey = random.bytes(32);
  const salt = random.bytes(32);
  const ciphertext = encryptRecord({
    plaintext: pad(encodeText(text)),
    dataKey,
    nonce: random.bytes(12),
    associatedData: recordContext(network),
  });
  const keyHash = sha256(dataKey);
  const commitment = recordCommitmentOf(salt, sha256(ciphertext), keyHash);
  const wraps: { reader: Uint8Array; wrapped: Uint8Array }[] = [];
  for (const { id, sealingKey } of readers) {
    const reader = fromHex(id);
    const context = wrapContext(network, commitment, reader);
    wraps.push({ reader, wrapped: await wrapKey({ dataKey, readerPublicKey: fromHex(sealingKey), context }) });
  }
  dataKey.fill(0);
  const bytes = encode({ commitment, salt, keyHash, ciphertext, wraps });
  return { sealed: { commitment: toHex(commitment), readers: readers.map(({ id }) => id) }, bytes };
}

/** Null where the bytes are not the one encoding of an envelope. */
export function decodeEnvelope(bytes: Uint8Array): Envelope | null {
  if (bytes.length > envelopeBytes) return null;
  const decoded = tryDecode(bytes);
  return decoded && (schema.safeParse(decoded.value).data ?? null);
}

/** What an envelope says it is a record of. A claim, until {@link checkEnvelope}. */
export function claimOf({ commitment, wraps }: Envelope): Sealed {
  return { commitment: toHex(commitment), readers: wraps.map(({ reader }) => toHex(reader)) };
}

/**
 * The envelope of these bytes, if it is what the ledger commits to: the commitment recomputes, and the wraps are for exactly
 * the readers named, in their order. Null otherwise. Needs no key.
 */
export function checkEnvelope(bytes: Uint8Array, sealed: Sealed): Envelope | null {
  const envelope = decodeEnvelope(bytes);
  if (envelope === null) return null;
  const { commitment, readers } = claimOf(envelope);
  if (commitment !== sealed.commitment || readers.length !== sealed.readers.length) return null;
  if (readers.some((reader, index) => reader !== sealed.readers[index])) return null;
  const { salt, ciphertext, keyHash } = envelope;
  return toHex(recordCommitmentOf(salt, sha256(ciphertext), keyHash)) === commitment ? envelope : null;
}

export type Opening =
  | { readonly state: 'open'; readonly text: RecordText }
  /** The wrap for this reader gives no key, or not the author's: a fault of whoever delivered it, most likely. */
  | { readonly state: 'bad-wrap' }
  /** The key fits and what it opens is no record: the author's own doing. */
  | { readonly state: 'no-record' };

/** Opens a checked envelope with the sealing key of one reader. `reader` is a member id. */
export async function openEnvelope(
  envelope: Envelope,
  options: { network: string; reader: string; sealing: KeyPair },
): Promise<Opening> {
  const { network, reader, sealing } = options;
  const wrap = envelope.wraps.find((each) => toHex(each.reader) === reader);
  if (wrap === undefined) return { state: 'bad-wrap' };
  const dataKey = await unwrapKey({
    wrapped: wrap.wrapped,
    readerSecretKey: sealing.secretKey,
    readerPublicKey: sealing.publicKey,
    context: wrapContext(network, envelope.commitment, wrap.reader),
  });
  if (dataKey === null || sha256Hex(dataKey) !== toHex(envelope.keyHash)) return { state: 'bad-wrap' };
  const { ciphertext } = envelope;
  const plaintext = decryptRecord({ ciphertext, dataKey, associatedData: recordContext(network) });
  dataKey.fill(0);
  const unpadded = plaintext === null ? null : unpad(plaintext);
  const text = unpadded === null ? null : decodeText(unpadded);
  return text === null ? { state: 'no-record' } : { state: 'open', text };
}

function recordContext(network: string): Uint8Array {
  return concatBytes(utf8ToBytes('carechain/record/1'), fromHex(network));
}

function wrapContext(network: string, commitment: Uint8Array, reader: Uint8Array): Uint8Array {
  return concatBytes(utf8ToBytes('carechain/wrap/1'), fromHex(network), commitment, reader);
}

function byId(left: Member, right: Member): number {
  return left.id < right.id ? -1 : 1;
}
