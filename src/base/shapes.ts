/**
 * Shapes: how a value stands on the wire, and what it is in memory. Transactions and headers are read by them, since a node
 * reads those by the thousand in a second, and the codecs of the schema library take longer. They are read straight from their
 * bytes; a value of them is not made in between. For everything else a schema will do.
 *
 *   const sealed = mapOf({ commitment: hash, readers: listOf(hash, 1, 64) });
 *   readShape(sealed, bytes);         // throws Misfit: "readers.3: expected 32 bytes"
 *   encode(sealed.write(value));
 *
 * The outside is looked at before the inside, and the first thing that is wrong ends it: a peer chooses how large a wrong
 * value is, and must not choose how long it takes to say so.
 */
import { fromHex, isHex } from './bytes.ts';
import { CanonicalReader } from './canonical-reader.ts';
import type { Encodable } from './encoding.ts';
import { limits } from './limits.ts';

export interface Shape<Value> {
  /** What is read is checked, and nobody checks again. @throws Misfit, NotCanonical */
  read(from: CanonicalReader): Value;
  /** The inverse. @throws Misfit where the value is none that could have been read: the caller has checked its input. */
  write(value: Value): Encodable;
}

export type ValueOf<Of> = Of extends Shape<infer Value> ? Value : never;

export type Fields = Readonly<Record<string, Shape<unknown>>>;
export type MapOf<Of extends Fields> = { [Name in keyof Of]: ValueOf<Of[Name]> };

/** The value of which the bytes are the canonical encoding. @throws Misfit, NotCanonical */
export function readShape<Value>(shape: Shape<Value>, bytes: Uint8Array): Value {
  const reader = new CanonicalReader(bytes, limits.encodedValues);
  const value = shape.read(reader);
  reader.end();
  return value;
}

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
    read: (from) => from.takeHex(byteLength) ?? misfit(`expected ${byteLength} bytes`),
    write: (text) =>
      isHex(text, byteLength) ? fromHex(text) : misfit(`expected ${byteLength} bytes in lower-case hex`),
  };
}

/** A byte string; of exactly `byteLength` bytes, where that is given. */
export function byteString(byteLength?: number): Shape<Uint8Array> {
  const expected = byteLength === undefined ? 'expected bytes' : `expected ${byteLength} bytes`;
  return {
    read: (from) => from.takeByteString(byteLength) ?? misfit(expected),
    write: (bytes) => (isBytes(bytes, byteLength) ? bytes : misfit(expected)),
  };
}

function isBytes(value: unknown, byteLength: number | undefined): boolean {
  return value instanceof Uint8Array && (byteLength === undefined || value.length === byteLength);
}

/** A safe integer from `least` to `most`. */
export function integerFrom(least: number, most: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  const check = (value: number | null): number =>
    value !== null && Number.isSafeInteger(value) && value >= least && value <= most
      ? value
      : misfit(`expected an integer from ${least} to ${most}`);
  return { read: (from) => check(from.takeInteger()), write: check };
}

/** One of a few words. */
export function wordOf<const Word extends string>(...words: readonly Word[]): Shape<Word> {
  const check = (word: string | null): Word =>
    (words as readonly unknown[]).includes(word) ? (word as Word) : misfit(`expected ${words.join(', ')}`);
  return { read: (from) => check(from.takeWord()), write: check };
}

export function nullOr<Value>(shape: Shape<Value>): Shape<Value | null> {
  return {
    read: (from) => (from.takeNull() ? null : shape.read(from)),
    write: (value) => (value === null ? null : shape.write(value)),
  };
}

/** A list of `least` to `most` elements. */
export function listOf<Value>(element: Shape<Value>, least: number, most: number): Shape<Value[]> {
  function each<Part>(length: number | null, one: (index: number) => Part): Part[] {
    if (length === null || length < least || length > most) throw new Misfit(`expected a list of ${least} to ${most}`);
    const made: Part[] = [];
    try {
      while (made.length < length) made.push(one(made.length));
    } catch (error) {
      throw under(made.length, error);
    }
    return made;
  }
  return {
    read(from) {
      const elements = each(from.enterList(), () => element.read(from));
      from.leave();
      return elements;
    },
    write: (values) => each(Array.isArray(values) ? values.length : null, (index) => element.write(values[index]!)),
  };
}

export interface MapShape<Of extends Fields> extends Shape<MapOf<Of>> {
  readonly fields: Of;
}

/** A map with exactly these fields. */
export function mapOf<Of extends Fields>(fields: Of): MapShape<Of> {
  const inOrder = Object.entries(fields).sort(([one], [other]) => canonicalOrder(one, other));
  const blank: Record<string, unknown> = Object.fromEntries(Object.keys(fields).map((name) => [name, null]));
  const expected = `expected a map of ${Object.keys(fields).join(', ')}`;
  function each(one: (name: string, shape: Shape<unknown>) => unknown): Record<string, unknown> {
    // Its fields are in the order in which they were declared, whatever the order in which they come.
    const made = { ...blank };
    let at = 0;
    try {
      for (; at < inOrder.length; at++) {
        const [name, shape] = inOrder[at]!;
        made[name] = one(name, shape);
      }
    } catch (error) {
      throw under(inOrder[at]![0], error);
    }
    return made;
  }
  return {
    fields,
    read(from) {
      if (from.enterMap() !== inOrder.length) throw new Misfit(expected);
      const made = each((name, shape) => {
        if (!from.takeKey(name)) throw new Misfit('missing');
        return shape.read(from);
      });
      from.leave();
      return made as MapOf<Of>;
    },
    write(value) {
      const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
      if (!isMap || Object.keys(value).length > inOrder.length) throw new Misfit(expected);
      return each((name, shape) => shape.write(value[name])) as Record<string, Encodable>;
    },
  };
}

/** That of DAG-CBOR: the shorter first, and then by byte. The names of fields are ASCII. */
function canonicalOrder(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : 1);
}

/** A map whose field `key` says which of several it is. */
export function oneOf<Shapes extends Readonly<Record<string, Shape<unknown>>>>(
  key: string,
  shapes: Shapes,
): Shape<ValueOf<Shapes[keyof Shapes]>> {
  type Value = ValueOf<Shapes[keyof Shapes]>;
  function shapeOf(name: unknown): Shape<unknown> {
    if (typeof name !== 'string' || !Object.hasOwn(shapes, name)) throw new Misfit('unknown', [key]);
    return shapes[name]!;
  }
  return {
    read: (from) => shapeOf(from.wordAhead(key)).read(from) as Value,
    write: (value) => shapeOf((value as Readonly<Record<string, unknown>> | null)?.[key]).write(value),
  };
}

function misfit(complaint: string): never {
  throw new Misfit(complaint);
}

function under(name: string | number, error: unknown): unknown {
  return error instanceof Misfit ? new Misfit(error.complaint, [name, ...error.path]) : error;
}

function describe(complaint: string, path: readonly (string | number)[], whole: string): string {
  return `${path.join('.') || whole}: ${complaint}`;
}
