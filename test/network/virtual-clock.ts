import type { Clock } from '../../src/base/index.ts';

/** A clock that stands still until it is told to go on. */
export interface VirtualClock extends Clock {
  /** Calls what falls due, in order, and lets the event loop turn between any two. */
  advance(byMs: number): Promise<void>;
  /** Timers that are still armed. */
  armed(): number;
}

export function createVirtualClock(): VirtualClock {
  let now = 1_800_000_000_000;
  const timers = new Set<{ at: number; run: () => void }>();

  return {
    now: () => now,
    after(delayMs, run) {
      const timer = { at: now + Math.max(0, delayMs), run };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    async advance(byMs) {
      const end = now + byMs;
      await settle();
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= end).sort((left, right) => left.at - right.at)[0];
        if (due === undefined) break;
        timers.delete(due);
        now = due.at;
        due.run();
        await settle();
      }
      now = end;
    },
    armed: () => timers.size,
  };
}

/** Enough turns of the event loop for an exchange over wires in memory. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
