/** The clear content of a record and its bytes: DAG-CBOR of a map of plain values. */
import { CarechainError, encode, limits, tryDecode } from '../base/index.ts';
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
  if (bytes.length > limits.recordBytes) return null;
  // As many values as there are bytes: whatever encodeText has made of a text must come back.
  const decoded = tryDecode(bytes, limits.recordBytes);
  return decoded && isMap(decoded.value) ? decoded.value : null;
}

function isMap(value: unknown): value is RecordText {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
