/**
 * `npm run chaos -- [--seed N] [--quick] [--only kill,cut] [--keep]`: faults on real node processes, and what became of
 * everything that was acknowledged. The last line is JSON; the exit code is 1 where a target is missed.
 */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../support/processes.ts';
import { quantile } from '../support/quantile.ts';
import { type FaultClass, faultClasses, planOf } from './plan.ts';
import { findings, type Row, table, targets } from './report.ts';
import { runChaos } from './run-chaos.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: faultClasses.join(',') },
    /** Leaves the folders, to look at. */
    keep: { type: 'boolean', default: false },
  },
});
const print = (line: string) => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const seed = Number(values.seed);
  const isFull = !values.quick;
  const wanted = values.only.split(',');
  const strange = wanted.filter((name) => !faultClasses.some((known) => known === name));
  if (!Number.isSafeInteger(seed) || strange.length > 0) {
    print(`Give --seed a whole number, and --only some of ${faultClasses.join(',')}.`);
    return 2;
  }
  const classes: FaultClass[] = faultClasses.filter((name) => wanted.includes(name));
  const planHash = createHash('sha256')
    .update(JSON.stringify(planOf(seed, isFull)))
    .digest('hex')
    .slice(0, 16);
  print(`seed ${seed}, ${isFull ? 'the whole run' : 'the quick run'}, plan ${planHash}: ${classes.join(', ')}`);

  const startedAt = performance.now();
  const folder = await temporaryFolder();
  process.once('exit', () => {
    if (values.keep) print(`everything is left in ${folder.path}`);
    else rmSync(folder.path, { recursive: true, force: true });
  });
  const tell = (progress: string) => print(`${Math.round((performance.now() - startedAt) / 1_000)} s: ${progress}`);
  const { rows, done } = runChaos({ seed, isFull, classes, folder: folder.path, tell });
  // Whoever breaks it off gets what there is; nodes end with their input, and what else was made goes on `exit`.
  const brokenOff = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const isWhole = await Promise.race([done.then(() => true), brokenOff.then(() => false)]);

  const found = targets(rows, isFull);
  if (!isWhole) found.push({ what: 'not broken off', met: false, figure: 'it was' });
  print(`\n${table(rows)}\n`);
  for (const finding of findings(rows)) print(finding);
  for (const { what, met, figure } of found) print(`${met ? 'met   ' : 'MISSED'}  ${what}: ${figure}`);
  const minutes = Number(((performance.now() - startedAt) / 60_000).toFixed(1));
  const met = found.every((target) => target.met);
  print(JSON.stringify({ seed, plan: planHash, full: isFull, minutes, classes: rows.map(figures), met }));
  return met ? 0 : 1;
}

function figures({ lost, duplicates, wrong, restartsMs, healsMs, notes: _notes, ...row }: Row) {
  const round = (ms: number | null) => (ms === null ? null : Math.round(ms));
  return {
    ...row,
    lost: lost.length,
    duplicates: duplicates.length,
    wrong: wrong.length,
    restartMs: {
      count: restartsMs.length,
      p50: round(quantile(restartsMs, 0.5)),
      p95: round(quantile(restartsMs, 0.95)),
      max: round(quantile(restartsMs, 1)),
    },
    healMs: { count: healsMs.length, p50: round(quantile(healsMs, 0.5)), max: round(quantile(healsMs, 1)) },
  };
}

process.exit(await main());
