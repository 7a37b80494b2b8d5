import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteLines } from '../../src/cli/byte-lines.ts';

function read(chunks: readonly Uint8Array[], most?: number): unknown[] {
  const lines = new ByteLines(most);
  return [...chunks.flatMap((chunk) => [...lines.push(chunk)]), ...lines.end()];
}

const bytes = (text: string) => Buffer.from(text);

test('lines are numbered, with or without a last newline, with either line end', () => {
  expect(read([bytes('one\r\n\ntwo')])).toEqual([
    { number: 1, problem: null, text: 'one' },
    { number: 2, problem: null, text: '' },
    { number: 3, problem: null, text: 'two' },
  ]);
  expect(read([bytes('one\n')])).toHaveLength(1);
});

test('a line at the limit is read, one byte more is dropped to its newline', () => {
  expect(read([bytes('1234\n12345\n12\n')], 4)).toEqual([
    { number: 1, problem: null, text: '1234' },
    { number: 2, problem: 'line-too-long' },
    { number: 3, problem: null, text: '12' },
  ]);
  expect(read([bytes('1234\r\n12345\r\n')], 4)).toMatchObject([{ text: '1234' }, { problem: 'line-too-long' }]);
});

test('a long line in many chunks is dropped once', () => {
  const chunks = Array.from({ length: 50 }, () => bytes('x'.repeat(2_000)));
  expect(read([...chunks, bytes('\nmine\n')])).toEqual([
    { number: 1, problem: 'line-too-long' },
    { number: 2, problem: null, text: 'mine' },
  ]);
});

test('what is not UTF-8 is said, and the next line is read', () => {
  expect(read([Uint8Array.of(0xc3, 0x28, 0x0a), bytes('mine\n')])).toEqual([
    { number: 1, problem: 'not-utf-8' },
    { number: 2, problem: null, text: 'mine' },
  ]);
});

test('where the chunks are cut does not matter', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary' }).filter((text) => !/[\n\r]/.test(text) && text.isWellFormed())),
      fc.array(fc.nat()),
      (texts, cuts) => {
        const whole = bytes(texts.map((text) => `${text}\n`).join(''));
        const places = [...new Set([0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length])].sort(
          (a, b) => a - b,
        );
        const chunks = places.slice(1).map((end, index) => whole.subarray(places[index]!, end));
        expect(read(chunks).map((line) => (line as { text: string }).text)).toEqual(
          texts.map((text) => text.replace(/^\ufeff/, '')),
        );
      },
    ),
  );
});
