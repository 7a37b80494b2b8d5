import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isComment, splitWords } from '../../src/cli/words.ts';

function split(line: string): string[] | string {
  const split = splitWords(line);
  return split.ok ? split.words.map(({ text }) => text) : 'bad-line';
}

test.each<[line: string, words: string[] | string]>([
  ['', []],
  ['   \t ', []],
  ['mine', ['mine']],
  ['  login   dr_alice\tpassword123  ', ['login', 'dr_alice', 'password123']],
  ['consult --notes \'a "b" \\n c\'', ['consult', '--notes', 'a "b" \\n c']],
  ['consult --notes "a \\"b\\" \\\\ \\n \\t"', ['consult', '--notes', 'a "b" \\ \n \\t']],
  ['x ""', ['x', '']],
  ["x ''", ['x', '']],
  ['x "a"\'b\'c', ['x', 'abc']],
  ['x --notes="two words" y', ['x', '--notes=two words', 'y']],
  ['x --notes=\'it "is"\'', ['x', '--notes=it "is"']],
  ["register Sean O'Brien", ['register', 'Sean', "O'Brien"]],
  ['x back\\slash', ['x', 'back\\slash']],
  ['x "open', 'bad-line'],
  ["x 'open", 'bad-line'],
  ['x --notes="open', 'bad-line'],
  ['x "ends in a backslash\\"', 'bad-line'],
])('%j splits into %j', (line, words) => {
  expect(split(line)).toEqual(words);
});

test('what is typed becomes normalization form C', () => {
  expect(split('register Ame\u0301lie')).toEqual(['register', 'Am\u00e9lie']);
});

test('a run of combining marks that would take long to normalize is refused', () => {
  const run = (length: number) => `note a${'\u0315\u0300'.repeat(length / 2)}`;
  expect(splitWords(run(30))).toMatchObject({ ok: true });
  expect(splitWords(run(32))).toMatchObject({ ok: false });
});

test('a quote looks at the word before it once, however many quotes the word has', () => {
  const timeOf = (length: number) => {
    const line = `--${'a'.repeat(length)}${'"'.repeat(length)}`;
    return Math.min(
      ...Array.from({ length: 7 }, () => {
        const start = performance.now();
        splitWords(line);
        return performance.now() - start;
      }),
    );
  };
  timeOf(1_000);
  // Sixteen times as long takes some sixteen times as long; when each quote looked at all before it, 256 times.
  expect(timeOf(32_000)).toBeLessThan(80 * timeOf(2_000));
});

test('a quoted word says so, and is never an option', () => {
  expect(splitWords('x "--yes" --yes')).toMatchObject({
    words: [{ quoted: false }, { quoted: true }, { quoted: false }],
  });
});

test.each([
  ['', true],
  ['  \t\r', true],
  ['# remark', true],
  ['#', true],
  [' # no remark: the line does not start with it', false],
  ['mine', false],
])('%j is a comment: %s', (line, expected) => {
  expect(isComment(line)).toBe(expected);
});

test('whatever is quoted comes back as it was', () => {
  const quote = (text: string) => `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
      const normal = texts.map((text) => text.normalize('NFC'));
      expect(split(texts.map(quote).join(' '))).toEqual(normal);
    }),
  );
});
