/**
 * Whether a series grows. The slope is the median of the slopes between all pairs of points (Theil and Sen), its interval
 * the one that Sen derived from Kendall's rank correlation: neither asks how the noise is distributed, and a few wild
 * readings move neither. What a neighbour of a reading repeats of it (a cache that fills and is emptied, a mempool between
 * two blocks) would make the interval too narrow, so readings are first put together into windows, one value each.
 */
import { assert } from '../../src/base/index.ts';
import { quantile } from '../support/quantile.ts';

export interface Reading {
  /** Hours since the measurement began. */
  readonly atHours: number;
  readonly value: number;
}

/** Per hour. The true slope lies from `low` to `high` in 99 of 100 runs. */
export interface Slope {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
}

/** Of the normal distribution: 99 of 100, both sides. */
const deviationsOf99 = 2.576;
/** With fewer points the interval is all that there is. */
const leastPoints = 8;

/** What stands for all the values of a window, of which there is at least one. */
export type Level = (values: readonly number[]) => number;

/** What is left when the garbage of the moment is gone, which is where a leak of memory shows. */
export const lowest: Level = (values) => Math.min(...values);

/**
 * For what is less for some time, and more for some other time, as links are lost and strangers come: a window that saw either
 * would look lower, or higher. What is usual stays, and a leak moves it.
 */
export const median: Level = (values) => quantile(values, 0.5)!;

/** The level of each of `count` windows of equal length. A window without a reading is left out. */
export function levels(readings: readonly Reading[], count: number, levelOf: Level): Reading[] {
  const first = readings[0];
  const last = readings.at(-1);
  if (first === undefined || last === undefined) return [];
  const lengthHours = (last.atHours - first.atHours) / count;
  const windows = new Map<number, number[]>();
  for (const { atHours, value } of readings) {
    const window = Math.min(count - 1, Math.floor((atHours - first.atHours) / lengthHours));
    windows.set(window, [...(windows.get(window) ?? []), value]);
  }
  return [...windows]
    .sort(([left], [right]) => left - right)
    .map(([window, values]) => ({ atHours: first.atHours + (window + 0.5) * lengthHours, value: levelOf(values) }));
}

/** Null where there are too few points to tell. */
export function slopeOf(points: readonly Reading[]): Slope | null {
  // No comparison with what is no number holds, so it would look flat.
  assert(
    points.every(({ atHours, value }) => Number.isFinite(atHours) && Number.isFinite(value)),
    'readings are numbers',
  );
  const count = points.length;
  if (count < leastPoints) return null;
  const slopes: number[] = [];
  for (const [index, later] of points.entries()) {
    for (const earlier of points.slice(0, index)) {
      slopes.push((later.value - earlier.value) / (later.atHours - earlier.atHours));
    }
  }
  slopes.sort((left, right) => left - right);
  const spread = deviationsOf99 * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const reach = Math.ceil(spread / 2);
  const mean = slopes.length / 2;
  return {
    perHour: (slopes[Math.ceil(mean) - 1]! + slopes[Math.floor(mean)]!) / 2,
    low: slopes[Math.max(0, Math.floor(mean) - reach)]!,
    high: slopes[Math.min(slopes.length - 1, Math.ceil(mean) + reach)]!,
  };
}

/**
 * What a slope says: `flat` cannot be told from 0, `shrinking` lies below it; `small` lies above it and within the tolerance
 * with all of its interval; `growing` lies above it and may be beyond the tolerance; of `too-noisy` too little is known to
 * call it flat.
 */
export type Verdict = 'flat' | 'small' | 'shrinking' | 'growing' | 'too-noisy' | 'too-short';

export interface Bounds {
  readonly tolerancePerHour: number;
  /** The widest interval that still says something: a leak as large as that would have been seen. */
  readonly widestPerHour: number;
}

export function verdictOn(slope: Slope | null, { tolerancePerHour, widestPerHour }: Bounds): Verdict {
  if (slope === null) return 'too-short';
  if (slope.low > 0) return slope.high <= tolerancePerHour ? 'small' : 'growing';
  if (slope.high - slope.low > widestPerHour) return 'too-noisy';
  return slope.high < 0 ? 'shrinking' : 'flat';
}
