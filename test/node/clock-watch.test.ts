import { expect, test } from 'vitest';
import { ClockWatch, offsetOf, type Voter } from '../../src/node/clock-watch.ts';

const hourMs = 3_600_000;
const stranger = (address: string, clockOffsetMs: number | null): Voter => ({
  ...{ address, clockOffsetMs, isConfigured: false },
});
const friend = (address: string, clockOffsetMs: number | null): Voter => ({
  ...{ address, clockOffsetMs, isConfigured: true },
});
/** One of each of so many ranges. */
const strangers = (...offsetsMs: (number | null)[]) =>
  offsetsMs.map((offsetMs, index) => stranger(`10.0.${index}.1:1`, offsetMs));
const friends = (...offsetsMs: (number | null)[]) =>
  offsetsMs.map((offsetMs, index) => friend(`127.0.0.1:${7_000 + index}`, offsetMs));
/** As many identities of one host. */
const crowd = (size: number, offsetMs: number) =>
  Array.from({ length: size }, (_, index) => stranger(`10.9.9.${index}:1`, offsetMs));

test.each([
  { case: 'nobody', peers: [], offsetMs: null },
  { case: 'one that has not said', peers: strangers(null), offsetMs: null },
  { case: 'one', peers: strangers(-30_000), offsetMs: -30_000 },
  { case: 'two that agree', peers: strangers(-30_000, -30_100), offsetMs: -30_000 },
  { case: 'two of which one is ahead', peers: strangers(40, hourMs), offsetMs: 40 },
  { case: 'two of which one is behind', peers: strangers(-hourMs, 40), offsetMs: 40 },
  { case: 'three of which one lies', peers: strangers(-10, hourMs, 20), offsetMs: 20 },
  { case: 'two strangers and a crowd', peers: [...crowd(20, hourMs), ...strangers(10, 20)], offsetMs: 20 },
  { case: 'one stranger and a crowd', peers: [...crowd(20, hourMs), ...strangers(10)], offsetMs: 10 },
  { case: 'a crowd alone', peers: crowd(20, hourMs), offsetMs: hourMs },
  { case: 'a host of which one lies', peers: [...crowd(1, hourMs), ...crowd(2, 30)], offsetMs: 30 },
  { case: 'a configured peer among strangers', peers: [...strangers(hourMs, hourMs), ...friends(30)], offsetMs: 30 },
  { case: 'a node that is wrong among liars', peers: [...strangers(0, 0, 0), ...friends(hourMs)], offsetMs: hourMs },
  { case: 'a configured peer that has not said', peers: [...strangers(-20), ...friends(null)], offsetMs: -20 },
  { case: 'three configured ones on one host', peers: friends(-10, -hourMs, -20), offsetMs: -20 },
])('the offset from the clocks of $case', ({ peers, offsetMs }) => {
  expect(offsetOf(peers)).toBe(offsetMs);
});

test('a wrong clock is told once, and again after it was right', () => {
  let offset: number | null = null;
  const told: string[] = [];
  const watch = new ClockWatch(
    () => offset,
    (sentence) => told.push(sentence),
  );
  for (const now of [null, 9_000, 12_000, 13_000, 0, -20_000]) {
    offset = now;
    watch.look();
  }
  expect(told).toEqual([
    'The clock of this node is 12 s behind those of its peers. Set it right; until then it does not mine.',
    'The clock of this node is 20 s ahead of those of its peers. Set it right; until then it does not mine.',
  ]);
});
