import { expect, test } from 'vitest';
import { z } from 'zod';
import { boundedList, strictMap } from '../../src/base/index.ts';

const point = strictMap({ x: z.int(), y: z.int() });

test('a map has exactly its fields', () => {
  expect(point.parse({ x: 1, y: 2 })).toEqual({ x: 1, y: 2 });
  for (const wrong of [{ x: 1 }, { x: 1, y: 2, z: 3 }, { x: 1, y: '2' }, null, [], [1, 2], 'xy', new Uint8Array(2)]) {
    expect(point.safeParse(wrong).success).toBe(false);
  }
  expect(strictMap({}).safeParse(new Uint8Array(0)).success).toBe(false);
});

test('a megabyte where a map should be is one short complaint', () => {
  const { error } = point.safeParse(new Uint8Array(1_000_000));
  expect(error?.issues).toEqual([{ code: 'custom', path: [], message: 'expected a map' }]);
});

test('a list that is too long is one complaint, whatever is in it', () => {
  const list = boundedList(z.int(), 1, 3);
  expect(list.parse([1, 2, 3])).toEqual([1, 2, 3]);
  expect(list.safeParse([]).success).toBe(false);
  expect(list.safeParse([1, 'two']).error?.issues).toHaveLength(1);
  expect(list.safeParse(Array(10_000).fill('wrong')).error?.issues).toHaveLength(1);
});

test('codecs inside work both ways', () => {
  const shout = z.codec(z.string(), z.string(), {
    decode: (text) => text.toUpperCase(),
    encode: (text) => text.toLowerCase(),
  });
  const schema = strictMap({ words: boundedList(shout, 0, 2) });
  expect(schema.decode({ words: ['a'] })).toEqual({ words: ['A'] });
  expect(schema.encode({ words: ['A'] })).toEqual({ words: ['a'] });
});
