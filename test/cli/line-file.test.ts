import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLineFile } from '../../src/cli/line-file.ts';

const limits = { mostBytes: 1_000, olderFiles: 2 };
const tellGap = (lines: number) => `${lines} are missing\n`;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carechain-lines-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function linesIn(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

test('no file grows beyond the limit, no line is torn or lost, and the oldest go', () => {
  const folder = newFolder();
  const path = join(folder, 'log');
  const written = Array.from({ length: 500 }, (_, index) => `line ${index} ${'x'.repeat(index % 40)} ä`);
  // Opened anew again and again, as by a node that is restarted.
  for (let from = 0; from < written.length; from += 30) {
    const file = openLineFile(path, limits, tellGap);
    for (const line of written.slice(from, from + 30)) file.write(`${line}\n`);
    file.close();
  }
  expect(readdirSync(folder).sort()).toEqual(['log', 'log.1', 'log.2']);
  for (const name of readdirSync(folder)) {
    const { size, mode } = statSync(join(folder, name));
    expect(size).toBeLessThanOrEqual(limits.mostBytes);
    expect(mode & 0o777).toBe(0o600);
  }
  const kept = ['log.2', 'log.1', 'log'].flatMap((name) => linesIn(join(folder, name)));
  expect(kept.length).toBeGreaterThan(40);
  expect(kept).toEqual(written.slice(-kept.length));
});

test('a line that is longer than the limit has a file of its own', () => {
  const path = join(newFolder(), 'log');
  const file = openLineFile(path, limits, tellGap);
  for (const line of ['before', 'y'.repeat(3_000), 'after']) file.write(`${line}\n`);
  file.close();
  expect([linesIn(`${path}.2`), linesIn(`${path}.1`)[0]?.length, linesIn(path)]).toEqual([
    ['before'],
    3_000,
    ['after'],
  ]);
});

test('what a process left when it ended in the middle of anything is gone on with', () => {
  const folder = newFolder();
  const path = join(folder, 'log');
  // Between two renames, and in the middle of a line.
  writeFileSync(`${path}.2`, 'old\n');
  writeFileSync(path, 'whole\n{"torn":');
  const file = openLineFile(path, limits, tellGap);
  file.write('next\n');
  for (let count = 0; count < 30; count++) file.write(`${'z'.repeat(50)}\n`);
  file.close();
  expect(linesIn(`${path}.1`).slice(0, 3)).toEqual(['whole', '{"torn":', 'next']);
});

test('a disk that takes nothing is no error for whoever writes', () => {
  const path = join(newFolder(), 'log');
  symlinkSync('/dev/full', path);
  const file = openLineFile(path, limits, tellGap);
  for (let count = 0; count < 100; count++) file.write('something\n');
  file.close();
});

test('where a full file cannot be put aside, lines are kept up to twice the limit; then those that are missing are told', () => {
  const folder = newFolder();
  const path = join(folder, 'log');
  mkdirSync(`${path}.1`);
  const file = openLineFile(path, { ...limits, olderFiles: 1 }, tellGap);
  for (let count = 0; count < 300; count++) file.write(`line ${count}\n`);
  const stuck = linesIn(path);
  expect(statSync(path).size).toBeLessThan(2 * limits.mostBytes + 20);
  expect(stuck).toEqual(Array.from({ length: stuck.length }, (_, count) => `line ${count}`));
  rmSync(`${path}.1`, { recursive: true });
  file.write('again\n');
  file.close();
  expect(linesIn(`${path}.1`)).toEqual(stuck);
  expect(linesIn(path)).toEqual([`${300 - stuck.length} are missing`, 'again']);
});
