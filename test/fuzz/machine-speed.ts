/**
 * How long something may take is said for the machine on which it was measured first. One that is slower now, or shares its
 * cores with other programs, is given as much more time as a yardstick takes there: an Ed25519 verification.
 */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import type { ProcessorClock } from './processor-time.ts';

/** Of the machine that a limit in milliseconds is meant for, in a second on one core. */
const referenceVerifications = 13_000;
const verifications = 1_000;

/** How many times longer work takes here and now; 1 where it takes no longer. @param processorMs of this thread. */
export function slownessOfMachine(processorMs: ProcessorClock): number {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const message = Buffer.alloc(350);
  const signature = sign(null, message, privateKey);
  const start = processorMs();
  for (let count = 0; count < verifications; count++) verify(null, message, publicKey, signature);
  const tookMs = processorMs() - start;
  return Math.max(1, (tookMs * referenceVerifications) / (verifications * 1_000));
}
