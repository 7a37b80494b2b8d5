/**
 * The quick form of `npm run simulate`: some seeds, and the promise that a seed is one story. That a simulation notices
 * what is broken is proved in sabotage.slow.test.ts.
 */
import { expect, test } from 'vitest';
import { type Fault, scenarioOf } from './scenario.ts';
import { simulate } from './simulate.ts';
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
