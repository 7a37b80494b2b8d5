/** How long work lets others in: it comes in pieces, with pauses in between. */
import type { Clock } from '../base/index.ts';
import type { Steps } from '../ledger/index.ts';

/** Lets others have a turn. */
export type Pause = () => Promise<void>;

/** The shortest pause: whatever else is ready goes first. */
export const turn: Pause = () => new Promise((resolve) => setImmediate(resolve));

/** How long the work on a chain goes on before others have their turn. */
const sliceMs = 8;
/** And how much of it at the most, in transactions, should the clock stand still. */
const mostAtOnce = 256;

/**
 * The work on a chain, in slices: when many wait for the event loop a turn takes long, and a block that had a turn for each
 * few of its transactions would take many times as long as what is done for it.
 */
export class Slices {
  readonly #clock: Pick<Clock, 'now'>;
  #since: number;
  #done = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** Whether it is the turn of others. @param done transactions since the last call; a block counts as one more. */
  isOver(done: number): boolean {
    this.#done += done;
    const workedMs = this.#clock.now() - this.#since;
    // Or the clock was set back.
    return workedMs >= sliceMs || workedMs < 0 || this.#done >= mostAtOnce;
  }

  /** Others have their turn; then the next slice begins. */
  async next(): Promise<void> {
    await turn();
    this.#since = this.#clock.now();
    this.#done = 0;
  }
}

/** Does work of the ledger that takes a step for each transaction. */
export async function inSlices<Result>(steps: Steps<Result>, clock: Pick<Clock, 'now'>): Promise<Result> {
  const slices = new Slices(clock);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (slices.isOver(1)) await slices.next();
  }
}
