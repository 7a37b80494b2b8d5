import { expect, onTestFinished, test } from 'vitest';
import { complaintsOfWork } from './complaints.ts';
import type { Sample } from './samples.ts';
import { soak } from './soak.ts';

const seed = 1;

/** Far above what a node opens and closes in its work, far below what a leak of one handle a call would bring. */
const wildly = 2;

test('a short soak: nothing is lost, all agree, and nothing grows wildly', async () => {
  onTestFinished(({ task }) => {
    if (task.result?.state === 'fail') process.stdout.write(`the seed of the soak was ${seed}\n`);
  });
  const report = await soak({
    seed,
    minutes: 0.35,
    transactionsPerSecond: 20,
    history: 400,
    warmUpMinutes: 0.05,
    sampleEveryMs: 1_000,
    rhythm: { quietMs: 300, lastingMs: [2_000, 3_000] },
    first: ['rude-callers', 'link-lost', 'cut', 'stranger', 'restart', 'link-silent', 'rude-callers'],
    windows: 8,
    progress() {},
  });
  // Whether a cut leads to a reorg is a matter of luck, and this run is short.
  const { samples, struck } = report;
  expect(complaintsOfWork({ ...report, struck: { ...struck, reorg: struck.reorg || 1 } })).toEqual([]);
  for (const role of ['doctor', 'lab'] as const) {
    const life = samples.filter((sample) => sample.role === role);
    expect(life.length).toBeGreaterThan(4);
    for (const count of [descriptors, resources]) {
      const [early, late] = [life.slice(0, life.length / 2), life.slice(life.length / 2)].map((half) =>
        Math.min(...half.map(count)),
      );
      expect(late).toBeLessThan(early! * wildly);
    }
  }
});

const descriptors = (sample: Sample) => sample.descriptors;
const resources = (sample: Sample) => sample.resources;
