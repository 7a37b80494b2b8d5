/** Fields are counted as the decoder of gossipsub meets them, and no further than they may go. */
import { expect, test } from 'vitest';
import { concatBytes } from '../../src/base/index.ts';
import { hasMoreFields, type MessageShape } from '../../src/network/protobuf-fields.ts';

const shape: MessageShape = { 1: {}, 3: { 4: { 2: {} } } };
const tagOf = (field: number, type: number) => field * 8 + type;
const number = (field: number) => Uint8Array.of(tagOf(field, 0), 0x85, 0x01);
const counted = (field: number, ...content: Uint8Array[]) => {
  const inner = concatBytes(...content);
  return concatBytes(Uint8Array.of(tagOf(field, 2), inner.length), inner);
};

test.each<[what: string, bytes: Uint8Array, fields: number]>([
  ['nothing', new Uint8Array(0), 0],
  ['numbers of all kinds', concatBytes(number(1), Uint8Array.of(0x09, ...Array(8).fill(0), 0x0d, 0, 0, 0, 0)), 3],
  ['a field that means nothing', number(99), 1],
  ['a message within', counted(1, number(1), number(2)), 3],
  ['messages three deep', counted(3, counted(4, counted(2, number(1)), number(3))), 5],
  ['text that looks like fields', counted(2, number(1), number(1)), 1],
  ['two messages', concatBytes(counted(1, number(1)), counted(1)), 3],
  ['a length over the end', concatBytes(number(1), Uint8Array.of(tagOf(1, 2), 100), number(1)), 3],
  ['a tag without its number', Uint8Array.of(0x08), 1],
  ['a number without an end', new Uint8Array(40).fill(0xff), 1],
])('of %s', (_what, bytes, fields) => {
  expect(hasMoreFields(bytes, shape, fields)).toBe(false);
  if (fields > 0) expect(hasMoreFields(bytes, shape, fields - 1)).toBe(true);
});
