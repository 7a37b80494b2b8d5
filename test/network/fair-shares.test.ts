import { expect, test } from 'vitest';
import { createFairShares, type FairShares } from '../../src/network/fair-shares.ts';

/** Time passes where work is done; what waits for time waits until the test lets it pass. */
function workshop(whoWants: 'the peer' | 'we' = 'the peer') {
  let nowMs = 1_000;
  const timers: { at: number; run: () => void }[] = [];
  const done: string[] = [];
  const clock = {
    now: () => nowMs,
    after(delayMs: number, run: () => void) {
      timers.push({ at: nowMs + delayMs, run });
      return { cancel() {} };
    },
  };
  const shares = createFairShares(clock, whoWants);
  return {
    shares,
    done,
    timers,
    /** So many pieces of so many milliseconds each. */
    pieces: (peerId: string, count: number, eachMs: number, of: FairShares = shares) =>
      of.work(peerId, async (breathe) => {
        for (let piece = 0; piece < count; piece += 1) {
          await breathe();
          nowMs += eachMs;
          done.push(peerId);
        }
      }),
    /** Lets time pass until the earliest timer, and whoever waited for it go on. */
    async rest() {
      const [first] = timers.splice(0, 1);
      nowMs = Math.max(nowMs, first!.at);
      first!.run();
      await turns();
    },
    setBack(ms: number) {
      nowMs -= ms;
    },
  };
}

async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('work goes on for its slice, then rests for as long as that took', async () => {
  const { pieces, done, timers, rest } = workshop();
  const working = pieces('a', 6, 1);
  await turns();
  expect([done.length, timers.map(({ at }) => at)]).toEqual([2, [1_004]]);
  await rest();
  expect([done.length, timers.map(({ at }) => at)]).toEqual([4, [1_008]]);
  await rest();
  await working;
  expect(done.length).toBe(6);
});

test('a share may have longer slices', async () => {
  const { shares, done, timers, pieces, rest } = workshop();
  const long: FairShares = { work: (name, run) => shares.work(name, run, 8) };
  const working = pieces('a', 9, 1, long);
  await turns();
  expect([done.length, timers.map(({ at }) => at)]).toEqual([8, [1_016]]);
  await rest();
  await working;
});

test('tasks of one peer share its slices, and go on one at a time', async () => {
  const { pieces, done, timers, rest } = workshop();
  const working = Promise.all([pieces('a', 1, 50), pieces('a', 1, 50), pieces('a', 1, 50)]);
  await turns();
  expect([done.length, timers.length]).toEqual([1, 1]);
  await rest();
  expect([done.length, timers.length]).toEqual([2, 1]);
  await rest();
  await working;
});

test('while one peer rests another works', async () => {
  const { pieces, done, rest } = workshop();
  const working = [pieces('a', 2, 10), pieces('b', 1, 1)];
  await turns();
  expect(done).toEqual(['a', 'b']);
  await rest();
  await Promise.all(working);
});

test('between the slices of many, whatever else waits has its turn', async () => {
  const { pieces, done } = workshop('we');
  const working = Promise.all(['a', 'b', 'c'].map((peerId) => pieces(peerId, 40, 1)));
  let longest = 0;
  let before = done.length;
  while (done.length < 120) {
    await turns(1);
    longest = Math.max(longest, done.length - before);
    before = done.length;
  }
  await working;
  // The first slice of each is at hand at once.
  expect(longest).toBeLessThanOrEqual(3 * 2);
  expect(
    Math.max(
      ...done
        .join('')
        .match(/a+|b+|c+/g)!
        .map(({ length }) => length),
    ),
  ).toBe(2);
});

test('a clock that is set back or far on does not stop anybody', async () => {
  const { pieces, done, timers, rest, setBack } = workshop();
  const back = pieces('a', 2, 1);
  setBack(100_000);
  await back;
  const on = pieces('b', 2, 3_600_000);
  await turns();
  expect(timers.map(({ at }) => at - (1_002 - 100_000 + 3_600_000))).toEqual([20]);
  await rest();
  await on;
  expect(done).toEqual(['a', 'a', 'b', 'b']);
});
