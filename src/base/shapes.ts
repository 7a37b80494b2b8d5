/**
 * Shapes: how a value stands on the wire, and what it is in memory. Transactions and headers are read by them, since a node
 * reads those by the thousand in a second, and the codecs of the schema library take longer. For everything else a schema will
 * do.
 *
 *   const sealed = mapOf({ commitment: hash, readers: listOf(hash, 1, 64) });
 *   sealed.read(decode(bytes));       // throws Misfit: "readers.3: expected 32 bytes"
 *   encode(sealed.write(value));
 *
 * The outside is looked at before the inside, and the first thing that is wrong ends it: a peer chooses how large a wrong
 * value is, and must not choose how long it takes to say so.
 */
import { fromHex, isHex, toHex } from './bytes.ts';
import type { Encodable } from './encoding.ts';

export interface Shape<Value> {
  /** What is read is checked, and nobody checks again. @throws Misfit */
  read(wire: unknown): Value;
  /** The inverse. @throws Misfit where the value is none that could have been read: the caller has checked its input. */
  write(value: Value): Encodable;
}

export type ValueOf<Of> = Of extends Shape<infer Value> ? Value : never;

export type Fields = Readonly<Record<string, Shape<unknown>>>;
export type MapOf<Of extends Fields> = { [Name in keyof Of]: ValueOf<Of[Name]> };

/** A value is not of its shape. Says which field of ours it is, and what was expected; nothing of what is there instead. */
export class Misfit extends Error {
  override readonly name = 'Misfit';
  readonly complaint: string;
  readonly path: readonly (string | number)[];

  constructor(complaint: string, path: readonly (string | number)[] = []) {
    super(describe(complaint, path, 'the value'));
    this.complaint = complaint;
    this.path = path;
  }

  /** In words, under the name of the whole where it is the whole that does not fit. */
  within(whole: string): string {
    return describe(this.complaint, this.path, whole);
  }
}

/** A byte string of exactly `byteLength` bytes, in memory as lower-case hex. */
export function hexBytes(byteLength: number): Shape<string> {
  return {
    read: (wire) => toHex(bytesOf(wire, byteLength)),
    write(text) {
      if (!isHex(text, byteLength)) throw new Misfit(`expected ${byteLength} bytes in lower-case hex`);
      return fromHex(text);
    },
  };
}

/** A byte string of exactly `byteLength` bytes. */
export function byteString(byteLength: number): Shape<Uint8Array> {
  return { read: (wire) => bytesOf(wire, byteLength), write: (bytes) => bytesOf(bytes, byteLength) };
}

function bytesOf(wire: unknown, byteLength: number): Uint8Array {
  if (wire instanceof Uint8Array && wire.length === byteLength) return wire;
  throw new Misfit(`expected ${byteLength} bytes`);
}

/** A safe integer from `least` to `most`. */
export function integerFrom(least: number, most: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  const check = (value: unknown): number => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new Misfit(`expected an integer from ${least} to ${most}`);
  };
  return { read: check, write: check };
}

/** One of a few words. */
export function wordOf<const Word extends string>(...words: readonly Word[]): Shape<Word> {
  const check = (value: unknown): Word => {
    if ((words as readonly unknown[]).includes(value)) return value as Word;
    throw new Misfit(`expected ${words.join(', ')}`);
  };
  return { read: check, write: check };
}

export function nullOr<Value>(shape: Shape<Value>): Shape<Value | null> {
  return {
    read: (wire) => (wire === null ? null : shape.read(wire)),
    write: (value) => (value === null ? null : shape.write(value)),
  };
}

/** A list of `least` to `most` elements. */
export function listOf<Value>(element: Shape<Value>, least: number, most: number): Shape<Value[]> {
  function each<From, To>(list: unknown, one: (part: From) => To): To[] {
    if (!Array.isArray(list) || list.length < least || list.length > most)
      throw new Misfit(`expected a list of ${least} to ${most}`);
    return (list as From[]).map((part, index) => partOf(index, () => one(part)));
  }
  return { read: (wire) => each(wire, element.read), write: (values) => each(values, element.write) };
}

export interface MapShape<Of extends Fields> extends Shape<MapOf<Of>> {
  readonly fields: Of;
}

/** A map with exactly these fields. */
export function mapOf<Of extends Fields>(fields: Of): MapShape<Of> {
  const names = Object.keys(fields);
  const shapes = Object.values(fields);
  function each(map: unknown, how: 'read' | 'write'): Record<string, unknown> {
    if (!isMap(map)) throw new Misfit('expected a map');
    const made: Record<string, unknown> = {};
    let at = 0;
    try {
      for (; at < names.length; at++) made[names[at]!] = shapes[at]![how](map[names[at]!]);
    } catch (error) {
      throw under(names[at]!, error);
    }
    if (Object.keys(map).length > names.length) throw new Misfit('an unknown field');
    return made;
  }
  return {
    fields,
    read: (wire) => each(wire, 'read') as MapOf<Of>,
    write: (value) => each(value, 'write') as Record<string, Encodable>,
  };
}

/** A map whose field `key` says which of several it is. */
export function oneOf<Shapes extends Readonly<Record<string, Shape<unknown>>>>(
  key: string,
  shapes: Shapes,
): Shape<ValueOf<Shapes[keyof Shapes]>> {
  type Value = ValueOf<Shapes[keyof Shapes]>;
  function shapeOf(map: unknown): Shape<unknown> {
    if (!isMap(map)) throw new Misfit('expected a map');
    const name = map[key];
    if (typeof name !== 'string' || !Object.hasOwn(shapes, name)) throw new Misfit('unknown', [key]);
    return shapes[name]!;
  }
  return {
    read: (wire) => shapeOf(wire).read(wire) as Value,
    write: (value) => shapeOf(value).write(value),
  };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function partOf<Part>(name: string | number, make: () => Part): Part {
  try {
    return make();
  } catch (error) {
    throw under(name, error);
  }
}

function under(name: string | number, error: unknown): unknown {
  return error instanceof Misfit ? new Misfit(error.complaint, [name, ...error.path]) : error;
}

function describe(complaint: string, path: readonly (string | number)[], whole: string): string {
  return `${path.join('.') || whole}: ${complaint}`;
}
