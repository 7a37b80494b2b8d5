/** Chance as an argument: production has the operating system's, a simulation one that starts from a seed. */
import { randomBytes } from 'node:crypto';

export interface Random {
  /** Unpredictable bytes. */
  bytes(length: number): Uint8Array;
  /** A number from 0 up to, not including, 1; for jitter only. */
  fraction(): number;
}

export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
};
