/**
 * Writes one value in deterministic DAG-CBOR: the inverse of {@link CanonicalReader}, and byte for byte what the library
 * writes, mostly in less time. What a block changes is encoded several times on its way to the disk, a value at a time.
 */
import { compareBytes, utf8ToBytes } from './bytes.ts';
import type { Encodable } from './encoding.ts';

const firstBytes = 4_096;
/** Hex, names of fields, short words: longer text is left to the runtime. */
const longestQuickText = 80;
/** As a transaction, a header and what is stored have. */
const fewKeys = 32;

export class CanonicalWriter {
  /** Used again for each value that fits: most are shorter than a hundred bytes. */
  readonly #page = new Uint8Array(firstBytes);
  #bytes: Uint8Array = this.#page;
  #end = 0;

  /** The one encoding of a value. @throws Error where it has none (a float, undefined, a class). */
  writeWhole(value: Encodable): Uint8Array {
    this.#bytes = this.#page;
    this.#end = 0;
    this.#writeValue(value);
    return this.#bytes.slice(0, this.#end);
  }

  #writeValue(value: Encodable): void {
    if (typeof value === 'string') this.#writeText(value);
    else if (typeof value === 'number') this.#writeInteger(value);
    else if (typeof value === 'boolean') this.#writeByte(value ? 0xf5 : 0xf4);
    else if (value === null) this.#writeByte(0xf6);
    else if (value instanceof Uint8Array) this.#writeBytes(value);
    else if (Array.isArray(value)) this.#writeList(value);
    else if (typeof value === 'object') this.#writeMap(value as { readonly [key: string]: Encodable });
    else throw notEncodable(typeof value);
  }

  #writeInteger(value: number): void {
    if (!Number.isSafeInteger(value)) throw notEncodable('a number that is no safe integer');
    if (value >= 0) this.#writeHead(0x00, value);
    else this.#writeHead(0x20, -1 - value);
  }

  #writeBytes(bytes: Uint8Array): void {
    this.#writeHead(0x40, bytes.length);
    const start = this.#take(bytes.length);
    this.#bytes.set(bytes, start);
  }

  #writeText(text: string): void {
    const { length } = text;
    if (length > longestQuickText) {
      this.#writeLongText(text);
      return;
    }
    const before = this.#end;
    this.#writeHead(0x60, length);
    const start = this.#take(length);
    const bytes = this.#bytes;
    for (let at = 0; at < length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7f) {
        this.#end = before;
        this.#writeLongText(text);
        return;
      }
      bytes[start + at] = unit;
    }
  }

  #writeLongText(text: string): void {
    const encoded = utf8ToBytes(text);
    this.#writeHead(0x60, encoded.length);
    const start = this.#take(encoded.length);
    this.#bytes.set(encoded, start);
  }

  #writeList(list: readonly Encodable[]): void {
    this.#writeHead(0x80, list.length);
    for (const element of list) this.#writeValue(element);
  }

  #writeMap(map: { readonly [key: string]: Encodable }): void {
    const prototype: unknown = Object.getPrototypeOf(map);
    if (prototype !== Object.prototype && prototype !== null) throw notEncodable('an object of a class');
    const keys = inOrder(Object.keys(map));
    this.#writeHead(0xa0, keys.length);
    for (const key of keys) {
      this.#writeText(key);
      this.#writeValue(map[key]!);
    }
  }

  /** The first byte and what it counts, in the fewest bytes. */
  #writeHead(major: number, count: number): void {
    if (count < 24) {
      this.#writeByte(major | count);
      return;
    }
    const follow = count < 0x1_00 ? 1 : count < 0x1_0000 ? 2 : count < 0x1_0000_0000 ? 4 : 8;
    const start = this.#take(1 + follow);
    this.#bytes[start] = major | (24 + Math.log2(follow));
    let left = count;
    for (let at = start + follow; at > start; at--) {
      this.#bytes[at] = left % 0x1_00;
      left = Math.floor(left / 0x1_00);
    }
  }

  #writeByte(byte: number): void {
    const start = this.#take(1);
    this.#bytes[start] = byte;
  }

  /** Makes room for the next so many bytes: in another array, it may be. @returns where they go. */
  #take(byteLength: number): number {
    const start = this.#end;
    this.#end += byteLength;
    if (this.#end > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#end);
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
    }
    return start;
  }
}

/** Keys of a map: the shorter first, and then by byte. Where they are few, each is put into its place: a sort makes lists. */
function inOrder(keys: string[]): string[] {
  if (keys.length > fewKeys) return inOrderOfBytes(keys);
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!;
    if (!isAscii(key)) return inOrderOfBytes(keys);
    let place = at;
    for (; place > 0 && isAfter(keys[place - 1]!, key); place--) keys[place] = keys[place - 1]!;
    keys[place] = key;
  }
  return keys;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** Of text in ASCII the characters are the bytes. */
function isAfter(left: string, right: string): boolean {
  return left.length === right.length ? left > right : left.length > right.length;
}

function inOrderOfBytes(keys: readonly string[]): string[] {
  const encoded = keys.map((key): [string, Uint8Array] => [key, utf8ToBytes(key)]);
  encoded.sort(([, left], [, right]) => left.length - right.length || compareBytes(left, right));
  return encoded.map(([key]) => key);
}

function notEncodable(what: string): Error {
  return new Error(`not encodable: ${what}`);
}
