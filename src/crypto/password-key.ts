/**
 * From a password to a key: scrypt (RFC 7914) with r = 8 and p = 1, so that N alone says what a guess costs.
 *
 * N has two bounds. Below the least, a file could be rewritten so that guessing gets cheap; above the most, a file could take
 * all the memory of the machine that opens it.
 */
import { scrypt } from 'node:crypto';
import { utf8ToBytes } from '../base/index.ts';

const keyBytes = 32;
const blockSize = 8;
const leastCost = 2 ** 14;
const mostCost = 2 ** 20;

/** About a third of a second and 128 MiB. */
export const usualCost = 2 ** 17;

/** Whether N is a power of two from 2^14 to 2^20 (16 MiB to 1 GiB). */
export function isAllowedCost(N: number): boolean {
  return N >= leastCost && N <= mostCost && Number.isInteger(Math.log2(N));
}

/**
 * The 32-byte key of a password, computed off the main thread. One password typed on two keyboards may arrive in two forms;
 * normalization form C makes them one.
 */
export function passwordKey(password: string, salt: Uint8Array, N: number): Promise<Uint8Array> {
  const passwordBytes = utf8ToBytes(password.normalize('NFC'));
  // scrypt needs 128·N·r bytes and a little; without `maxmem` the runtime stops at 32 MiB.
  const options = { N, r: blockSize, p: 1, maxmem: 256 * N * blockSize };
  return new Promise((resolve, reject) => {
    scrypt(passwordBytes, salt, keyBytes, options, (error, key) => {
      if (error) reject(error);
      else resolve(new Uint8Array(key));
    });
  });
}
