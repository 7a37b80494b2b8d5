/** Mutations that know nothing of what the bytes mean. */
import { concatBytes, utf8ToBytes } from '../../src/base/index.ts';
import type { Chance } from '../support/chance.ts';
import { brokenUtf8, nastyTexts } from './nasty-text.ts';

/** Bytes that mean something in CBOR, in UTF-8, or at the ends of what a byte holds. */
const tellingBytes = [
  0x00, 0x01, 0x17, 0x18, 0x1b, 0x3b, 0x40, 0x58, 0x5b, 0x5f, 0x60, 0x7f, 0x80, 0x9b, 0x9f,
] as const;
const tellingBytesToo = [
  0xa0, 0xbf, 0xc2, 0xd8, 0xf4, 0xf6, 0xf7, 0xf9, 0xfb, 0xff, 0x0a, 0x0d, 0x22, 0x5c, 0x2d,
] as const;

type Mutate = (bytes: Uint8Array, chance: Chance, other: Uint8Array) => Uint8Array;

const mutations: readonly Mutate[] = [
  function flipBit(bytes, chance) {
    return changed(bytes, chance, (byte) => byte ^ (1 << chance.below(8)));
  },
  function setByte(bytes, chance) {
    return changed(bytes, chance, () => chance.pick([...tellingBytes, ...tellingBytesToo]));
  },
  function nudgeByte(bytes, chance) {
    return changed(bytes, chance, (byte) => byte + chance.pick([-1, 1]));
  },
  function insert(bytes, chance) {
    const at = chance.below(bytes.length + 1);
    return concatBytes(bytes.subarray(0, at), chance.bytes(chance.between(1, 8)), bytes.subarray(at));
  },
  function insertText(bytes, chance) {
    const at = chance.below(bytes.length + 1);
    const text = chance.happens(0.5) ? utf8ToBytes(chance.pick(nastyTexts)) : chance.pick(brokenUtf8);
    return concatBytes(bytes.subarray(0, at), text, bytes.subarray(at));
  },
  function remove(bytes, chance) {
    const at = chance.below(bytes.length + 1);
    return concatBytes(bytes.subarray(0, at), bytes.subarray(at + chance.between(1, 16)));
  },
  function truncate(bytes, chance) {
    return bytes.slice(0, chance.below(bytes.length + 1));
  },
  function splice(bytes, chance, other) {
    const head = bytes.subarray(0, chance.below(bytes.length + 1));
    return concatBytes(head, other.subarray(chance.below(other.length + 1)));
  },
  function repeat(bytes, chance) {
    const at = chance.below(bytes.length + 1);
    const part = bytes.subarray(at, at + chance.between(1, 64));
    const parts = Array<Uint8Array>(chance.between(2, 20)).fill(part);
    return concatBytes(bytes.subarray(0, at), ...parts, bytes.subarray(at));
  },
  function longNumber(bytes, chance) {
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(chance.pick([0n, 24n, 255n, 65_536n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n]));
    const at = chance.below(bytes.length + 1);
    const written = new Uint8Array(number.subarray(8 - chance.pick([1, 2, 4, 8])));
    return concatBytes(bytes.subarray(0, at), written, bytes.subarray(at + written.length));
  },
];

/** One to four mutations, one after the other. */
export function bendBytes(bytes: Uint8Array, chance: Chance, other: Uint8Array): Uint8Array {
  let bent = bytes;
  for (let left = chance.between(1, 4); left > 0; left--) bent = chance.pick(mutations)(bent, chance, other);
  return bent;
}

function changed(bytes: Uint8Array, chance: Chance, change: (byte: number) => number): Uint8Array {
  if (bytes.length === 0) return bytes;
  const bent = bytes.slice();
  const at = chance.below(bent.length);
  bent[at] = change(bent[at]!);
  return bent;
}
