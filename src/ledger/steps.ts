/** Work that can be put aside after each step, so that whoever does it may let others in: the ledger itself knows no time. */
export type Steps<Result> = Generator<void, Result, void>;

/** Does all of it at once. */
export function completed<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
