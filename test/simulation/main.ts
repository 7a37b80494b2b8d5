/**
 * `npm run simulate`: simulations of many seeds, or one to look at.
 *
 *   npm run simulate -- --seeds 1000            seeds 1 to 1000, two at a time
 *   npm run simulate -- --seed 42 --trace       one, with every message; its trace hash is printed last
 *   npm run simulate -- --seed 42 --without kill,pause
 */
import '../../src/base/node-20-shim.ts';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { scenarioOf } from './scenario.ts';
import { shrink, storyOf } from './shrink.ts';
import { simulate } from './simulate.ts';
import { add, emptyTally, type Tally, tableOf, tallyOf } from './tally.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    without: { type: 'string', default: '' },
    lanes: { type: 'string', default: '2' },
    lane: { type: 'string' },
  },
});

const print = (line: string) => process.stdout.write(`${line}\n`);
const from = numberOf('from', 0);
const seeds = numberOf('seeds', 1);
const lanes = numberOf('lanes', 1);

/** Ends the program where an option is no whole number, or too small. */
function numberOf(name: 'seeds' | 'from' | 'seed' | 'lanes' | 'lane', least: number): number {
  const number = Number(values[name]);
  if (values[name]?.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number;
  process.stderr.write(`--${name} takes a whole number from ${least} on, not "${values[name]}".\n`);
  process.exit(2);
}

function scenario(seed: number) {
  const left = values.without.split(',');
  const planned = scenarioOf(seed);
  return { ...planned, faults: planned.faults.filter(({ what }) => !left.includes(what.fault)) };
}

/** One seed, shown; where it fails, cut down to a story. */
async function showOne(seed: number): Promise<boolean> {
  const outcome = await simulate(scenario(seed), { keepsTrace: values.trace });
  for (const line of outcome.trace.lines) print(line);
  if (outcome.violation && !values.trace) for (const line of storyOf(await shrink(outcome))) print(line);
  for (const line of tableOf(tallyOf(outcome))) print(line);
  print(`trace hash ${outcome.traceHash}`);
  return outcome.violation === null;
}

/** Every `lanes`-th seed, for a process that adds up. */
async function runLane(lane: number): Promise<void> {
  for (let seed = from + lane; seed < from + seeds; seed += lanes)
    process.send!(tallyOf(await simulate(scenario(seed))));
  process.disconnect();
}

async function runAll(): Promise<Tally> {
  let sum = emptyTally();
  const startLane = (lane: number) =>
    new Promise<void>((resolve, reject) => {
      const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--lane', String(lane)]);
      child.on('message', (tally: Tally) => {
        sum = add(sum, tally);
        for (const { seed, what } of tally.failed) print(`seed ${seed}: ${what}`);
        if (sum.seeds % 100 === 0) print(`${sum.seeds} of ${seeds} seeds, ${sum.failed.length} with a violation`);
      });
      child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`Lane ${lane} ended with ${code}.`))));
    });
  await Promise.all(Array.from({ length: lanes }, (_, lane) => startLane(lane)));
  return sum;
}

if (values.lane !== undefined) await runLane(numberOf('lane', 0));
else if (values.seed !== undefined) process.exitCode = (await showOne(numberOf('seed', 0))) ? 0 : 1;
else {
  const tally = await runAll();
  for (const { seed } of tally.failed.slice(0, 3)) await showOne(seed);
  for (const line of tableOf(tally)) print(line);
  print(JSON.stringify({ program: 'simulate', from, ...tally }));
  process.exitCode = tally.failed.length === 0 ? 0 : 1;
}
