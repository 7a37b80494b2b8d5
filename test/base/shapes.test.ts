/** Each shape reads what it writes, and nothing else; and says which field does not fit without a word of what is there. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  byteString,
  decode,
  encode,
  hexBytes,
  integerFrom,
  listOf,
  Misfit,
  mapOf,
  nullOr,
  oneOf,
  type Shape,
  wordOf,
} from '../../src/base/index.ts';

const hash = hexBytes(32);
const sealed = mapOf({ commitment: hash, readers: listOf(hash, 1, 3) });
const payment = mapOf({ kind: wordOf('PAY'), amount: integerFrom(1), note: nullOr(sealed) });
const visit = mapOf({ kind: wordOf('VISIT'), notes: sealed, signature: byteString(4) });
const deed = oneOf('kind', { PAY: payment, VISIT: visit });

const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const someSealed = fc.record({ commitment: hex, readers: fc.array(hex, { minLength: 1, maxLength: 3 }) });
const someDeed = fc.oneof(
  fc.record({
    kind: fc.constant('PAY' as const),
    amount: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    note: fc.option(someSealed),
  }),
  fc.record({
    kind: fc.constant('VISIT' as const),
    notes: someSealed,
    signature: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  }),
);

test('what is written is read as it was, also when it was encoded in between', () => {
  fc.assert(
    fc.property(someDeed, (value) => {
      expect(deed.read(deed.write(value))).toEqual(value);
      expect(deed.read(decode(encode(deed.write(value))))).toEqual(value);
    }),
  );
});

/** What reading or writing complains of. */
function complaint(attempt: () => unknown): string {
  try {
    attempt();
    return 'nothing';
  } catch (error) {
    expect(error).toBeInstanceOf(Misfit);
    return (error as Misfit).within('deed');
  }
}

const bytes = new Uint8Array(32);
const aSealed = { commitment: bytes, readers: [bytes] };
const aPayment = { kind: 'PAY', amount: 1, note: null };

test.each<[string, unknown, string]>([
  ['null', null, 'deed: expected a map'],
  ['a list', [], 'deed: expected a map'],
  ['a byte string', new Uint8Array(3), 'deed: expected a map'],
  ['a map without the field that says which', {}, 'kind: unknown'],
  ['a kind that there is not', { kind: 'MINT' }, 'kind: unknown'],
  ['a kind that every object has', { kind: 'constructor' }, 'kind: unknown'],
  ['a kind that is no text', { kind: 1 }, 'kind: unknown'],
  ['an unknown field', { ...aPayment, memo: 'a secret' }, 'deed: an unknown field'],
  ['an unknown field named __proto__', { ...aPayment, ['__proto__']: null }, 'deed: an unknown field'],
  ['a missing field', { kind: 'PAY', amount: 1 }, 'note: expected a map'],
  ['a missing field and an unknown one', { kind: 'PAY', amount: 1, memo: 1 }, 'note: expected a map'],
  ['an inner field', { ...aPayment, note: { ...aSealed, commitment: 'x' } }, 'note.commitment: expected 32 bytes'],
  [
    'an element of a list',
    { ...aPayment, note: { ...aSealed, readers: [bytes, bytes.subarray(1)] } },
    'note.readers.1: expected 32 bytes',
  ],
  [
    'a list that is too short',
    { ...aPayment, note: { ...aSealed, readers: [] } },
    'note.readers: expected a list of 1 to 3',
  ],
  [
    'a list that is too long',
    { ...aPayment, note: { ...aSealed, readers: Array(4).fill(bytes) } },
    'note.readers: expected a list of 1 to 3',
  ],
  ['what is no list', { ...aPayment, note: { ...aSealed, readers: bytes } }, 'note.readers: expected a list of 1 to 3'],
  ['another word', { ...aPayment, kind: 'VISIT', notes: aSealed }, 'signature: expected 4 bytes'],
])('%s is refused', (_, wire, expected) => {
  expect(complaint(() => deed.read(wire))).toBe(expected);
});

describe('numbers', () => {
  const amount = integerFrom(1, 10);
  test.each([1, 10])('%s is in it', (value) => expect(amount.read(value)).toBe(value));
  test.each<unknown>([0, 11, 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, '1', 1n, null, undefined])(
    '%s is not',
    (value) => expect(complaint(() => amount.read(value))).toBe('deed: expected an integer from 1 to 10'),
  );
  test('an integer that is not safe is none', () => {
    expect(complaint(() => integerFrom(0).read(2 ** 53))).toMatch(/expected an integer/);
  });
});

test('the first thing that is wrong ends it: a megabyte of wrong elements is one complaint', () => {
  const wrong = Array(1_000_000).fill('a peer chose this');
  let looked = 0;
  const counting: Shape<string> = {
    read(wire) {
      looked += 1;
      return hash.read(wire);
    },
    write: hash.write,
  };
  expect(complaint(() => listOf(counting, 0, 2_000_000).read(wrong))).toBe('0: expected 32 bytes');
  expect(looked).toBe(1);
});

test.each<[string, () => unknown]>([
  ['hex of another length', () => hash.write('00')],
  ['hex in capitals', () => hash.write('AB'.repeat(32))],
  ['a number beyond its bounds', () => payment.write({ kind: 'PAY', amount: 0, note: null })],
  ['a list without elements', () => sealed.write({ commitment: '00'.repeat(32), readers: [] })],
  ['a field too many', () => payment.write({ kind: 'PAY', amount: 1, note: null, memo: 1 } as never)],
])('%s is not written', (_, attempt) => {
  expect(complaint(attempt)).not.toBe('nothing');
});

test('a mistake of ours is not taken for a value that does not fit', () => {
  const broken: Shape<never> = {
    read() {
      throw new TypeError('a bug');
    },
    write() {
      throw new TypeError('a bug');
    },
  };
  expect(() => mapOf({ field: listOf(broken, 0, 1) }).read({ field: [1] })).toThrow(TypeError);
});
