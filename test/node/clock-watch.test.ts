import { expect, test } from 'vitest';
import { ClockWatch, medianOffset } from '../../src/node/clock-watch.ts';

test.each([
  { case: 'nobody', offsets: [], median: null },
  { case: 'one that has not said', offsets: [null], median: null },
  { case: 'one', offsets: [-30_000], median: -30_000 },
  { case: 'two that agree', offsets: [-30_000, -30_100], median: -30_000 },
  { case: 'two of which one is ahead', offsets: [40, 3_600_000], median: 40 },
  { case: 'two of which one is behind', offsets: [-3_600_000, 40], median: 40 },
  { case: 'three of which one lies', offsets: [-10, 3_600_000, 20], median: 20 },
])('the median offset of $case', ({ offsets, median }) => {
  expect(medianOffset(offsets)).toBe(median);
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
