/**
 * Signature checks on their way to a thread: two arrays that are handed over, where a list of objects would be copied value by
 * value, on both sides.
 */
import type { SignatureCheck } from './workers.ts';

export interface PackedChecks {
  /** Of public key, message and signature of each check, one after the other. */
  readonly lengths: Uint32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const partsOf = ({ publicKey, message, signature }: SignatureCheck) => [publicKey, message, signature] as const;

export function packChecks(checks: readonly SignatureCheck[]): PackedChecks {
  const parts = checks.flatMap(partsOf);
  const lengths = Uint32Array.from(parts, ({ length }) => length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    bytes.set(part, start);
    start += part.length;
  }
  return { lengths, bytes };
}

/** Windows on what was packed. */
export function* unpackChecks({ lengths, bytes }: PackedChecks): Iterable<SignatureCheck> {
  let start = 0;
  const next = (length: number) => {
    start += length;
    return bytes.subarray(start - length, start);
  };
  for (let part = 0; part < lengths.length; part += 3) {
    yield {
      publicKey: next(lengths[part]!),
      message: next(lengths[part + 1]!),
      signature: next(lengths[part + 2]!),
    };
  }
}
