import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../src/base/index.ts';
import { readStrictJson } from '../../src/cli/strict-json.ts';

const twice = (text: string) => readStrictJson(text).problem === 'key-twice';

test('no JSON that was written from a value says a key twice', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      expect(twice(JSON.stringify(value, null, indent))).toBe(false);
    }),
  );
});

test('a key that is added a second time is noticed, wherever it stands and however it is written', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.jsonValue(), (record, other) => {
      const [key] = Object.keys(record);
      const text = `${JSON.stringify(record).slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(other)}}`;
      expect(twice(text)).toBe(true);
      expect(twice(`[{"deep":${text}}]`)).toBe(true);
    }),
  );
  expect(twice('{"height":1,"heigh\\u0074" : 2}')).toBe(true);
  expect(twice('{"__proto__":1,"__proto__":2}')).toBe(true);
});

test('what only looks like a key is none', () => {
  expect(twice('{"a":"\\"a\\":1","b":["a:","a"],"c":":"}')).toBe(false);
});

test('what is no JSON is told apart from what says something twice', () => {
  for (const text of ['', '{', '{"a":1,"a":2', '{"a":1}}', 'nonsense']) {
    expect(readStrictJson(text)).toEqual({ problem: 'no-json' });
  }
});

/** The former reader looked for the end of a string from each of its quotation marks, and went as deep as the text did. */
test('megabytes of quotation marks are read once', () => {
  const marks = '\\"'.repeat(1_000_000);
  expect(readStrictJson(`"${marks}`).problem).toBe('no-json');
  expect(readStrictJson(`["${marks}"]`).problem).toBe(null);
  expect(readStrictJson(`{"${marks}":1}`).problem).toBe(null);
});

test('what would take far more memory than it is long is not built', () => {
  const { jsonDepth, jsonValues, jsonKeys } = limits;
  const keys = (count: number) => Array.from({ length: count }, (_, n) => `"${n}":{"a":1}`).join();
  expect(readStrictJson(`[{${keys(jsonKeys)}},{${keys(jsonKeys)}}]`).problem).toBe(null);
  expect(readStrictJson(`[{${keys(jsonKeys + 1)}}]`).problem).toBe('too-many-values');
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  expect(readStrictJson(nested(jsonDepth)).problem).toBe(null);
  expect(readStrictJson(nested(jsonDepth + 1)).problem).toBe('too-many-values');
  expect(readStrictJson('['.repeat(16_000_000)).problem).toBe('too-many-values');
  expect(readStrictJson(`[${'{},'.repeat(jsonValues)}0]`).problem).toBe('too-many-values');
  expect(readStrictJson(`["${'[,'.repeat(jsonValues)}"]`).problem).toBe(null);
});
