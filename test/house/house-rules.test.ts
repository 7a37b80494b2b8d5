import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveImport, root, type SourceFile, sourceFiles } from '../support/source-tree.ts';

const files = sourceFiles();

/** Files that hold `pattern`, but for those that are its place. */
function offenders(pattern: RegExp, places: readonly string[] = []): string[] {
  return files
    .filter(({ path, text }) => pattern.test(withoutComments(text)) && !places.includes(path))
    .map(({ path }) => path);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

test('no file is longer than 400 lines, and the median is below 150', () => {
  const lengths = files.map(({ text }) => text.split('\n').length).sort((left, right) => left - right);
  expect(files.filter(({ text }) => text.split('\n').length > 400).map(({ path }) => path)).toEqual([]);
  expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(150);
});

test('time comes from the clock', () => {
  expect(offenders(/\bDate\.now\(|\bnew Date\(\)/, ['src/base/clock.ts'])).toEqual([]);
});

test('chance comes from the random source', () => {
  expect(offenders(/\bMath\.random\(/)).toEqual([]);
});

test('nothing is written to the console', () => {
  expect(offenders(/\bconsole\./)).toEqual([]);
});

test('the rules have no clock, no chance, no input or output', () => {
  const rules = files.filter(({ room }) => room === 'ledger');
  const impure = rules.filter(
    ({ text, imports }) =>
      /\basync\b|\bawait\b|\bPromise\b|setTimeout/.test(withoutComments(text)) ||
      imports.some((name) => name.startsWith('node:')),
  );
  expect(impure.map(({ path }) => path)).toEqual([]);
});

test('the type checker is not switched off, and nothing is left to do', () => {
  expect(offenders(/\bas any\b|: any\b/)).toEqual([]);
  const marks = /@ts-ignore|@ts-expect-error|TODO|FIXME|XXX/;
  expect(files.filter(({ text }) => marks.test(text)).map(({ path }) => path)).toEqual([]);
});

test('file names are kebab-case words', () => {
  expect(files.filter(({ path }) => !/^[a-z0-9/-]+\.ts$/.test(path)).map(({ path }) => path)).toEqual([]);
});

test('no file is named for a drawer', () => {
  expect(
    files
      .filter(({ path }) => /(^|[/-])(utils?|helpers?|managers?|misc|common|info|data)(\.ts|\/)/.test(path))
      .map(({ path }) => path),
  ).toEqual([]);
});

test('no file is dead: each is reached from a way in', () => {
  const waysIn = ['src/cli/main.ts', 'src/base/node-20-shim.ts', 'src/node/worker-thread.ts'].filter((path) =>
    existsSync(join(root, path)),
  );
  const byPath = new Map(files.map((file): [string, SourceFile] => [file.path, file]));
  const reached = new Set<string>();
  const visit = (path: string) => {
    const file = byPath.get(path);
    if (!file || reached.has(path)) return;
    reached.add(path);
    for (const specifier of file.imports) if (specifier.startsWith('.')) visit(resolveImport(file, specifier));
  };
  for (const path of waysIn) visit(path);
  expect(files.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
});

test('tests neither sleep nor skip nor focus', () => {
  const tests = sourceFiles('test').filter(({ path }) => path !== 'test/house/house-rules.test.ts');
  const sleeping = tests.filter(({ text }) =>
    /setTimeout\((resolve|r|done)\b|\bsleep\(|setTimeout\(\(\) => resolve/.test(text),
  );
  const unfinished = tests.filter(({ text }) => /\b(it|test|describe)\.(only|todo|skip)\b(?!If)/.test(text));
  expect([...sleeping, ...unfinished].map(({ path }) => path)).toEqual([]);
});

test('the top level holds only what belongs there', () => {
  const allowed = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'bench',
    'bin',
    'coverage',
    'dist',
    'docs',
    'node_modules',
    'package-lock.json',
    'package.json',
    'patient_registry.csv.example',
    'src',
    'test',
    'tsconfig.json',
  ];
  const ignored = ['carechain-data', 'patient_registry.csv'];
  expect(
    readdirSync(root).filter((name) => !name.startsWith('.') && !allowed.includes(name) && !ignored.includes(name)),
  ).toEqual([]);
});
