/**
 * The quick form of `npm run simulate`: some seeds, the promise that a seed is one story, and proof that a simulation
 * notices what is broken.
 */
import { expect, test } from 'vitest';
import { type Fault, type Scenario, scenarioOf } from './scenario.ts';
import { shrink, storyOf } from './shrink.ts';
import { type Outcome, simulate } from './simulate.ts';
import { add, emptyTally, tallyOf } from './tally.ts';

const seeds = 60;

const kinds: readonly Fault['fault'][] = [
  'kill',
  'kill-in-recovery',
  'restart',
  'pause',
  'cut',
  'one-way-cut',
  'flapping-cut',
  'broken-link',
  'dead-gossip',
  'bad-weather',
  'clock-jump',
  'slow-disk',
  'full-disk',
  'damaged-value',
  'lost-disk',
  'offline',
];

test(`no invariant breaks in the seeds 1 to ${seeds}, and every kind of fault strikes`, {
  timeout: 240_000,
}, async () => {
  let tally = emptyTally();
  for (let seed = 1; seed <= seeds; seed++) tally = add(tally, tallyOf(await simulate(scenarioOf(seed))));
  expect(tally.failed).toEqual([]);
  const struck = (what: string) => tally.counts[what] ?? 0;
  expect(kinds.filter((kind) => struck(`fault: ${kind}`) === 0)).toEqual([]);
  const alsoHappened = [
    'killed while starting',
    'reorg',
    'shun',
    'healing',
    'batch lost in a crash',
    'batch kept in a crash',
    'acknowledged as waiting',
  ];
  expect(alsoHappened.filter((what) => struck(what) === 0)).toEqual([]);
});

test('a seed is one story: the same hash of everything that happened, with and without the trace kept', async () => {
  const [once, again] = [await simulate(scenarioOf(13)), await simulate(scenarioOf(13), { keepsTrace: true })];
  expect(again.traceHash).toBe(once.traceHash);
  expect(again.trace.lines.length).toBeGreaterThan(once.trace.lines.length);
  expect((await simulate(scenarioOf(14))).traceHash).not.toBe(once.traceHash);
});

test('a disk that forgets what it has synced is noticed, and the story is cut down to it', {
  timeout: 120_000,
}, async () => {
  const sabotage: Parameters<typeof simulate>[1] = {
    sabotage(village) {
      village.machine('doctor').disk.forgets = (writes) => writes.some(({ key }) => key.startsWith('outbox/'));
    },
  };
  const failed = await firstFailure(sabotage);
  expect(failed.violation?.invariant).toBe('what was acknowledged is kept');
  const small = await shrink(failed, sabotage);
  expect(small.violation?.invariant).toBe('what was acknowledged is kept');
  // One entry, and one end of the process: nothing else is needed.
  expect(small.scenario.faults.length).toBeLessThanOrEqual(2);
  expect(small.scenario.deeds.length).toBeLessThanOrEqual(3);
  expect(storyOf(small).join('\n')).toMatch(/no longer knows|is nowhere/);
});

test('a folder that never heals is noticed', { timeout: 120_000 }, async () => {
  const planned = scenarioOf(2);
  const scenario: Scenario = {
    ...planned,
    liars: [],
    faults: [{ atMs: 100_000, what: { fault: 'damaged-value', node: 'doctor', how: 'bent', family: 'block/' } }],
  };
  expect((await simulate(scenario)).violation).toBeNull();
  const failed = await simulate(scenario, {
    sabotage(village) {
      // A body that is written by itself comes from a peer, and is the remedy.
      village.machine('doctor').disk.forgets = ([first, ...others]) =>
        others.length === 0 && first?.type === 'put' && first.key.startsWith('block/');
    },
  });
  expect(failed.violation?.invariant).toBe('what is damaged heals');
});

async function firstFailure(options: Parameters<typeof simulate>[1]): Promise<Outcome> {
  for (let seed = 1; ; seed++) {
    const outcome = await simulate(scenarioOf(seed), options);
    if (outcome.violation) return outcome;
    expect(seed).toBeLessThan(50);
  }
}
