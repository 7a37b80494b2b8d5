/** Bytes, and their one readable form: lower-case hex. */
import { assert } from './assert.ts';

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const hexDigits = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const shortHex = Buffer.alloc(128);

export function toHex(bytes: Uint8Array): string {
  return hexBetween(bytes, 0, bytes.length);
}

/** Of the bytes from `start` up to, not including, `end`. */
export function hexBetween(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length > 64) return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('hex');
  // Ids, keys and signatures are most of what is ever shown in hex: a window on each costs more than the digits.
  for (let at = 0; at < length; at++) {
    const byte = bytes[start + at]!;
    shortHex[2 * at] = hexDigits[byte >> 4]!;
    shortHex[2 * at + 1] = hexDigits[byte & 0x0f]!;
  }
  return shortHex.toString('latin1', 0, 2 * length);
}

/** The bytes of a lower-case hex string. The caller has checked it: see {@link isHex}. */
export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  let isSound = hex.length % 2 === 0;
  for (let at = 0; at < bytes.length; at++) {
    const [high, low] = [digitOf(hex, 2 * at), digitOf(hex, 2 * at + 1)];
    isSound &&= high !== noDigit && low !== noDigit;
    bytes[at] = (high << 4) | low;
  }
  assert(isSound, 'fromHex: expected lower-case hex');
  return bytes;
}

const noDigit = 0xff;
const digitValues = new Uint8Array(128).fill(noDigit);
for (const [value, digit] of hexDigits.entries()) digitValues[digit] = value;

function digitOf(text: string, at: number): number {
  return digitValues[text.charCodeAt(at)] ?? noDigit;
}

/** Whether `text` is lower-case hex; of exactly `byteLength` bytes where that is given. */
export function isHex(text: string, byteLength?: number): boolean {
  if (byteLength !== undefined && text.length !== byteLength * 2) return false;
  return text.length % 2 === 0 && /^[0-9a-f]*$/.test(text);
}

export function utf8ToBytes(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** The text of UTF-8 bytes. @throws TypeError where they are not UTF-8. */
export function bytesToUtf8(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes);
}

export function concatBytes(...parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return compareBytes(left, right) === 0;
}

/** Order by byte, a prefix first: negative, zero or positive. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right);
}
