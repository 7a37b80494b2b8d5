/**
 * One round of sync with one peer: what it brought, and how fast. A peer that drips is neither silent nor a liar, and yet
 * could hold up a sync for hours; where another has as much to offer, nobody waits for it a second time.
 */
import { CarechainError, type Clock } from '../base/index.ts';

/** An answer that takes longer is slow. */
const slowMs = 3_000;

export class SyncRound {
  /** Blocks that were of use. */
  blocks = 0;
  readonly #clock: Clock;
  readonly #isDispensable: () => boolean;
  #wasSlow = false;
  #workedMs = 0;
  #workingSince: number | null = null;

  constructor(clock: Clock, isDispensable: () => boolean) {
    this.#clock = clock;
    this.#isDispensable = isDispensable;
  }

  /** The answer, which counts however late it comes. @throws CarechainError `slow-peer` instead of asking once more. */
  async time<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    if (this.#wasSlow && this.#isDispensable()) throw new CarechainError('slow-peer', 'Another peer may be faster.');
    const askedAt = this.#notWorkedMs();
    const answer = await ask();
    this.#wasSlow = this.#notWorkedMs() - askedAt > slowMs;
    return answer;
  }

  /** Our own work, of which there may be much while an answer is on its way, is not the peer's slowness. */
  async working<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#workingSince = this.#clock.now();
    try {
      return await task();
    } finally {
      this.#workedMs += this.#clock.now() - this.#workingSince;
      this.#workingSince = null;
    }
  }

  /** This clock, but for the time of our own work. */
  #notWorkedMs(): number {
    const now = this.#clock.now();
    return now - this.#workedMs - (this.#workingSince === null ? 0 : now - this.#workingSince);
  }
}
