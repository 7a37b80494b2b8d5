/** The clear content of a record and its bytes: DAG-CBOR of a map of plain values. */
import { CarechainError, decode, encode, limits } from '../base/index.ts';
import type { RecordText } from './vault.ts';

/** @throws CarechainError `record-too-large`. */
export function encodeText(text: RecordText): Uint8Array {
  const bytes = encode(text);
  if (bytes.length <= limits.recordBytes) return bytes;
  throw new CarechainError(
    'record-too-large',
    `This text is too long for one record: ${bytes.length} bytes, and ${limits.recordBytes} are allowed. Shorten it, or write it in two.`,
    { bytes: bytes.length, limit: limits.recordBytes },
  );
}

/** Null where the bytes are not what {@link encodeText} makes. */
export function decodeText(bytes: Uint8Array): RecordText | null {
  try {
    // As many values as there are bytes: whatever encodeText has made of a text must come back.
    const value = bytes.length <= limits.recordBytes ? decode(bytes, limits.recordBytes) : null;
    return isMap(value) ? value : null;
  } catch {
    // Whatever the decoder has against the bytes: they are no record.
    return null;
  }
}

function isMap(value: unknown): value is RecordText {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
