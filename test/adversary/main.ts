/**
 * Foes against three honest nodes:
 * `npm run adversary -- [--only <name,…>] [--seed <number>] [--attack-ms <number>] [--quiet-ms <number>]`.
 * Every row of the table of behaviours is tried; the last line printed is JSON. Ends with 1 where something failed, with 2 where a name
 * is that of no row.
 */
import '../../src/base/node-20-shim.ts';
import { parseArgs } from 'node:util';
import { behaviours } from './behaviours/index.ts';
import { runTrials } from './run-trials.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string' },
    'attack-ms': { type: 'string' },
    'quiet-ms': { type: 'string' },
  },
});

const only = values.only?.split(',') ?? null;
const unknown = only?.filter((part) => !behaviours.some(({ name }) => name.includes(part))) ?? [];
if (unknown.length > 0) {
  process.stderr.write(`No behaviour is called ${unknown.map((part) => JSON.stringify(part)).join(' or ')}.\n`);
  process.exit(2);
}

const report = await runTrials({
  inProcesses: true,
  isQuick: false,
  seed: Number(values.seed ?? Date.now() % 1_000_000),
  only,
  attackMs: Number(values['attack-ms'] ?? 2_000),
  quietMs: Number(values['quiet-ms'] ?? 1_500),
  offences: 3,
  print: (line) => process.stdout.write(`${line}\n`),
});
process.exit(report.failures.length === 0 ? 0 : 1);
