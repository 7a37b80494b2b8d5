import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/processes.ts';
import { faultClasses } from './plan.ts';
import { findings, type Row, targets } from './report.ts';
import { runChaos } from './run-chaos.ts';

/** `npm run chaos -- --quick --seed 3` replays it; `npm run chaos` is the whole. */
const seed = 3;

test('faults of every class: nothing that was acknowledged is lost', async () => {
  const folder = await temporaryFolder();
  onTestFinished(folder.remove);
  const { rows, done } = runChaos({
    seed,
    isFull: false,
    classes: faultClasses,
    folder: folder.path,
    tell: () => {},
  });
  await done;
  const said = rows.map((row) =>
    row.skipped === null ? `${row.injected} × ${row.class}` : `no ${row.class}: ${row.skipped}`,
  );
  process.stdout.write(`chaos: seed ${seed}, ${said.join(', ')}\n`);
  expect(
    targets(rows, false).filter(({ met }) => !met),
    findings(rows).join('\n'),
  ).toEqual([]);
  const byClass = new Map(rows.map((row): [string, Row] => [row.class, row]));
  expect(byClass.get('kill')!.injected).toBeGreaterThanOrEqual(8);
  expect(byClass.get('kill')!.duringRecovery).toBeGreaterThan(0);
  expect(byClass.get('damage')!.injected).toBeGreaterThanOrEqual(6);
  expect(byClass.get('start-stop')!.injected).toBeGreaterThanOrEqual(4);
  // Those that a machine may be unable to do say so, above.
  for (const row of rows) expect(row.injected > 0 || row.skipped !== null).toBe(true);
}, 300_000);
