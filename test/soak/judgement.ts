/**
 * Which of the figures of a node must not grow, and how much is too much. A node is meant to run for a month between two
 * restarts, 720 hours.
 */
import type { Role } from './founding.ts';
import type { Sample } from './samples.ts';
import {
  type Bounds,
  type Level,
  levels,
  lowest,
  median,
  type Slope,
  slopeOf,
  type Verdict,
  verdictOn,
} from './slope.ts';

const monthHours = 720;
/** A month may add a gigabyte: the node stays far below the four that V8 gives it, and fits beside others on one machine. */
const memory: Bounds = {
  tolerancePerHour: 1_000_000_000 / monthHours,
  // What a leak of some hundred bytes a transaction would bring.
  widestPerHour: 15_000_000,
};
/** A month may not use up the 1,024 descriptors that a process usually has. */
const counts: Bounds = { tolerancePerHour: 1, widestPerHour: 10 };

export interface Figure {
  readonly name: string;
  /** Null where it is told only: to know what kind of memory it is that grows. */
  readonly bounds: Bounds | null;
  /** Of the values of a window; the lowest where it is not said. */
  readonly levelOf?: Level;
  valueOf(sample: Sample): number;
}

export const figures: readonly Figure[] = [
  { name: 'heap', bounds: memory, valueOf: ({ heapBytes }) => heapBytes },
  { name: 'buffers', bounds: memory, valueOf: ({ externalBytes }) => externalBytes },
  { name: 'anonymous memory', bounds: memory, valueOf: ({ anonymousBytes }) => anonymousBytes },
  { name: 'of it native', bounds: null, valueOf: ({ nativeBytes }) => nativeBytes },
  { name: 'of it V8 pages', bounds: null, valueOf: ({ v8Bytes }) => v8Bytes },
  { name: 'descriptors', bounds: counts, valueOf: ({ descriptors }) => descriptors },
  { name: 'handles', bounds: counts, levelOf: median, valueOf: ({ resources }) => resources },
  { name: 'threads', bounds: counts, valueOf: ({ threads }) => threads },
  { name: 'files beside the ledger', bounds: counts, valueOf: ({ otherFiles }) => otherFiles },
];

export interface Judged {
  readonly role: Role;
  readonly figure: string;
  readonly samples: number;
  /** Of the first window and of the last. */
  readonly from: number;
  readonly to: number;
  readonly slope: Slope | null;
  readonly verdict: Verdict | 'not judged';
}

/** One judgement for each figure of each node that lived through the whole measurement. */
export function judge(samples: readonly Sample[], windows: number): Judged[] {
  return steadyLives(samples).flatMap((life) =>
    figures.map(({ name, bounds, levelOf = lowest, valueOf: read }) => {
      const readings = life.map((sample) => ({ atHours: sample.atHours, value: read(sample) }));
      const points = levels(readings, windows, levelOf);
      const slope = slopeOf(points);
      return {
        role: life[0]!.role,
        figure: name,
        samples: life.length,
        from: points[0]!.value,
        to: points.at(-1)!.value,
        slope,
        verdict: bounds === null ? ('not judged' as const) : verdictOn(slope, bounds),
      };
    }),
  );
}

/** The samples of each process that is there in the first and in the last. */
function steadyLives(samples: readonly Sample[]): Sample[][] {
  const lives = new Map<string, Sample[]>();
  for (const sample of samples) {
    const name = `${sample.role}/${sample.life}`;
    lives.set(name, [...(lives.get(name) ?? []), sample]);
  }
  const longest = Math.max(...[...lives.values()].map(({ length }) => length));
  return [...lives.values()].filter(({ length }) => length >= longest * 0.9);
}
