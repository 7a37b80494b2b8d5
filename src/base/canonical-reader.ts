/**
 * Reads one value of deterministic DAG-CBOR in one pass, and refuses at the first byte that its canonical encoding would not
 * have: as whatever it is, or piece by piece as what a shape expects (shapes.ts). What is read is exactly what {@link Encodable} may be: safe integers, text, byte strings, lists, maps with text
 * keys, true, false and null. Floats, tags, larger integers and indefinite lengths have no place in it.
 *
 * One encoding of a value (RFC 8949 §4.2.1, with the key order of DAG-CBOR):
 *   - an integer or length is written in the fewest bytes;
 *   - text is well-formed UTF-8;
 *   - the keys of a map ascend, the shorter first and then by byte; so none is there twice.
 *
 * Hostile bytes cost no more than honest ones: how many values there are and how deep they lie is bounded, and a declared
 * length is believed only as far as there are bytes for it.
 */
import { bytesToUtf8, hexBetween } from './bytes.ts';
import { limits } from './limits.ts';

const longestQuickText = 32;
const shortText = Buffer.alloc(longestQuickText);
/** Names of fields, in ASCII, each where its length and its ends put it. */
const knownKeys: string[] = Array(256).fill('');

/** The one thing that reading throws. It says nothing of what the bytes hold: that may be a peer's text, or a secret. */
export class NotCanonical extends Error {
  override readonly name = 'NotCanonical';
}

export class CanonicalReader {
  readonly #bytes: Uint8Array;
  #valuesLeft: number;
  #at = 0;
  #depth = 0;

  /** @param mostValues how many values may be read, those inside others and the keys of maps counted. */
  constructor(bytes: Uint8Array, mostValues: number) {
    // Of a Buffer, `slice` would be a window.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#valuesLeft = mostValues;
  }

  /** The one value that the bytes are. @throws NotCanonical where they are not its canonical encoding. */
  readWhole(): unknown {
    const value = this.#readValue();
    this.end();
    return value;
  }

  /** Nothing may be left. @throws NotCanonical */
  end(): void {
    if (this.#at !== this.#bytes.length) throw refused('bytes follow the value');
  }

  // What follows reads the next value as what is expected there. Where it is something else there is no answer, and nothing
  // more may be read. Each throws NotCanonical.

  /** The hex of a byte string of so many bytes. */
  takeHex(byteLength: number): string | null {
    const start = this.#skipByteString(byteLength);
    return start === null ? null : hexBetween(this.#bytes, start, this.#at);
  }

  /** A byte string; of so many bytes, where that is given. */
  takeByteString(byteLength?: number): Uint8Array | null {
    const start = this.#skipByteString(byteLength);
    return start === null ? null : this.#bytes.slice(start, this.#at);
  }

  takeInteger(): number | null {
    this.#count();
    const first = this.#readByte();
    if (first >> 5 === 0) return this.#readLength(first);
    return first >> 5 === 1 ? this.#readNegative(first) : null;
  }

  /** Text of which there are few. */
  takeWord(): string | null {
    this.#count();
    const first = this.#readByte();
    return first >> 5 === 3 ? this.#readKey(this.#readLength(first)) : null;
  }

  /** Whether null comes next; only then it is read. */
  takeNull(): boolean {
    if (this.#bytes[this.#at] !== 0xf6) return false;
    this.#count();
    this.#at++;
    return true;
  }

  /** How many elements a list has. They come next, and then {@link leave}. */
  enterList(): number | null {
    return this.#enterIf(4, 1);
  }

  /** How many fields a map has. They come next, each with {@link takeKey}, and then {@link leave}. */
  enterMap(): number | null {
    return this.#enterIf(5, 2);
  }

  leave(): void {
    this.#depth--;
  }

  /** Whether the next key of a map is this one, in ASCII. Whoever asks for all of them in their order has seen it. */
  takeKey(key: string): boolean {
    this.#count();
    const first = this.#readByte();
    if (first >> 5 !== 3 || this.#readLength(first) !== key.length || !this.#isAt(this.#at, key)) return false;
    this.#at += key.length;
    return true;
  }

  /** The word under a key of the map that comes next, which is not read. */
  wordAhead(key: string): string | null {
    const [at, depth, valuesLeft] = [this.#at, this.#depth, this.#valuesLeft];
    const word = this.#findWord(key);
    [this.#at, this.#depth, this.#valuesLeft] = [at, depth, valuesLeft];
    return word;
  }

  #enterIf(majorType: 4 | 5, valuesEach: 1 | 2): number | null {
    this.#count();
    const first = this.#readByte();
    if (first >> 5 !== majorType) return null;
    const length = this.#readLength(first);
    this.#enter(valuesEach * length);
    return length;
  }

  #findWord(key: string): string | null {
    const length = this.enterMap();
    for (let index = 0; index < (length ?? 0); index++) {
      if (this.takeWord() === key) return this.takeWord();
      this.#readValue();
    }
    return null;
  }

  /** @returns where it started; null where there is none of so many bytes. */
  #skipByteString(byteLength: number | undefined): number | null {
    this.#count();
    const first = this.#readByte();
    if (first >> 5 !== 2) return null;
    const length = this.#readLength(first);
    return byteLength === undefined || length === byteLength ? this.#skip(length) : null;
  }

  #readValue(): unknown {
    this.#count();
    const first = this.#readByte();
    switch (first >> 5) {
      case 0:
        return this.#readLength(first);
      case 1:
        return this.#readNegative(first);
      case 2:
        return this.#readByteString(this.#readLength(first));
      case 3:
        return this.#readText(this.#readLength(first));
      case 4:
        return this.#readList(this.#readLength(first));
      case 5:
        return this.#readMap(this.#readLength(first));
      default:
        return simpleValue(first);
    }
  }

  /** The integer that a first byte begins: a value, or how long what follows is. */
  #readLength(first: number): number {
    const short = first & 0x1f;
    if (short < 24) return short;
    if (short === 24) return atLeast(24, this.#readByte());
    if (short === 25) return atLeast(0x1_00, this.#readNumber(2));
    if (short === 26) return atLeast(0x1_0000, this.#readNumber(4));
    if (short !== 27) throw refused('an indefinite or reserved length');
    const high = atLeast(1, this.#readNumber(4));
    const length = high * 0x1_0000_0000 + this.#readNumber(4);
    if (high > 0x1f_ffff) throw refused('an integer that is not safe');
    return length;
  }

  #readNegative(first: number): number {
    const value = -1 - this.#readLength(first);
    if (!Number.isSafeInteger(value)) throw refused('an integer that is not safe');
    return value;
  }

  #readByteString(length: number): Uint8Array {
    const start = this.#skip(length);
    // A copy: who keeps a part of a message must not keep all of it in memory.
    return this.#bytes.slice(start, start + length);
  }

  #readText(length: number): string {
    const start = this.#skip(length);
    const end = start + length;
    if (length > longestQuickText) return utf8Text(this.#bytes.subarray(start, end));
    // Most text is short, and a loop is quicker there than a decoder.
    for (let at = start; at < end; at++) {
      const byte = this.#bytes[at]!;
      if (byte > 0x7f) return utf8Text(this.#bytes.subarray(start, end));
      shortText[at - start] = byte;
    }
    return shortText.toString('latin1', 0, length);
  }

  /** As {@link #readText}. The names of fields are few, and come again and again: their text need not be made each time. */
  #readKey(length: number): string {
    const start = this.#at;
    if (length === 0 || length > this.#bytes.length - start) return this.#readText(length);
    const place = (7 * length + 31 * this.#bytes[start]! + this.#bytes[start + length - 1]!) % knownKeys.length;
    const known = knownKeys[place]!;
    if (known.length === length && this.#isAt(start, known)) {
      this.#at = start + length;
      return known;
    }
    const key = this.#readText(length);
    // Of text that has as many characters as bytes each character is its byte.
    if (length <= longestQuickText && key.length === length) knownKeys[place] = key;
    return key;
  }

  #isAt(start: number, text: string): boolean {
    for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== this.#bytes[start + at]) return false;
    return true;
  }

  #readList(length: number): unknown[] {
    this.#enter(length);
    const list: unknown[] = [];
    for (let index = 0; index < length; index++) list.push(this.#readValue());
    this.#depth--;
    return list;
  }

  #readMap(length: number): Record<string, unknown> {
    this.#enter(2 * length);
    const map: Record<string, unknown> = {};
    let [beforeStart, beforeLength] = [0, -1];
    for (let index = 0; index < length; index++) {
      this.#count();
      const first = this.#readByte();
      if (first >> 5 !== 3) throw refused('a key that is not text');
      const keyLength = this.#readLength(first);
      const key = this.#readKey(keyLength);
      const keyStart = this.#at - keyLength;
      if (keyLength < beforeLength || (keyLength === beforeLength && !this.#isBefore(beforeStart, keyStart, keyLength)))
        throw refused('keys that do not ascend');
      [beforeStart, beforeLength] = [keyStart, keyLength];
      const value = this.#readValue();
      // Assigning to `__proto__` would change what the map inherits instead.
      if (key === '__proto__') Object.defineProperty(map, key, { value, ...plainProperty });
      else map[key] = value;
    }
    this.#depth--;
    return map;
  }

  /** Whether so many bytes that start at `left` are lower than as many at `right`. */
  #isBefore(left: number, right: number, byteLength: number): boolean {
    for (let at = 0; at < byteLength; at++) {
      const [leftByte, rightByte] = [this.#bytes[left + at]!, this.#bytes[right + at]!];
      if (leftByte !== rightByte) return leftByte < rightByte;
    }
    return false;
  }

  /** Begins a list or map of `values`, each of which takes a byte at least. */
  #enter(values: number): void {
    if (values > this.#bytes.length - this.#at) throw refused('a length beyond the bytes');
    if (values > this.#valuesLeft) throw refused('too many values');
    if (++this.#depth > limits.encodedDepth) throw refused('values too deep inside others');
  }

  #count(): void {
    if (--this.#valuesLeft < 0) throw refused('too many values');
  }

  #readByte(): number {
    return this.#bytes[this.#skip(1)]!;
  }

  #readNumber(byteLength: 2 | 4): number {
    const start = this.#skip(byteLength);
    let number = 0;
    for (let at = start; at < start + byteLength; at++) number = number * 0x100 + this.#bytes[at]!;
    return number;
  }

  /** Moves on, and says where it was. */
  #skip(byteLength: number): number {
    const start = this.#at;
    if (byteLength > this.#bytes.length - start) throw refused('a length beyond the bytes');
    this.#at = start + byteLength;
    return start;
  }
}

const plainProperty = { configurable: true, enumerable: true, writable: true } as const;

function simpleValue(first: number): boolean | null {
  if (first === 0xf4) return false;
  if (first === 0xf5) return true;
  if (first === 0xf6) return null;
  throw refused('a float, a tag or another value that is not plain');
}

function atLeast(least: number, number: number): number {
  if (number < least) throw refused('an integer in more bytes than it needs');
  return number;
}

function utf8Text(bytes: Uint8Array): string {
  try {
    return bytesToUtf8(bytes);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw refused('text that is no UTF-8');
    throw error;
  }
}

function refused(what: string): NotCanonical {
  return new NotCanonical(`not canonical: ${what}`);
}
