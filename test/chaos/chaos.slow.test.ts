import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/processes.ts';
import { findings, type Row, targets } from './report.ts';
import { runChaos } from './run-chaos.ts';

/** `npm run chaos -- --quick --seed 3` replays it; `npm run chaos` is the whole. */
const seed = 3;

test('kills, a pause, a cut and damaged files: nothing that was acknowledged is lost', async () => {
  const folder = await temporaryFolder();
  onTestFinished(folder.remove);
  const { rows, done } = runChaos({
    seed,
    isFull: false,
    classes: ['kill', 'pause', 'cut', 'damage'],
    folder: folder.path,
    tell: () => {},
  });
  await done;
  process.stdout.write(`chaos: seed ${seed}, ${rows.map((row) => `${row.injected} × ${row.class}`).join(', ')}\n`);
  expect(
    targets(rows, false).filter(({ met }) => !met),
    findings(rows).join('\n'),
  ).toEqual([]);
  const byClass = new Map(rows.map((row): [string, Row] => [row.class, row]));
  expect(byClass.get('kill')!.injected).toBeGreaterThanOrEqual(8);
  expect(byClass.get('kill')!.duringRecovery).toBeGreaterThan(0);
  expect(byClass.get('damage')!.injected).toBeGreaterThanOrEqual(6);
}, 300_000);
