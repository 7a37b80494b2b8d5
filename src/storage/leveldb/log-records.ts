/**
 * LevelDB's log format, of its `.log` files and its manifests (leveldb, doc/log_format.md). A file is a row of 32 KiB
 * blocks; a block holds records of
 *
 *   checksum (4 bytes: masked CRC-32C of type and content)   length (2)   type (1)   content (length)
 *
 * and, where fewer than 7 bytes are left, zeros. What does not fit into a block is cut: FIRST, MIDDLE …, LAST.
 *
 * LevelDB passes over what it cannot read, here and in the middle, as if it had never been written. This reader does not:
 * a file may end inside its last record, as a crash leaves it, or in zeros, as a loss of power does; anything else that is
 * not whole is damage.
 */
import { concatBytes } from '../../base/index.ts';
import { crc32c, masked } from './crc32c.ts';
import { FileDamage } from './file-damage.ts';

export const logBlockBytes = 32_768;
const headerBytes = 7;
const [full, first, middle, last] = [1, 2, 3, 4] as const;

export class LogRecords {
  /** Bytes of the file before the block that is read. */
  #before = 0;
  /** What has come of a record that was cut. */
  #parts: Uint8Array[] | null = null;
  /** Where the zeros start that must go on to the end of the file. */
  #zerosFrom: number | null = null;
  /** Bytes at the end of the file that belong to no whole record; zeros among them. */
  tornBytes = 0;

  /**
   * The records that end in the next block of the file.
   * @param isLast whether the file ends with it; only then may it be shorter than {@link logBlockBytes}.
   * @throws FileDamage
   */
  *in(block: Uint8Array, isLast: boolean): Generator<Uint8Array> {
    let at = 0;
    while (logBlockBytes - at >= headerBytes && at < block.length) {
      const place = `at byte ${this.#before + at}`;
      const content = this.#contentAt(block, at, place);
      if (content === null) break;
      const record = this.#join(block[at + 6]!, content, place);
      at += headerBytes + content.length;
      if (record) yield record;
    }
    this.#before += block.length;
    if (isLast)
      this.tornBytes = this.#before - (this.#zerosFrom ?? this.#before - block.length + at) + lengthOf(this.#parts);
  }

  /** The content of the physical record that starts at `at`; null where nothing but zeros follows, or the file ends in it. */
  #contentAt(block: Uint8Array, at: number, place: string): Uint8Array | null {
    if (isZero(block.subarray(at))) {
      this.#zerosFrom ??= this.#before + at;
      return null;
    }
    if (this.#zerosFrom !== null) throw new FileDamage(`there are zeros at byte ${this.#zerosFrom}`);
    if (at + headerBytes > block.length) return null;
    const checksum = new DataView(block.buffer, block.byteOffset + at).getUint32(0, true);
    const start = at + headerBytes;
    const length = block[at + 4]! | (block[at + 5]! << 8);
    if (start + length > logBlockBytes) throw new FileDamage(`the record ${place} is longer than its block`);
    if (start + length > block.length) {
      if (!isType(block[at + 6]!)) throw new FileDamage(`the record ${place} is of an unknown type`);
      if (isWholeBefore(block.subarray(at + 6), checksum)) {
        throw new FileDamage(`the record ${place} has a wrong length`);
      }
      return null;
    }
    if (masked(crc32c(block.subarray(at + 6, start + length))) !== checksum) {
      throw new FileDamage(`the record ${place} does not match its checksum`);
    }
    return block.subarray(start, start + length);
  }

  /** @returns the whole record, where it ends here. */
  #join(type: number, content: Uint8Array, place: string): Uint8Array | null {
    if (type === full || type === first) {
      // LevelDB used to leave an empty FIRST at the end of a block.
      if (lengthOf(this.#parts) > 0) throw new FileDamage(`the record before the one ${place} has no end`);
      this.#parts = type === first ? [content.slice()] : null;
      return type === full ? content : null;
    }
    if (!isType(type)) throw new FileDamage(`the record ${place} is of an unknown type`);
    if (!this.#parts) throw new FileDamage(`the record ${place} has no beginning`);
    this.#parts.push(content.slice());
    if (type === middle) return null;
    const record = concatBytes(...this.#parts);
    this.#parts = null;
    return record;
  }
}

/**
 * A record that seems to run over the end of the file is either cut off, or its length is bent. If the checksum fits what
 * is there up to any byte, it is the length.
 */
function isWholeBefore(typeAndContent: Uint8Array, checksum: number): boolean {
  let crc = 0;
  for (let at = 0; at < typeAndContent.length; at++) {
    crc = crc32c(typeAndContent.subarray(at, at + 1), crc);
    if (masked(crc) === checksum) return true;
  }
  return false;
}

function isType(byte: number): boolean {
  return byte >= full && byte <= last;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function lengthOf(parts: readonly Uint8Array[] | null): number {
  return parts?.reduce((sum, { length }) => sum + length, 0) ?? 0;
}
