/** JSON that is bent as a value and written by hand, since a key may stand twice and a number be none. */
import { utf8ToBytes } from '../../src/base/index.ts';
import type { Chance } from '../support/chance.ts';
import { nastyTexts } from './nasty-text.ts';

/** A list, a map as pairs (so that a key may be there twice), or a leaf as it is written. */
export type Json = { list: Json[] } | { pairs: [key: string, value: Json][] } | { leaf: string };

const nastyLeaves: readonly string[] = [
  ...['null', 'true', 'false', '0', '-0', '-1', '1.5', '1e3', '1e400', '-1e400', '9007199254740992', '1e21', '01'],
  ...['4294967296', '131072', '1048576', '2097152', '65536', 'NaN', 'undefined', "'a'", '"\\ud800"', '"\\u0000"', '"'],
];

export function parseJson(bytes: Uint8Array): Json | null {
  try {
    return jsonOf(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    // Not every input is JSON.
    return null;
  }
}

function jsonOf(value: unknown): Json {
  if (Array.isArray(value)) return { list: value.map(jsonOf) };
  if (typeof value !== 'object' || value === null) return { leaf: JSON.stringify(value) };
  return { pairs: Object.entries(value).map(([key, each]) => [key, jsonOf(each)]) };
}

export function bendJson(json: Json, chance: Chance, other: Json): Uint8Array {
  const bent = copyOf(json);
  for (let left = chance.pick([1, 1, 2, 3]); left > 0; left--) bendOne(chance.pick(everyPart(bent)), chance, other);
  return utf8ToBytes(write(bent));
}

function bendOne(at: Json, chance: Chance, other: Json): void {
  const way = chance.below(7);
  if (way === 0) become(at, { leaf: JSON.stringify(chance.pick(nastyTexts)) });
  else if (way === 1) become(at, { leaf: chance.pick(nastyLeaves) });
  else if (way === 2) become(at, copyOf(chance.pick(everyPart(other))));
  else if (way === 3) become(at, chance.pick([{ list: [] }, { pairs: [] }, { list: [copyOf(at)] }]));
  else if ('list' in at) bendList(at.list, chance);
  else if ('pairs' in at) bendPairs(at.pairs, chance);
  else become(at, { leaf: bendLeaf(at.leaf, chance) });
}

function bendList(list: Json[], chance: Chance): void {
  const at = chance.below(list.length + 1);
  if (chance.happens(0.5) || list.length === 0) list.splice(at, 1);
  else list.splice(at, 0, ...Array.from({ length: chance.pick([1, 2, 300]) }, () => copyOf(chance.pick(list))));
}

function bendPairs(pairs: [string, Json][], chance: Chance): void {
  const at = chance.below(pairs.length + 1);
  const way = chance.below(4);
  if (way === 0) pairs.splice(at, 1);
  else if (way === 1) pairs.splice(at, 0, [chance.pick(nastyTexts), { pairs: [] }]);
  else if (way === 2 && pairs.length > 0) pairs.push(copyOfPair(chance.pick(pairs)));
  else if (pairs.length > 0) chance.pick(pairs)[0] = chance.pick(nastyTexts);
}

/** Text with one character more, less or other; numbers a little off. */
function bendLeaf(leaf: string, chance: Chance): string {
  const at = chance.below(leaf.length + 1);
  const instead = chance.pick(['', '0', 'f', 'A', '9', '-', '.', '\\u0000', '\u0301', ' ']);
  return leaf.slice(0, at) + instead + leaf.slice(at + chance.below(2));
}

function copyOf(json: Json): Json {
  if ('leaf' in json) return { leaf: json.leaf };
  return 'list' in json ? { list: json.list.map(copyOf) } : { pairs: json.pairs.map(copyOfPair) };
}

function copyOfPair([key, value]: [string, Json]): [string, Json] {
  return [key, copyOf(value)];
}

function become(at: Json, by: Json): void {
  for (const key of Object.keys(at)) delete (at as Record<string, unknown>)[key];
  Object.assign(at, by);
}

function everyPart(json: Json, found: Json[] = []): Json[] {
  found.push(json);
  if ('list' in json) for (const each of json.list) everyPart(each, found);
  if ('pairs' in json) for (const [, each] of json.pairs) everyPart(each, found);
  return found;
}

function write(json: Json): string {
  if ('leaf' in json) return json.leaf;
  if ('list' in json) return `[${json.list.map(write).join(',')}]`;
  return `{${json.pairs.map(([key, value]) => `${JSON.stringify(key)}:${write(value)}`).join(',')}}`;
}
