/**
 * Foes against three honest nodes:
 * `npm run adversary -- [--only <name,…>] [--seed <number>] [--attack-ms <number>] [--quiet-ms <number>]`.
 * Every row of the table of behaviours is tried; the last line printed is JSON. Ends with 1 where something failed.
 */
import '../../src/base/node-20-shim.ts';
import { parseArgs } from 'node:util';
import { runTrials } from './run-trials.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string' },
    'attack-ms': { type: 'string' },
    'quiet-ms': { type: 'string' },
  },
});

const report = await runTrials({
  inProcesses: true,
  isQuick: false,
  seed: Number(values.seed ?? Date.now() % 1_000_000),
  only: values.only?.split(',') ?? null,
  attackMs: Number(values['attack-ms'] ?? 2_000),
  quietMs: Number(values['quiet-ms'] ?? 1_500),
  offences: 3,
  print: (line) => process.stdout.write(`${line}\n`),
});
process.exit(report.failures.length === 0 ? 0 : 1);
