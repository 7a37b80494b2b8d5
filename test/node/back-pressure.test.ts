import { expect, test } from 'vitest';
import { limits } from '../../src/base/index.ts';
import { BackPressure } from '../../src/node/back-pressure.ts';
import { createVirtualClock } from '../network/virtual-clock.ts';

function pressed(unsettled: number) {
  const clock = createVirtualClock();
  const pressure = new BackPressure({ clock, unsettled: () => unsettled });
  return { clock, pressure };
}

/** Whether a promise is settled once everything that is ready has had its turn. */
async function isOver(promise: Promise<void>): Promise<boolean> {
  let over = false;
  void promise.then(() => {
    over = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return over;
}

test('nobody waits while little is unsettled', () => {
  const { pressure } = pressed(limits.unsettledAtEase - 1);
  pressure.relieve();
  expect(pressure.holdBack()).toBeNull();
});

test('where much is unsettled a submission waits for the next block', async () => {
  const { pressure } = pressed(limits.unsettledAtEase);
  pressure.relieve();
  const turn = pressure.holdBack()!;
  expect(await isOver(turn)).toBe(false);
  pressure.relieve();
  expect(await isOver(turn)).toBe(true);
});

test('but not for ever', async () => {
  const { clock, pressure } = pressed(limits.unsettledAtEase);
  pressure.relieve();
  const turn = pressure.holdBack()!;
  await clock.advance(limits.submissionDelayMs);
  expect(await isOver(turn)).toBe(true);
});

test('and not where no blocks come', async () => {
  const { clock, pressure } = pressed(limits.mempoolTransactionsPerAuthor);
  expect(pressure.holdBack()).toBeNull();
  pressure.relieve();
  await clock.advance(limits.blocksComeMs + 1);
  expect(pressure.holdBack()).toBeNull();
});
