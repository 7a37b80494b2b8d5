/**
 * Foes against three honest nodes:
 * `npm run adversary -- [--only <name,…>] [--seed <number>] [--attack-ms <number>] [--quiet-ms <number>]`.
 * Every row of the table of behaviours is tried; the last line printed is JSON. Ends with 1 where something failed, with 2 where an argument
 * is of no use: a name that is that of no row, a number that is none.
 */
import '../../src/base/node-20-shim.ts';
import { parseArgs } from 'node:util';
import { behaviours } from './behaviours/index.ts';
import { runTrials } from './run-trials.ts';

/** Long enough for a handful of honest transactions. */
const leastMs = 500;

const { values } = argumentsOrEnd();
const only = values.only?.split(',') ?? null;
const unknown = only?.filter((part) => !behaviours.some(({ name }) => name.includes(part))) ?? [];
if (unknown.length > 0) end(`No behaviour is called ${unknown.map((part) => JSON.stringify(part)).join(' or ')}.`);

const report = await runTrials({
  inProcesses: true,
  isQuick: false,
  seed: numberOr(Date.now() % 1_000_000, 'seed', 0),
  only,
  attackMs: numberOr(2_000, 'attack-ms', leastMs),
  quietMs: numberOr(1_500, 'quiet-ms', leastMs),
  offences: 3,
  print: (line) => process.stdout.write(`${line}\n`),
});
process.exit(report.failures.length === 0 ? 0 : 1);

function argumentsOrEnd() {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ options: { only: text, seed: text, 'attack-ms': text, 'quiet-ms': text } });
  } catch (error) {
    return end(error instanceof Error ? error.message : String(error));
  }
}

function numberOr(otherwise: number, name: 'seed' | 'attack-ms' | 'quiet-ms', least: number): number {
  const text = values[name];
  if (text === undefined) return otherwise;
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  return end(`--${name} takes a whole number of at least ${least}, and not ${JSON.stringify(text)}.`);
}

function end(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}
