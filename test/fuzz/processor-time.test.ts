import { expect, test } from 'vitest';
import { type ProcessorClock, processorClock } from './processor-time.ts';

/** Each look takes a millisecond. */
function running(): ProcessorClock {
  let ms = 0;
  return () => ms++;
}

test('what the kernel says of the thread is taken where it runs', () => {
  const ofThread = running();
  expect(processorClock(ofThread, running())).toBe(ofThread);
});

test.each([
  ['stands still', () => 0],
  ['says nothing', () => Number.NaN],
])('where it %s, the time of the process is', (_what, ofThread) => {
  const ofProcess = running();
  expect(processorClock(ofThread, ofProcess)).toBe(ofProcess);
});
