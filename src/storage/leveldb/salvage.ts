/**
 * Reads what can be read of LevelDB's tables and logs, without LevelDB, which loses what follows a bent byte and may abort
 * over it. Where a checksum fails, the content is read all the same: each value of ours carries a checksum of its own, so
 * a bent one cannot pass for a sound one. Only deletions carry none; they count where the checksum of their block fits.
 */
import { concatBytes } from '../../base/index.ts';
import { ByteCursor } from './byte-cursor.ts';
import { crc32c, masked } from './crc32c.ts';
import { FileDamage } from './file-damage.ts';
import type { FileWindow } from './file-window.ts';
import { logBlockBytes } from './log-records.ts';
import { uncompress } from './snappy.ts';

export interface SalvagedWrite {
  readonly key: Uint8Array;
  /** Of two writes of one key the one with the higher number is the later. */
  readonly sequence: number;
  /** Null for a deletion. */
  readonly value: Uint8Array | null;
}

interface Content {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
}

const footerBytes = 48;
const trailerBytes = 5;
const recordHeaderBytes = 7;

/** What a table holds. Where its index cannot be read, its blocks are found by their checksums, up to the first bent one. */
export async function* salvageTable(window: FileWindow): AsyncGenerator<SalvagedWrite> {
  for await (const { bytes, isWhole } of tableBlocks(window)) {
    for (const [key, value] of entriesOf(bytes)) {
      if (key.length < 8) continue;
      const mark = new ByteCursor(key, key.length - 8).uint64();
      const isDeletion = mark % 256 === 0;
      if (isDeletion && !isWhole) continue;
      const write = { key: key.subarray(0, -8), sequence: Math.floor(mark / 256) };
      yield { ...write, value: isDeletion ? null : value };
    }
  }
}

/** What a log holds: batches, each with the number of its first write. */
export async function* salvageLog(window: FileWindow): AsyncGenerator<SalvagedWrite> {
  let next = 0;
  for await (const { bytes, isWhole } of logRecords(window)) {
    if (bytes.length < 12) continue;
    const cursor = new ByteCursor(bytes);
    const sequence = cursor.uint64();
    cursor.uint32();
    // A bent number would put the batch before or after all others: it comes after the one before it.
    if (isWhole) next = sequence;
    try {
      while (!cursor.isAtEnd) {
        const isDeletion = cursor.byte() === 0;
        const key = cursor.counted();
        const value = isDeletion ? null : cursor.counted();
        if (!isDeletion || isWhole) yield { key, sequence: next, value };
        next++;
      }
    } catch (error) {
      if (!(error instanceof FileDamage)) throw error;
    }
  }
}

async function* tableBlocks(window: FileWindow): AsyncGenerator<Content> {
  const handles = await handlesOf(window);
  if (!handles) {
    yield* blocksByChecksum(window);
    return;
  }
  for (const [offset, length] of handles) {
    if (offset + length + trailerBytes > window.size) continue;
    const block = blockOf(await window.read(offset, length + trailerBytes));
    if (block) yield block;
  }
}

/** Where the data blocks are, by the footer and the index; null where these cannot be read. */
async function handlesOf(window: FileWindow): Promise<[offset: number, length: number][] | null> {
  if (window.size < footerBytes) return null;
  try {
    const footer = new ByteCursor(await window.read(window.size - footerBytes, footerBytes));
    footer.varint();
    footer.varint();
    const [offset, length] = [footer.varint(), footer.varint()];
    const index = blockOf(await window.read(offset, length + trailerBytes));
    if (!index?.isWhole) return null;
    return [...entriesOf(index.bytes)].map(([, value]) => {
      const handle = new ByteCursor(value);
      return [handle.varint(), handle.varint()];
    });
  } catch (error) {
    if (error instanceof FileDamage) return null;
    throw error;
  }
}

/** Data blocks lie without a gap from the beginning: each ends where its checksum fits. */
async function* blocksByChecksum(window: FileWindow): AsyncGenerator<Content> {
  const bytes = (await window.read(0, window.size)).slice();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  let crc = 0;
  for (let at = 0; at + 4 < bytes.length; at++) {
    crc = crc32c(bytes.subarray(at, at + 1), crc);
    if (masked(crc) !== view.getUint32(at + 1, true)) continue;
    const block = blockOf(bytes.subarray(start, at + trailerBytes));
    if (block) yield block;
    at += trailerBytes - 1;
    start = at + 1;
    crc = 0;
  }
}

/** The content of a block with its trailer; null where it cannot be unpacked. */
function blockOf(block: Uint8Array): Content | null {
  const content = block.subarray(0, -trailerBytes);
  const checksum = new ByteCursor(block, content.length + 1).uint32();
  const isWhole = masked(crc32c(block.subarray(0, content.length + 1))) === checksum;
  try {
    return { bytes: block[content.length] === 1 ? uncompress(content) : content.slice(), isWhole };
  } catch (error) {
    if (error instanceof FileDamage) return null;
    throw error;
  }
}

/** Keys and values of a block, up to the first that cannot be one. */
function* entriesOf(plain: Uint8Array): Generator<[key: Uint8Array, value: Uint8Array]> {
  if (plain.length < 4) return;
  const end = plain.length - 4 * (new ByteCursor(plain, plain.length - 4).uint32() + 1);
  const cursor = new ByteCursor(plain.subarray(0, Math.max(0, end)));
  let key: Uint8Array = new Uint8Array(0);
  try {
    while (!cursor.isAtEnd) {
      const [shared, added, valueLength] = [cursor.varint(), cursor.varint(), cursor.varint()];
      if (shared > key.length) return;
      key = concatBytes(key.subarray(0, shared), cursor.take(added));
      yield [key, cursor.take(valueLength)];
    }
  } catch (error) {
    if (!(error instanceof FileDamage)) throw error;
  }
}

/** Records, joined where they were cut; whole where the checksums of all their parts fit. */
async function* logRecords(window: FileWindow): AsyncGenerator<Content> {
  let parts: Content[] = [];
  for (let offset = 0; offset < window.size; offset += logBlockBytes) {
    const block = (await window.read(offset, Math.min(logBlockBytes, window.size - offset))).slice();
    for (let at = 0; at + recordHeaderBytes < block.length; ) {
      const header = new ByteCursor(block, at);
      const checksum = header.uint32();
      const length = header.byte() | (header.byte() << 8);
      const type = header.byte();
      const end = at + recordHeaderBytes + length;
      if (end > block.length || type < 1 || type > 4) break;
      const isWhole = masked(crc32c(block.subarray(at + 6, end))) === checksum;
      if (type < 3) parts = [];
      parts.push({ bytes: block.subarray(at + recordHeaderBytes, end), isWhole });
      at = end;
      if (type === 2 || type === 3) continue;
      yield { bytes: concatBytes(...parts.map(({ bytes }) => bytes)), isWhole: parts.every((part) => part.isWhole) };
      parts = [];
    }
  }
}
