/** Reads the numbers and byte strings of LevelDB's formats one after the other. Whatever does not fit is damage. */
import { FileDamage } from './file-damage.ts';

export class ByteCursor {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new FileDamage('a number runs over an end');
    return byte;
  }

  /** Seven bits a byte, the lowest first. LevelDB's go up to 64 bits; lengths, offsets and file numbers stay below 2^53. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new FileDamage('a number has no end');
  }

  /** Little endian. */
  uint32(): number {
    return (this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24)) >>> 0;
  }

  /** Little endian; exact below 2^53, which nothing here reaches. */
  uint64(): number {
    return this.uint32() + this.uint32() * 2 ** 32;
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new FileDamage('a length runs over an end');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** Bytes behind their own length. */
  counted(): Uint8Array {
    return this.take(this.varint());
  }
}
