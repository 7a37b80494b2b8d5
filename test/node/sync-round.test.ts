import { expect, test } from 'vitest';
import { limits } from '../../src/base/index.ts';
import type { Block } from '../../src/ledger/index.ts';
import type { Round } from '../../src/network/index.ts';
import { SyncRound } from '../../src/node/sync-round.ts';
import { createVirtualClock } from '../network/virtual-clock.ts';

const noRound: Round = { brought() {}, working: (task) => task() };
const blocks = (count: number, bytes = 1_000): Block[] =>
  Array.from({ length: count }, () => ({ bytes: new Uint8Array(bytes) }) as Block);

/** How many are asked for after `count` came in `tookMs`. */
async function rangeAfter(count: number, tookMs: number): Promise<number> {
  const clock = createVirtualClock();
  const round = new SyncRound(clock, noRound, true);
  const asked = round.time(() => new Promise((resolve) => clock.after(tookMs, () => resolve(blocks(count)))));
  await clock.advance(tookMs);
  await asked;
  return round.nextRange;
}

test('a peer that was of use is asked for whole ranges, one that is not known for a single block first', () => {
  const clock = createVirtualClock();
  expect(new SyncRound(clock, noRound, true).nextRange).toBe(limits.blocksPerRequest);
  expect(new SyncRound(clock, noRound, false).nextRange).toBe(1);
});

test('what a peer gives in a second is what it is asked for next, within bounds', async () => {
  expect(await rangeAfter(1, 5)).toBe(limits.blocksPerRequest);
  expect(await rangeAfter(128, 2_000)).toBe(64);
  expect(await rangeAfter(1, 2_900)).toBe(32);
  expect(await rangeAfter(128, 9_000)).toBe(32);
});

test('our own work, while its answer waits to be looked at, is not its slowness', async () => {
  const clock = createVirtualClock();
  const round = new SyncRound(clock, noRound, true);
  let answer = () => {};
  const asked = round.time(
    () =>
      new Promise((resolve) => {
        answer = () => resolve(blocks(128));
      }),
  );
  const work = round.working(async () => {
    await new Promise<void>((resolve) => clock.after(4_000, resolve));
    answer();
    await asked;
  });
  await clock.advance(4_000);
  await work;
  expect(round.nextRange).toBe(limits.blocksPerRequest);
});
