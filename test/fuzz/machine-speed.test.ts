import { expect, test } from 'vitest';
import { slownessOfMachine } from './machine-speed.ts';

/** A clock on which so many milliseconds pass between any two looks. */
function clockOf(stepMs: number): () => number {
  let now = 0;
  return () => {
    now += stepMs;
    return now;
  };
}

test.each([
  ['a tenth as fast', 10_000 / 13, 10],
  ['as fast', 1_000 / 13, 1],
  ['faster', 10, 1],
])(
  'where a thousand verifications are %s as on the machine that is meant, work is given its time',
  (_, tookMs, times) => {
    expect(slownessOfMachine(clockOf(tookMs))).toBeCloseTo(times);
  },
);
