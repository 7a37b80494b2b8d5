/**
 * The quick form of `npm run fuzz`, from a new seed each time, which its name says. The corpus comes first: what was found
 * once stays found.
 */
import { describe, expect, test } from 'vitest';
import { sourceFiles } from '../support/source-tree.ts';
import { corpusFolders, corpusOf } from './corpus.ts';
import { doors, exceptions, readsBytes } from './doors.ts';
import { runTarget } from './run-target.ts';
import { targets } from './targets.ts';

const inputs = Number(process.env.FUZZ_INPUTS ?? 20_000);
const seed = Math.floor(performance.timeOrigin) % 1_000_000;
const inputMs = 50;

describe(`from seed ${seed}`, () => {
  test.each(targets.map((target) => [target.name, target] as const))(
    '%s',
    { timeout: 300_000 },
    async (name, target) => {
      const corpus = corpusOf(name).map(({ bytes }) => bytes);
      const { findings, accepted, ...figures } = await runTarget(target, { inputs, seed, corpus, inputMs });
      expect(
        findings.map(({ kind, what, input }) => `${kind}, ${what}: ${Buffer.from(input).toString('hex', 0, 200)}`),
      ).toEqual([]);
      expect(figures.inputs).toBeGreaterThanOrEqual(inputs);
      // A fuzzer that is always refused has stopped at the door.
      expect(accepted).toBeGreaterThan(inputs / 500);
    },
  );
});

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
