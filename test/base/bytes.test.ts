import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/base/index.ts';

test('hex of every byte, at every length around the border between two ways', () => {
  for (let length = 0; length <= 300; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 7 + length) & 0xff);
    const hex = toHex(bytes);
    expect(hex).toBe(Buffer.from(bytes).toString('hex'));
    expect(fromHex(hex)).toEqual(bytes);
  }
  const window = Uint8Array.from({ length: 256 }, (_, at) => at).subarray(100, 164);
  expect(toHex(window)).toBe(Buffer.from(window).toString('hex'));
});
