/** What the machine can do at the most, one core at a time: the yardstick of every other question. */
import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';
import { Level } from 'level';
import { quantile } from '../test/support/quantile.ts';
import type { Form, Question } from './question.ts';
import { privateKeyOf } from './quick-world.ts';
import { emptyFolder } from './workplace.ts';

/** As long as what the signature of a transaction covers. */
const signedBytes = 350;
const signatures = 256;
const keys = 16;
/** As long as a header around its nonce. */
const headerBytes = 450;
const batchBytes = 500;

/** Ed25519 verifications of node:crypto with key objects that were made before, on this core. */
export function verifiesPerSecond(ms: number): number {
  const pairs = Array.from({ length: keys }, (_, index) => {
    const privateKey = createPrivateKey(privateKeyOf(new Uint8Array(32).fill(index)));
    return { privateKey, publicKey: createPublicKey(privateKey) };
  });
  const checks = Array.from({ length: signatures }, (_, index) => {
    const { privateKey, publicKey } = pairs[index % keys]!;
    const message = Buffer.alloc(signedBytes, index);
    return { publicKey, message, signature: sign(null, message, privateKey) };
  });
  return perSecond(ms, (count) => {
    const { publicKey, message, signature } = checks[count % signatures]!;
    verify(null, message, publicKey, signature);
  });
}

/** SHA-256 of so many bytes, of node:crypto. */
export function hashesPerSecond(ms: number, bytes = headerBytes): number {
  const message = Buffer.alloc(bytes, 7);
  return perSecond(ms, () => hash('sha256', message, 'hex'));
}

/** One after the other, each of one value, each synced to the disk. */
export async function syncedBatchesPerSecond(ms: number): Promise<number> {
  const folder = await emptyFolder();
  const database = new Level<string, Uint8Array>(folder.path, { valueEncoding: 'view' });
  try {
    await database.open();
    const value = new Uint8Array(batchBytes).fill(7);
    const beganAt = performance.now();
    let count = 0;
    while (performance.now() - beganAt < ms) {
      await database.batch([{ type: 'put', key: `batch/${count}`, value }], { sync: true });
      count += 1;
    }
    return (count * 1_000) / (performance.now() - beganAt);
  } finally {
    await database.close();
    await folder.remove();
  }
}

/** Does `task` between two measurements of a limit: the machine is noisy, and their mean is what it could do meanwhile. */
export async function beside<Result>(
  measure: (ms: number) => number | Promise<number>,
  task: () => Promise<Result>,
): Promise<{ limit: number; result: Result }> {
  const before = await measure(besideMs);
  const result = await task();
  const after = await measure(besideMs);
  return { limit: (before + after) / 2, result };
}

const besideMs = 500;
/** The clock is looked at once in so many. */
const sliceCount = 64;

function perSecond(ms: number, doOne: (count: number) => void): number {
  const beganAt = performance.now();
  let count = 0;
  while (performance.now() - beganAt < ms) {
    for (let index = 0; index < sliceCount; index++) doOne(count + index);
    count += sliceCount;
  }
  return (count * 1_000) / (performance.now() - beganAt);
}

/** How much a limit varies within one run: its slowest tenth of a second as a part of its median. */
function steadiness(measure: (ms: number) => number): number {
  const tenths = Array.from({ length: 10 }, () => measure(100));
  return Math.min(...tenths) / quantile(tenths, 0.5)!;
}

export const limit: Question = {
  name: 'limit',
  asks: 'What can one core and the disk do at the most?',
  targets: [],
  async run({ isQuick }: Form) {
    const ms = isQuick ? 300 : 2_000;
    return {
      verifiesPerSecond: verifiesPerSecond(ms),
      hashesPerSecond: hashesPerSecond(ms),
      syncedBatchesPerSecond: await syncedBatchesPerSecond(ms),
      verifySteadinessTimes: steadiness(verifiesPerSecond),
    };
  },
};
