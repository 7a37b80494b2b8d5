/** Our reader and the library with its own encoder: two ways to the same verdict, and the same value. */
import { isDeepStrictEqual } from 'node:util';
import * as dagCbor from '@ipld/dag-cbor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, decode, type Encodable, encode, equalBytes, equalValues, limits } from '../../src/base/index.ts';
import { readByLibrary } from '../support/library-reader.ts';

const readByUs = (bytes: Uint8Array) => {
  try {
    return { value: decode(bytes) };
  } catch {
    return null;
  }
};

/** Whether both say the same, to the prototype; an expectation takes many times as long to make. */
const isReadAlike = (bytes: Uint8Array) => isDeepStrictEqual(readByUs(bytes), readByLibrary(bytes));

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((each) => each.isWellFormed());
const { value: encodable } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    ...[fc.constant(null), fc.boolean(), fc.maxSafeInteger(), text, fc.uint8Array({ maxLength: 300 })],
    fc.array(tie('value'), { maxLength: 30 }),
    fc.dictionary(text, tie('value'), { noNullPrototype: true, maxKeys: 30 }),
  ),
})) as { value: fc.Arbitrary<Encodable> };

test('what was encoded comes back as it was, and the library reads the same', () => {
  fc.assert(
    fc.property(encodable, (value) => {
      const bytes = encode(value);
      expect(decode(bytes)).toEqual(value);
      expect(readByLibrary(bytes)).toEqual({ value });
    }),
    { numRuns: 2_000 },
  );
});

test('what is written is byte for byte what the library writes', () => {
  fc.assert(
    fc.property(encodable, (value) => {
      expect(encode(value)).toEqual(new Uint8Array(dagCbor.encode(value)));
    }),
    { numRuns: 2_000 },
  );
});

test.each([23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 3, Number.MAX_SAFE_INTEGER])(
  '%d and its negative, and text, bytes and lists of that length where there can be any, have the head of the library',
  (count) => {
    const values: Encodable[] = [count, -count, -1 - count + 1];
    if (count <= 65_536) values.push('a'.repeat(count), 'é'.repeat(count), new Uint8Array(count), Array(count).fill(1));
    for (const value of values) expect(encode(value)).toEqual(new Uint8Array(dagCbor.encode(value)));
  },
);

test('keys stand in the order of their bytes, whatever their script', () => {
  const map = Object.fromEntries(['b', 'aa', 'é', 'ab', 'ｚ', '𝒳', 'zz', '', '\u{ffff}'].map((key) => [key, 1]));
  expect(encode(map)).toEqual(new Uint8Array(dagCbor.encode(map)));
  expect(Object.keys(decode(encode(map)) as object)).toEqual(['', 'b', 'aa', 'ab', 'zz', 'é', 'ｚ', '\u{ffff}', '𝒳']);
});

test('what is encoded is a plain array of its own bytes', () => {
  const bytes = encode('short');
  expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  expect(bytes.buffer.byteLength).toBe(bytes.length);
});

test('bytes at will, and the bytes of a value with some changed: the same verdict, the same value', () => {
  const bent = fc
    .tuple(encodable, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }))
    .map(([value, changes]) => {
      const bytes = encode(value).slice();
      for (const [at, to] of changes) bytes[at % bytes.length] = to;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 12 }), bent), (bytes) => {
      if (!isReadAlike(bytes)) expect(readByUs(bytes)).toEqual(readByLibrary(bytes));
    }),
    { numRuns: 20_000 },
  );
});

test('values are equal where their encodings are: of any two, of one and itself, of one and its like with a byte changed', () => {
  const pair = fc.oneof(
    fc.tuple(encodable, encodable),
    fc.tuple(encodable, fc.nat(), fc.nat(255)).map(([value, at, to]): [Encodable, Encodable] => {
      const bytes = encode(value).slice();
      bytes[at % bytes.length] = to;
      return [value, (readByUs(bytes)?.value ?? readByUs(encode(value))?.value) as Encodable];
    }),
  );
  fc.assert(
    fc.property(pair, ([left, right]) => {
      const isEqual = equalBytes(encode(left), encode(right));
      expect(equalValues(left, right)).toBe(isEqual);
      expect(equalValues(right, left)).toBe(isEqual);
    }),
    { numRuns: 4_000 },
  );
  expect(equalValues({ a: 1, b: [null] }, { b: [null], a: 1 })).toBe(true);
  expect(equalValues({ a: 1 }, { b: 1 })).toBe(false);
  expect(equalValues([], {})).toBe(false);
  expect(equalValues([1], Uint8Array.of(1))).toBe(false);
  expect(equalValues({ toString: 1 }, {})).toBe(false);
});

test('every pair of bytes, and every byte with zeros behind it', () => {
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      const bytes = Uint8Array.of(first, second);
      if (!isReadAlike(bytes)) expect(readByUs(bytes)).toEqual(readByLibrary(bytes));
    }
    for (let zeros = 0; zeros < 12; zeros++) {
      const bytes = concatBytes(Uint8Array.of(first), new Uint8Array(zeros));
      expect(readByUs(bytes)).toEqual(readByLibrary(bytes));
    }
  }
});

test('text that begins with a byte order mark comes back, which the library loses', () => {
  const value = { note: '\ufeffsleeps badly' };
  expect(decode(encode(value))).toEqual(value);
});

test('names of fields are told apart that are of one length and have the same ends, or the same characters as bytes', () => {
  const names = ['amount', 'aCcent', 'accent', '\u00e9', '\u00c3\u00a9', 'network', 'a\u0000b', 'acb', ''];
  for (let round = 0; round < 2; round++)
    for (const name of names) expect(decode(encode({ [name]: 1 }))).toEqual({ [name]: 1 });
  // The letter with its accent in UTF-8, after a name that has these two bytes as characters.
  expect(decode(Uint8Array.of(0xa1, 0x62, 0xc3, 0xa9, 0x01))).toEqual({ '\u00e9': 1 });
});

test('a key named __proto__ is a key like any other', () => {
  const value = JSON.parse('{"__proto__":{"admin":true}}') as Encodable;
  const read = decode(encode(value)) as Record<string, unknown>;
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  expect(Object.keys(read)).toEqual(['__proto__']);
  expect(read.admin).toBeUndefined();
});

test.each<[string, unknown]>([
  ['a fraction', { a: [1.5] }],
  ['2^53', 2 ** 53],
  ['not a number', Number.NaN],
  ['a large integer', 5n],
  ['undefined', { a: undefined }],
  ['a function', [() => 1]],
  ['a symbol', [Symbol('a')]],
  ['a date', { at: new Date(0) }],
  ['a map of the language', new Map([['a', 1]])],
])('%s is not encodable', (_, value) => {
  expect(() => encode(value as Encodable)).toThrow();
});

describe('the bounds', () => {
  const list = (length: number) => encode(Array<Encodable>(length).fill(1));
  const nested = (depth: number) => concatBytes(new Uint8Array(depth).fill(0x81), Uint8Array.of(0xf6));

  test('of how many values there are', () => {
    expect(decode(list(limits.encodedValues - 1))).toHaveLength(limits.encodedValues - 1);
    expect(() => decode(list(limits.encodedValues))).toThrow('too many values');
    expect(decode(list(9), 10)).toHaveLength(9);
    expect(() => decode(list(10), 10)).toThrow('too many values');
    expect(() => decode(encode({ a: 1, b: 2 }), 4)).toThrow('too many values');
    expect(decode(encode({ a: 1, b: 2 }), 5)).toEqual({ a: 1, b: 2 });
  });

  test('of how deep they lie', () => {
    expect(() => decode(nested(limits.encodedDepth))).not.toThrow();
    expect(() => decode(nested(limits.encodedDepth + 1))).toThrow('too deep');
    expect(() => decode(new Uint8Array(1_000_000).fill(0x81))).toThrow('too deep');
  });

  test('a declared length is believed only as far as there are bytes', () => {
    for (const major of [0x40, 0x60, 0x80, 0xa0]) {
      const claim = Uint8Array.of(major | 27, 0, 0, 0, 1, 0, 0, 0, 0, 1);
      expect(() => decode(claim, Number.MAX_SAFE_INTEGER)).toThrow('beyond the bytes');
    }
  });

  test('a byte string is a copy, also of a Buffer', () => {
    const bytes = Buffer.from(dagCbor.encode({ part: new Uint8Array([1, 2, 3]) }));
    const { part } = decode(bytes) as { part: Uint8Array };
    bytes.fill(0);
    expect(part).toEqual(new Uint8Array([1, 2, 3]));
    expect(part.buffer.byteLength).toBe(3);
  });
});
