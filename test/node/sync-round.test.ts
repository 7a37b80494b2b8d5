import { expect, test } from 'vitest';
import { SyncRound } from '../../src/node/sync-round.ts';
import { createVirtualClock } from '../network/virtual-clock.ts';

const slowMs = 4_000;

test('a peer that is slow is not waited for again where another may be faster', async () => {
  const clock = createVirtualClock();
  const round = new SyncRound(clock, () => true);
  const slow = round.time(() => new Promise<void>((resolve) => clock.after(slowMs, resolve)));
  await clock.advance(slowMs);
  await slow;
  await expect(round.time(async () => {})).rejects.toMatchObject({ code: 'slow-peer' });
});

test('our own work, while its answer waits to be looked at, is not its slowness', async () => {
  const clock = createVirtualClock();
  const round = new SyncRound(clock, () => true);
  let answer = () => {};
  const asked = round.time(
    () =>
      new Promise<void>((resolve) => {
        answer = resolve;
      }),
  );
  const work = round.working(async () => {
    await new Promise<void>((resolve) => clock.after(slowMs, resolve));
    answer();
    await asked;
  });
  await clock.advance(slowMs);
  await work;
  await round.time(async () => {});
});
