/**
 * Padding, so that the size of a sealed record tells little of what it says:
 *
 *   padded = length of the text (4 bytes, big-endian) ‖ text ‖ zeros
 *
 * The text and its zeros fill the smallest step that is large enough. All of it is encrypted, so whoever holds a record
 * learns which of five sizes it has and no more. One text has one padding; all others are refused.
 */
import { assert, limits } from '../base/index.ts';

const lengthBytes = 4;
/** Sizes of text and zeros together. The last one is what a record may have at most. */
const stepsBytes = [256, 1_024, 4_096, 16_384, limits.recordBytes] as const;

export function pad(text: Uint8Array): Uint8Array {
  const step = stepFor(text.length);
  assert(step !== undefined, 'pad: expected at most limits.recordBytes');
  const padded = new Uint8Array(lengthBytes + step);
  new DataView(padded.buffer).setUint32(0, text.length);
  padded.set(text, lengthBytes);
  return padded;
}

/** The text that {@link pad} was given. Null where the bytes are not what it makes. */
export function unpad(padded: Uint8Array): Uint8Array | null {
  if (padded.length < lengthBytes) return null;
  const length = new DataView(padded.buffer, padded.byteOffset, padded.byteLength).getUint32(0);
  if (padded.length - lengthBytes !== stepFor(length)) return null;
  const end = lengthBytes + length;
  if (padded.subarray(end).some((byte) => byte !== 0)) return null;
  return padded.slice(lengthBytes, end);
}

function stepFor(length: number): number | undefined {
  return stepsBytes.find((step) => step >= length);
}
