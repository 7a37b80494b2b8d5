/** No damage of a file of the data folder goes unnoticed: another process opens each damaged copy and reads it in full. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { damageCases, type FileClass, logEndings } from '../support/damage.ts';
import { makeSoundFolder, type Outcome, runDamages } from '../support/damage-run.ts';
import { temporaryFolder } from './databases.ts';

const seed = 20_261_121;
const count = 80;

test(`of ${count} damages (seed ${seed}) each is refused with a name or harms nothing`, async () => {
  const sound = await makeSoundFolder(join(await temporaryFolder(), 'sound'), 40);
  const cases = await damageCases(sound.path, seed, count);
  const wrong: string[] = [];
  const outcomes = new Map<Outcome, number>();
  const classes = new Set<FileClass>();
  for await (const { damage, outcome, detail } of runDamages(sound, cases)) {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    classes.add(damage.fileClass);
    if (outcome === 'silent' || outcome === 'crash') {
      wrong.push(`${outcome}: ${damage.file}, ${damage.what} ${detail}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(cases).toHaveLength(count);
  // A run in which nothing struck proves nothing.
  expect(outcomes.get('refused')).toBeGreaterThan(count / 2);
  expect([...classes].sort()).toEqual([
    'current',
    'lock',
    'log',
    'manifest',
    'node-key',
    'process-file',
    'table',
    'text',
  ]);
});

test('a log that ends early, or in zeros, opens at an earlier moment or is refused', async () => {
  const sound = await makeSoundFolder(join(await temporaryFolder(), 'sound'), 5);
  const outcomes = new Map<Outcome, number>();
  for await (const { damage, outcome } of runDamages(sound, await logEndings(sound.path, 8 * 512))) {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    // A write that was cut off by the end of the file never counted; one that zeros were written into may have.
    const allowed = damage.what.startsWith('cut') ? ['earlier', 'harmless'] : ['earlier', 'harmless', 'refused'];
    expect(allowed, damage.what).toContain(outcome);
  }
  expect(outcomes.get('earlier')).toBeGreaterThan(0);
});
