import { expect, test } from 'vitest';
import { Chance } from '../support/chance.ts';
import { levels, lowest, median, type Reading, type Slope, slopeOf, verdictOn } from './slope.ts';

const minutes = 30;
const windows = 16;
const megabyte = 1_000_000;
/** Wide enough for the noise of half an hour. */
const memory = { tolerancePerHour: 1.4 * megabyte, widestPerHour: 15 * megabyte };
const counts = { tolerancePerHour: 1, widestPerHour: 10 };

/** What the heap of a node looks like: a level, a saw of garbage, noise that remembers itself, now and then a spike. */
function series(seed: string, leakPerHour: number): Reading[] {
  const chance = new Chance(seed);
  let drift = 0;
  return Array.from({ length: minutes * 6 }, (_, index) => {
    const atHours = index / 360;
    drift = 0.8 * drift + (chance.fraction() - 0.5) * megabyte;
    const saw = (index % 7) * 0.4 * megabyte;
    const spike = chance.happens(0.02) ? 30 * megabyte : 0;
    return { atHours, value: 60 * megabyte + drift + saw + spike + leakPerHour * atHours };
  });
}

function slopesOver(runs: number, leakPerHour: number): Slope[] {
  return Array.from(
    { length: runs },
    (_, run) => slopeOf(levels(series(`slope/${run}`, leakPerHour), windows, lowest))!,
  );
}

test('no leak: the interval holds 0 in at least 97 of 100 runs, and the others are half above it', () => {
  const slopes = slopesOver(400, 0);
  const holding = slopes.filter(({ low, high }) => low <= 0 && high >= 0);
  expect(holding.length).toBeGreaterThanOrEqual(388);
  // Of 99 of 100, on one side; a whole interval above the tolerance comes by chance in none.
  expect(slopes.filter((slope) => verdictOn(slope, memory) === 'growing').length).toBeLessThanOrEqual(6);
  expect(slopes.filter(({ low }) => low > memory.tolerancePerHour)).toEqual([]);
  expect(slopes.filter((slope) => verdictOn(slope, memory) === 'too-noisy')).toEqual([]);
});

test('a leak of 8 MB an hour is found in each of 400 runs of half an hour, and its size is in the interval', () => {
  const slopes = slopesOver(400, 8 * megabyte);
  expect(slopes.filter((slope) => verdictOn(slope, memory) !== 'growing')).toEqual([]);
  const holding = slopes.filter(({ low, high }) => low <= 8 * megabyte && high >= 8 * megabyte);
  expect(holding.length).toBeGreaterThanOrEqual(388);
});

test('what counts, such as handles: one more every two minutes is found; one that comes and goes is not', () => {
  const handles = (valueAt: (index: number) => number) =>
    slopeOf(
      levels(
        Array.from({ length: 180 }, (_, index) => ({ atHours: index / 360, value: valueAt(index) })),
        windows,
        lowest,
      ),
    );
  expect(
    verdictOn(
      handles((index) => 30 + Math.floor(index / 12)),
      counts,
    ),
  ).toBe('growing');
  expect(
    verdictOn(
      handles((index) => 30 + (index % 5 === 0 ? 1 : 0)),
      counts,
    ),
  ).toBe('flat');
  expect(handles(() => 30)).toEqual({ perHour: 0, low: 0, high: 0 });
});

test('handles that follow the links of a node: of 110 minutes 80 are enough to find a leak of them, and nothing else', () => {
  const handles = (run: number, leakPerHour: number) => {
    const chance = new Chance(`handles/${run}`);
    let open = 0;
    let lasts = 0;
    const readings = Array.from({ length: 80 * 6 }, (_, index) => {
      if (lasts === 0) [open, lasts] = nextLinks(chance);
      lasts -= 1;
      const value = open + (chance.happens(0.25) ? 1 : 0) + Math.floor((leakPerHour * index) / 360);
      return { atHours: index / 360, value };
    });
    return verdictOn(slopeOf(levels(readings, windows, median)), counts);
  };
  const runs = Array.from({ length: 200 }, (_, run) => run);
  const withoutLeak = runs.map((run) => handles(run, 0));
  expect(withoutLeak.filter((verdict) => verdict === 'too-noisy')).toEqual([]);
  expect(withoutLeak.filter((verdict) => verdict === 'growing').length).toBeLessThanOrEqual(4);
  // Of 99 of 100, on one side.
  expect(runs.map((run) => handles(run, 6)).filter((verdict) => verdict !== 'growing').length).toBeLessThanOrEqual(4);
});

/** Handles and for how many readings there were so many, as a soak had them: less than usual, more, or as usual. */
function nextLinks(chance: Chance): [handles: number, readings: number] {
  const part = chance.fraction();
  if (part < 0.25) return [10, chance.between(1, 4)];
  if (part < 0.4) return [21 + chance.between(0, 1), chance.between(2, 5)];
  return [17 + chance.between(0, 1), chance.between(1, 8)];
}

test('the words for a slope', () => {
  const slope = (low: number, high: number): Slope => ({ perHour: (low + high) / 2, low, high });
  expect(verdictOn(slope(-1, 3), counts)).toBe('flat');
  expect(verdictOn(slope(0.5, 1), counts)).toBe('small');
  expect(verdictOn(slope(0.5, 3), counts)).toBe('growing');
  expect(verdictOn(slope(1.5, 3), counts)).toBe('growing');
  expect(verdictOn(slope(1, 39), { tolerancePerHour: 1.4, widestPerHour: 15 })).toBe('growing');
  expect(verdictOn(slope(-3, -1), counts)).toBe('shrinking');
  expect(verdictOn(slope(-5, 5), counts)).toBe('flat');
  expect(verdictOn(slope(-5, 6), counts)).toBe('too-noisy');
  expect(verdictOn(slope(-20, -1), counts)).toBe('too-noisy');
  expect(verdictOn(null, counts)).toBe('too-short');
  expect(slopeOf([{ atHours: 0, value: 1 }])).toBeNull();
  expect(levels([], windows, lowest)).toEqual([]);
});

test('a reading that is no number is a fault of the measurement, and not flat', () => {
  const points = Array.from({ length: windows }, (_, index) => ({
    atHours: index,
    value: index === 3 ? Number.NaN : 1,
  }));
  expect(() => slopeOf(points)).toThrow('readings are numbers');
});
