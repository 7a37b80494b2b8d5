/**
 * The largest inputs that a decoder's door lets in, made to cost the most: too many values, values too deep, one long
 * text, and each of these in the place of every field of a valid input. They come first in every run.
 */
import { concatBytes, encode, utf8ToBytes } from '../../src/base/index.ts';
import { type CborNode, copyTree, everyNode, node, parseCbor, writeCbor } from './cbor-tree.ts';
import { combiningMarks } from './nasty-text.ts';
import type { Target } from './target.ts';

/** Fields of a valid input that are replaced, and how many bytes all inputs that come of it may have together. */
const mostPlaces = 24;
const mostBytesInAll = 60_000_000;
/** Of a door that is wider than any message of a peer, only one place is filled. */
const wideBytes = 4_500_000;

export function* worstInputs({ shape, mostBytes, seeds }: Target): Generator<Uint8Array> {
  const [seed = new Uint8Array(0)] = seeds;
  for (const first of [0x00, 0x22, 0x27, 0x2c, 0x41, 0x5b, 0x7b, 0x81, 0xa1, 0xff]) {
    yield new Uint8Array(mostBytes).fill(first);
  }
  yield repeated(seed, mostBytes);
  if (shape === 'cbor') yield* worstCbor(seeds, mostBytes);
  else yield* worstTexts(seed, mostBytes);
  if (shape === 'json') yield* worstJson(mostBytes);
}

function* worstCbor(seeds: readonly Uint8Array[], mostBytes: number): Generator<Uint8Array> {
  const hostile = hostileValues(Math.max(8, mostBytes - 600));
  for (const raw of hostile) yield raw;
  const [seed] = seeds;
  const tree = seed === undefined ? null : parseCbor(seed);
  if (tree === null) return;
  const affordable = Math.ceil(mostBytesInAll / (mostBytes * hostile.length));
  const places = Math.min(everyNode(tree).length, mostPlaces, affordable);
  for (let place = 0; place < places; place++) {
    for (const raw of hostile) yield writeCbor(replaced(tree, place, raw), mostBytes);
  }
}

/** Values in their canonical form, each about `bytes` long. */
function hostileValues(bytes: number): Uint8Array[] {
  const listOf = (element: Uint8Array) => {
    const count = Math.floor(bytes / element.length);
    return concatBytes(head(4, count), repeated(element, count * element.length));
  };
  return [
    listOf(Uint8Array.of(0x00)),
    listOf(Uint8Array.of(0x80)),
    listOf(Uint8Array.of(0xa0)),
    listOf(encode(new Uint8Array(32))),
    listOf(encode(Number.MAX_SAFE_INTEGER)),
    ascendingKeys(Math.floor(bytes / 7)),
    encode('x'.repeat(bytes)),
    encode(combiningMarks(bytes)),
    encode('é'.repeat(bytes / 2)),
    encode(new Uint8Array(bytes).fill(0x81)),
  ];
}

/** A map of so many keys in their order, each of five digits to the base of 36 and with the value 0. */
function ascendingKeys(count: number): Uint8Array {
  const pairs = Buffer.alloc(count * 7);
  for (let index = 0; index < count; index++) {
    pairs[index * 7] = 0x65;
    pairs.write(index.toString(36).padStart(5, '0'), index * 7 + 1, 'latin1');
  }
  return concatBytes(head(5, count), pairs);
}

function head(major: number, count: number): Uint8Array {
  const written = Buffer.alloc(5);
  written[0] = (major << 5) | 26;
  written.writeUInt32BE(count, 1);
  return count < 0x1_0000 ? Uint8Array.of((major << 5) | 25, count >> 8, count & 0xff) : new Uint8Array(written);
}

function replaced(tree: CborNode, place: number, raw: Uint8Array): CborNode {
  const copy = copyTree(tree);
  Object.assign(everyNode(copy)[place]!, node(0, 0n, { raw }));
  return copy;
}

function* worstTexts(seed: Uint8Array, mostBytes: number): Generator<Uint8Array> {
  const text = Buffer.from(seed).toString('utf8');
  const room = Math.max(0, mostBytes - seed.length);
  const quote = text.indexOf('"', text.indexOf(':')) + 1;
  const fillers = ['a', ' a', '"a" ', "'", '\\"', '--a=', '--a="', '/ip4', '1', ',', '\n', '[', '{"a":', '"",', 'é'];
  const long = [
    ...fillers.map((each) => () => each.repeat(room / Buffer.byteLength(each))),
    () => combiningMarks(room),
  ];
  for (const make of long) {
    const filler = make();
    for (const at of mostBytes > wideBytes ? [quote] : [0, quote, text.length >> 1, text.length]) {
      yield utf8ToBytes(text.slice(0, at) + filler + text.slice(at)).subarray(0, mostBytes);
    }
  }
  yield utf8ToBytes(`--${'a'.repeat(room / 2)}${'"'.repeat(room / 2)}`).subarray(0, mostBytes);
}

/** Valid JSON, each as long as there is room for. */
function* worstJson(mostBytes: number): Generator<Uint8Array> {
  const room = mostBytes - 16;
  const listOf = (element: string) => `[${Array(Math.floor(room / (element.length + 1))).fill(element)}]`;
  const deep = (open: string, close: string) => {
    const depth = Math.floor(room / (open.length + close.length));
    return `${open.repeat(depth)}0${close.repeat(depth)}`;
  };
  yield utf8ToBytes(deep('[', ']'));
  yield utf8ToBytes(deep('{"a":', '}'));
  for (const element of ['0', '[]', '{}', '""', '{"a":0}', '1e9', '"\\""']) yield utf8ToBytes(listOf(element));
  const keys = Array.from(
    { length: Math.floor(room / 11) },
    (_, index) => `"${index.toString(36).padStart(5, '0')}":0`,
  );
  yield utf8ToBytes(`{${keys}}`);
  for (const text of ['a', '\\"', '\\u0000']) yield utf8ToBytes(`{"a":"${text.repeat(room / text.length - 1)}"}`);
}

function repeated(part: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(length, part.length === 0 ? 0 : part));
}
