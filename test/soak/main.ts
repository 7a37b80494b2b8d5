/**
 * npm run soak -- --minutes N [--seed S] [--rate T] [--history H] [--every SECONDS] [--quiet]
 *
 * Does a node that works for days keep its memory, its handles and its files? Prints a table and, last, one line of JSON.
 * Nodes run as README.md says for a service, with two arenas of the allocator; MALLOC_ARENA_MAX in the environment says otherwise.
 * Exit code 1: something grows beyond its tolerance, something acknowledged is lost, the nodes do not agree, or nothing struck.
 */
import { parseArgs } from 'node:util';
import { complaintsOf } from './complaints.ts';
import { soak } from './soak.ts';
import { figuresOf, tableOf } from './table.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    rate: { type: 'string', default: '25' },
    history: { type: 'string', default: '112000' },
    every: { type: 'string', default: '10' },
    quiet: { type: 'boolean', default: false },
  },
});
process.env.MALLOC_ARENA_MAX ??= '2';
const print = (line: string) => process.stdout.write(`${line}\n`);
const minutes = Number(values.minutes);

print(`seed ${values.seed}`);
const report = await soak({
  seed: Number(values.seed),
  minutes,
  transactionsPerSecond: Number(values.rate),
  history: Number(values.history),
  // Objects find their level in five minutes; LevelDB and the allocator take half an hour.
  warmUpMinutes: Math.min(30, minutes / 2),
  // Each look collects all garbage of each process, which a node that is left alone does not do.
  sampleEveryMs: Number(values.every) * 1_000,
  rhythm: { quietMs: 8_000, lastingMs: [6_000, 14_000] },
  first: [],
  windows: 16,
  progress: (line) => {
    if (!values.quiet) print(`${new Date().toISOString().slice(11, 19)} ${line}`);
  },
});
const complaints = complaintsOf(report);
print(tableOf(report));
for (const complaint of complaints) print(`✗ ${complaint}`);
print(JSON.stringify({ ...figuresOf(report), complaints }));
process.exitCode = complaints.length > 0 ? 1 : 0;
