/**
 * The envelope of a stored value: the first 8 bytes of SHA-256(key ‖ value), then the value. LevelDB does not notice every
 * damaged byte; with the key in the hash a value that turns up under another key is noticed too.
 */
import { sha256Characters } from '../crypto/index.ts';
import { damaged } from './storage-errors.ts';

const checksumBytes = 8;

/** For the database at once: it lies in memory that many share, and is not to be kept. */
export function seal(key: string, value: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.allocUnsafe(checksumBytes + value.length);
  const envelope = new Uint8Array(buffer, byteOffset, length);
  const checksum = sha256Characters(key, value);
  for (let at = 0; at < checksumBytes; at++) envelope[at] = checksum.charCodeAt(at);
  envelope.set(value, checksumBytes);
  return envelope;
}

/** The value of an envelope. @throws CarechainError `folder-damaged` */
export function unseal(key: string, envelope: Uint8Array): Uint8Array {
  const value = soundValue(key, envelope);
  if (!value) throw damaged(key);
  return value;
}

/** The value of an envelope; null where it is not what was written under this key. */
export function soundValue(key: string, envelope: Uint8Array): Uint8Array | null {
  // The database may hand out a Buffer, whose `slice` and equality are not those of a Uint8Array.
  const { buffer, byteOffset, byteLength } = envelope;
  if (byteLength < checksumBytes) return null;
  const value = new Uint8Array(buffer, byteOffset + checksumBytes, byteLength - checksumBytes);
  const checksum = sha256Characters(key, value);
  for (let at = 0; at < checksumBytes; at++) if (checksum.charCodeAt(at) !== envelope[at]) return null;
  return value;
}
