/** SHA-256 (FIPS 180-4), plain and with a tag that says what is hashed. */
import { createHash, hash } from 'node:crypto';
import { utf8ToBytes } from '../base/index.ts';

export const hashBytes = 32;

/** SHA-256 of the parts, one after the other: 32 bytes. */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return plain(hash('sha256', parts[0]!, 'buffer'));
  const hasher = createHash('sha256');
  for (const part of parts) hasher.update(part);
  return plain(hasher.digest());
}

/**
 * SHA-256(UTF-8(tag) ‖ parts): 32 bytes. The tag, for example `carechain/transaction/1`, keeps a hash or a signature of one
 * kind of thing from ever standing for another. No tag may be the beginning of another, and where more than one part has no
 * fixed length the caller encodes them into one first.
 */
export function taggedHash(tag: string, ...parts: Uint8Array[]): Uint8Array {
  return sha256(utf8ToBytes(tag), ...parts);
}

/** A Buffer is a Uint8Array with other habits (`slice` shares memory, equality in tests differs): it stays in here. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
