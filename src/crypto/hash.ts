/** SHA-256 (FIPS 180-4), plain and with a tag that says what is hashed. */
import { createHash, hash } from 'node:crypto';

export const hashBytes = 32;

/** Text stands for its UTF-8 bytes. */
export type Hashed = Uint8Array | string;

/** Most of what is hashed is short: it is put together here, since a hash in one call takes a third of one in several. */
const together = Buffer.alloc(2_048);
/** Its first bytes, by their number: to make such a window takes as long as the hash of a short value. */
const windows: Uint8Array[] = [];

/** SHA-256 of the parts, one after the other: 32 bytes. */
export function sha256(...parts: readonly Hashed[]): Uint8Array {
  // An array of so few bytes costs next to nothing, and the Buffer that the runtime would make of them more than the hash.
  const digits = digest(parts, 'binary');
  const bytes = new Uint8Array(hashBytes);
  for (let at = 0; at < hashBytes; at++) bytes[at] = digits.charCodeAt(at);
  return bytes;
}

/** SHA-256 of the parts as 32 characters, each of them a byte: for whoever compares or copies some of them. */
export function sha256Characters(...parts: readonly Hashed[]): string {
  return digest(parts, 'binary');
}

/** SHA-256 of the parts in lower-case hex, as ids are in memory. */
export function sha256Hex(...parts: readonly Hashed[]): string {
  return digest(parts, 'hex');
}

/**
 * SHA-256(UTF-8(tag) ‖ parts): 32 bytes. The tag, for example `carechain/transaction/1`, keeps a hash or a signature of one
 * kind of thing from ever standing for another. No tag may be the beginning of another, and where more than one part has no
 * fixed length the caller encodes them into one first.
 */
export function taggedHash(tag: string, ...parts: Uint8Array[]): Uint8Array {
  return sha256(tag, ...parts);
}

/** {@link taggedHash} in lower-case hex. */
export function taggedHashHex(tag: string, ...parts: Uint8Array[]): string {
  return sha256Hex(tag, ...parts);
}

function digest(parts: readonly Hashed[], encoding: 'binary' | 'hex'): string {
  if (parts.length === 1) return hash('sha256', parts[0]!, encoding);
  const length = putTogether(parts);
  if (length === null) return streamed(parts, encoding);
  windows[length] ??= together.subarray(0, length);
  const digits = hash('sha256', windows[length], encoding);
  // It may have been a key.
  Uint8Array.prototype.fill.call(windows[length], 0);
  return digits;
}

/** @returns how long they are together; null where they are longer than there is room. */
function putTogether(parts: readonly Hashed[]): number | null {
  let length = 0;
  for (const part of parts) {
    // Of text each unit takes three bytes at the most.
    const most = typeof part === 'string' ? 3 * part.length : part.length;
    if (length + most > together.length) return null;
    if (typeof part === 'string') length += together.write(part, length);
    else {
      together.set(part, length);
      length += part.length;
    }
  }
  return length;
}

function streamed(parts: readonly Hashed[], encoding: 'binary' | 'hex'): string {
  const hasher = createHash('sha256');
  for (const part of parts) hasher.update(part);
  return hasher.digest(encoding);
}
