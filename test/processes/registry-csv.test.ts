import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, expect, test } from 'vitest';
import { temporaryFolder } from '../support/processes.ts';
import { root } from '../support/source-tree.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

const writer = `
  const [path, mark, dist] = process.argv.slice(1);
  const { openRegistryCsv } = await import(dist + '/actions/registry-csv.js');
  const { systemClock: clock, systemRandom: random } = await import(dist + '/base/index.js');
  const csv = openRegistryCsv(path, { clock, random });
  for (let row = 0; row < 30; row++) {
    await csv.append({ patientId: mark + row, name: '=1+1, "' + mark + '"\\n', registeredBy: 'dr_alice', timestamp: '2026-01-01T00:00:00.000Z' });
  }`;

test('several processes write one registry file: every row once, one header, nothing a spreadsheet would run', async () => {
  const folder = await temporaryFolder();
  undo.push(folder.remove);
  const path = join(folder.path, 'patient_registry.csv');
  const codes = await Promise.all(
    ['a', 'b', 'c', 'd'].map((mark) => {
      const words = ['--input-type=module', '-e', writer, path, mark, join(root, 'dist')];
      const child = spawn(process.execPath, words, { stdio: 'inherit' });
      return new Promise((resolve) => child.once('exit', resolve));
    }),
  );
  expect(codes).toEqual([0, 0, 0, 0]);
  const [header, ...rows] = parse(readFileSync(path, 'utf8')) as string[][];
  expect(header).toEqual(['patient_id', 'name', 'registered_by', 'timestamp']);
  expect(rows).toHaveLength(120);
  expect(new Set(rows.map(([patientId]) => patientId)).size).toBe(120);
  expect(rows.flat().filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
