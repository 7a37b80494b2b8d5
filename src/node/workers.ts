/** The workers port: what costs a processor and may run off the main thread. Inline in tests and simulations. */
import { searchNonce, verifyStrict } from '../crypto/index.ts';

export interface SignatureCheck {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

export interface NonceSearch {
  /** hash = SHA-256(prefix ‖ nonce ‖ suffix), at most `target`. */
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
  readonly target: Uint8Array;
}

export interface Workers {
  /** One verdict for each check, in order. */
  verify(checks: readonly SignatureCheck[]): Promise<boolean[]>;
  /** The eight bytes that reach the target; null once `signal` is aborted. */
  searchNonce(search: NonceSearch, signal: AbortSignal): Promise<Uint8Array | null>;
  stop(): Promise<void>;
}

/** How many hashes are tried before others get a turn: about ten milliseconds of work. */
export const attemptsAtOnce = 5_000;

/** Does the work where it is called, with a pause between the pieces so that nothing else starves. */
export const inlineWorkers: Workers = {
  async verify(checks) {
    return checks.map(({ publicKey, message, signature }) => verifyStrict(publicKey, message, signature));
  },
  async searchNonce(search, signal) {
    for (let start = 0n; !signal.aborted; start += BigInt(attemptsAtOnce)) {
      const found = searchNonce({ ...search, start, attempts: attemptsAtOnce });
      if (found) return found.nonce;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return null;
  },
  async stop() {},
};
