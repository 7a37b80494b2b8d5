/** Time as an argument: production has one clock, a test another, a simulation a third. */

export type Timer = { cancel(): void };

export interface Clock {
  /** Milliseconds since 1970 UTC, an integer. */
  now(): number;
  /** Calls once, after at least `delayMs`. */
  after(delayMs: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timeout = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timeout) };
  },
};

/** Calls again and again, each time `delayMs()` after the last call has finished. */
export function every(clock: Clock, delayMs: () => number, run: () => void | Promise<void>): Timer {
  let cancelled = false;
  let timer: Timer;
  const arm = () => {
    timer = clock.after(delayMs(), async () => {
      await run();
      if (!cancelled) arm();
    });
  };
  arm();
  return {
    cancel() {
      cancelled = true;
      timer.cancel();
    },
  };
}
