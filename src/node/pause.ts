/** How long work lets others in: it comes in pieces, with pauses in between. */
import type { Steps } from '../ledger/index.ts';

/** Lets others have a turn. */
export type Pause = () => Promise<void>;

/** The shortest pause: whatever else is ready goes first. */
export const turn: Pause = () => new Promise((resolve) => setImmediate(resolve));

/** Others have their turn after so many transactions; a block counts as one more. */
export const transactionsAtOnce = 64;

/** Does work of the ledger that takes a step for each transaction. */
export async function inTurns<Result>(steps: Steps<Result>): Promise<Result> {
  for (let count = 1; ; count++) {
    const step = steps.next();
    if (step.done) return step.value;
    if (count % transactionsAtOnce === 0) await turn();
  }
}
