/** A clock on which time passes faster, so that a test need not wait for minutes: timers keep their order. */
import { type Clock, systemClock } from '../../src/base/index.ts';

/** @param speed how many times faster than the wall clock. */
export function fastClock(speed: number): Clock {
  const start = systemClock.now();
  return {
    now: () => Math.floor(start + (systemClock.now() - start) * speed),
    after: (delayMs, run) => systemClock.after(delayMs / speed, run),
  };
}

/** A clock that is wrong by so many milliseconds. */
export function skewedClock(offsetMs: number): Clock {
  return { now: () => systemClock.now() + offsetMs, after: systemClock.after };
}
