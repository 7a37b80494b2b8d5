/** The quick form of `npm run fuzz` for what is in files, and that no decoder and no place that reads is left out. */
import { describe, expect, test } from 'vitest';
import { sourceFiles } from '../support/source-tree.ts';
import { corpusFolders, corpusOf } from './corpus.ts';
import { doors, exceptions, readsBytes } from './doors.ts';
import { fuzzQuickly } from './quick-form.ts';
import { targets, targetsOfFiles } from './targets.ts';

fuzzQuickly(targetsOfFiles);

describe('the corpus', () => {
  test('belongs to decoders that there are', () => {
    const names = targets.map(({ name }) => name);
    expect(corpusFolders().filter((folder) => !names.includes(folder))).toEqual([]);
  });

  test('is small, and holds nothing twice', () => {
    for (const folder of corpusFolders()) {
      const entries = corpusOf(folder);
      const contents = entries.map(({ bytes }) => Buffer.from(bytes).toString('hex'));
      expect(new Set(contents).size).toBe(entries.length);
      for (const { name, bytes } of entries) expect([name, bytes.length <= 65_536]).toEqual([name, true]);
    }
  });
});

test('every place that reads what others wrote is behind a decoder here', () => {
  // A new one is to be added to `doors.ts`, and a decoder for it to `targets.ts`.
  const reading = sourceFiles().filter(({ text }) => readsBytes.test(withoutComments(text)));
  const known = new Set([...Object.keys(doors), ...Object.keys(exceptions)]);
  expect(reading.map(({ path }) => path).filter((path) => !known.has(path))).toEqual([]);
});

test('no door is named that is none, and each has a decoder that there is', () => {
  const reading = new Set(
    sourceFiles().flatMap(({ path, text }) => (readsBytes.test(withoutComments(text)) ? [path] : [])),
  );
  const named = [...Object.keys(doors), ...Object.keys(exceptions)];
  expect(named.filter((path) => !reading.has(path))).toEqual([]);
  expect(Object.keys(exceptions).filter((path) => path in doors)).toEqual([]);
  const names = targets.map(({ name }) => name);
  expect(
    Object.values(doors)
      .flat()
      .filter((name) => !names.includes(name)),
  ).toEqual([]);
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
