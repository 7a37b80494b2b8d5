/** Each shape reads what it writes, and nothing else; and says which field does not fit without a word of what is there. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CanonicalReader } from '../../src/base/canonical-reader.ts';
import {
  byteString,
  type Encodable,
  encode,
  hexBytes,
  integerFrom,
  listOf,
  Misfit,
  mapOf,
  NotCanonical,
  nullOr,
  oneOf,
  readShape,
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

test('what is written is read as it was', () => {
  fc.assert(
    fc.property(someDeed, (value) => {
      expect(readShape(deed, encode(deed.write(value)))).toEqual(value);
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

/** What a shape makes of a value that somebody else has encoded. */
const readAs = <Value>(shape: Shape<Value>, wire: unknown) => readShape(shape, encode(wire as Encodable));

const bytes = new Uint8Array(32);
const aSealed = { commitment: bytes, readers: [bytes] };
const aPayment = { kind: 'PAY', amount: 1, note: null };

test.each<[string, unknown, string]>([
  ['null', null, 'kind: unknown'],
  ['a list', [], 'kind: unknown'],
  ['a byte string', new Uint8Array(3), 'kind: unknown'],
  ['a map without the field that says which', {}, 'kind: unknown'],
  ['a kind that there is not', { kind: 'MINT' }, 'kind: unknown'],
  ['a kind that every object has', { kind: 'constructor' }, 'kind: unknown'],
  ['a kind that is no text', { kind: 1 }, 'kind: unknown'],
  ['an unknown field', { ...aPayment, memo: 'a secret' }, 'deed: expected a map of kind, amount, note'],
  [
    'an unknown field named __proto__',
    { ...aPayment, ['__proto__']: null },
    'deed: expected a map of kind, amount, note',
  ],
  ['a missing field', { kind: 'PAY', amount: 1 }, 'deed: expected a map of kind, amount, note'],
  ['a missing field and an unknown one', { kind: 'PAY', amount: 1, memo: 1 }, 'note: missing'],
  ['an inner value that is no map', { ...aPayment, note: 1 }, 'note: expected a map of commitment, readers'],
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
  ['another word', { ...aPayment, kind: 'VISIT' }, 'notes: missing'],
])('%s is refused', (_, wire, expected) => {
  expect(complaint(() => readAs(deed, wire))).toBe(expected);
});

test('fields are in the order in which they were declared, and come in that of their encoding', () => {
  const note = { readers: [bytes], commitment: bytes };
  const read = readAs(payment, { note, amount: 1, kind: 'PAY' });
  expect([Object.keys(read), Object.keys(read.note!)]).toEqual([
    ['kind', 'amount', 'note'],
    ['commitment', 'readers'],
  ]);
});

test('what is no canonical encoding is refused, wherever a shape meets it', () => {
  const refused = (hex: string) => expect(() => readShape(sealed, Buffer.from(hex, 'hex'))).toThrow(NotCanonical);
  const whole = Buffer.from(encode(aSealed)).toString('hex');
  expect(readShape(sealed, Buffer.from(whole, 'hex')).readers).toHaveLength(1);
  refused(`${whole}00`);
  refused(whole.slice(0, -2));
  // The same lengths in more bytes than they need: of the map, of a key, of a list, of a byte string.
  refused(whole.replace('a2', 'b802'));
  refused(whole.replace('67726561', '7807726561'));
  refused(whole.replace('8158', '980158'));
  refused(whole.replaceAll('5820', '590020'));
});

describe('numbers', () => {
  const amount = integerFrom(1, 10);
  test.each([1, 10])('%s is in it', (value) => expect(readAs(amount, value)).toBe(value));
  test.each<unknown>([0, 11, -1, '1', null, [1], true])('%s is not', (value) =>
    expect(complaint(() => readAs(amount, value))).toBe('deed: expected an integer from 1 to 10'),
  );
  test.each<unknown>([0, 11, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('%s is not written', (value) =>
    expect(complaint(() => amount.write(value as number))).toMatch(/expected an integer/),
  );
  test('an integer that is not safe is none', () => {
    expect(() => readShape(integerFrom(0), Buffer.from('1b0020000000000000', 'hex'))).toThrow(NotCanonical);
  });
});

test('the first thing that is wrong ends it: thousands of wrong elements are one complaint', () => {
  const wrong = Array(10_000).fill('a peer chose this');
  let looked = 0;
  const counting: Shape<string> = {
    read(from) {
      looked += 1;
      return hash.read(from);
    },
    write: hash.write,
  };
  expect(complaint(() => readAs(listOf(counting, 0, 20_000), wrong))).toBe('0: expected 32 bytes');
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
  expect(() => mapOf({ field: listOf(broken, 0, 1) }).read(new CanonicalReader(encode({ field: [1] }), 9))).toThrow(
    TypeError,
  );
});
