/**
 * Proof of work: finding a nonce is expensive and checking it is one hash.
 *
 * A difficulty of d means d hashes on average: a hash meets the target floor((2^256 − 1) / d) with a chance of about 1/d.
 */
import { hash } from 'node:crypto';
import { assert, compareBytes, concatBytes, toHex } from '../base/index.ts';

const nonceBytes = 8;

/** The largest hash that is good enough, big-endian: 32 bytes. `difficulty` is a whole number from 1 up. */
export function workTarget(difficulty: number): Uint8Array {
  assert(Number.isSafeInteger(difficulty) && difficulty >= 1, 'workTarget: the difficulty is a whole number from 1 up');
  const target = (2n ** 256n - 1n) / BigInt(difficulty);
  return new Uint8Array(Buffer.from(target.toString(16).padStart(64, '0'), 'hex'));
}

/** Whether a 32-byte hash, read as a big-endian number, is at most the target. */
export function meetsTarget(hash: Uint8Array, target: Uint8Array): boolean {
  assert(hash.length === 32 && target.length === 32, 'meetsTarget: expected 32 bytes each');
  return compareBytes(hash, target) <= 0;
}

/**
 * Tries `attempts` nonces, from `start` up: SHA-256(prefix ‖ nonce ‖ suffix) must meet the target. The nonce is 8 bytes,
 * big-endian, and goes on at zero after the last one. Answers the first that does and how many were tried, or null; the caller
 * goes on at `start + attempts` and may stop in between.
 */
export function searchNonce(options: {
  prefix: Uint8Array;
  suffix: Uint8Array;
  target: Uint8Array;
  start: bigint;
  attempts: number;
}): { nonce: Uint8Array; attempts: number } | null {
  const { prefix, suffix, target, start } = options;
  assert(target.length === 32, 'searchNonce: expected a target of 32 bytes');
  const preimage = concatBytes(prefix, new Uint8Array(nonceBytes), suffix);
  const nonceEnd = prefix.length + nonceBytes;
  new DataView(preimage.buffer).setBigUint64(prefix.length, BigInt.asUintN(64, start));
  // Lower-case hex of one length sorts as the numbers do, and the runtime makes a string more than twice as fast as bytes.
  const targetHex = toHex(target);
  for (let attempt = 1; attempt <= options.attempts; attempt++) {
    if (hash('sha256', preimage, 'hex') <= targetHex) {
      return { nonce: preimage.slice(prefix.length, nonceEnd), attempts: attempt };
    }
    // Adds one from the last byte; a byte that wraps to zero carries into the one before it.
    for (let index = nonceEnd - 1; index >= prefix.length; index--) {
      preimage[index] = (preimage[index]! + 1) & 0xff;
      if (preimage[index] !== 0) break;
    }
  }
  return null;
}
