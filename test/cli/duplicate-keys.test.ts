import fc from 'fast-check';
import { expect, test } from 'vitest';
import { saysAKeyTwice } from '../../src/cli/one-shot/duplicate-keys.ts';

const twice = (text: string) => saysAKeyTwice(text, JSON.parse(text));

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
