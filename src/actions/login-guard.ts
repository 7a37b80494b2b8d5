/**
 * Slows down whoever guesses passwords at this node: after five failures in a row each attempt waits, longer each time.
 * It guards the node and not a session, so that a new session is no new chance; attempts run one after another.
 */
import type { Clock } from '../base/index.ts';

const freeAttempts = 5;
const firstDelayMs = 1_000;
const longestDelayMs = 30_000;

export class LoginGuard {
  readonly #clock: Clock;
  #failures = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs an attempt when its turn has come. It answers null where it failed. */
  attempt<Value>(run: () => Promise<Value | null>): Promise<Value | null> {
    const turn = this.#last.then(() => this.#attempt(run));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #attempt<Value>(run: () => Promise<Value | null>): Promise<Value | null> {
    const delayMs = this.delayMs();
    if (delayMs > 0) await new Promise<void>((resolve) => this.#clock.after(delayMs, resolve));
    const value = await run();
    this.#failures = value === null ? this.#failures + 1 : 0;
    return value;
  }

  /** How long the next attempt will wait. */
  delayMs(): number {
    const over = this.#failures - freeAttempts;
    return over < 0 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** over);
  }
}
