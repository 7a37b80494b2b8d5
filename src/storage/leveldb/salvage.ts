/**
 * Reads what can be read of LevelDB's tables and logs, without LevelDB, which loses what follows a bent byte and may abort
 * over it. Where a checksum fails, the content is read all the same: each value of ours carries a checksum of its own, so
 * a bent one cannot pass for a sound one. Only deletions carry none; they count where the checksum of their block fits.
 */
import { concatBytes, equalBytes } from '../../base/index.ts';
import { ByteCursor } from './byte-cursor.ts';
import { crc32c, masked } from './crc32c.ts';
import { FileDamage } from './file-damage.ts';
import type { FileWindow } from './file-window.ts';
import { logBlockBytes } from './log-records.ts';
import { unpack } from './snappy.ts';
import { tableMagic } from './table-blocks.ts';

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

/** A block of a table. */
interface Block extends Content {
  /** What it was unpacked from, where that is bent. */
  readonly packed?: Uint8Array;
}

const footerBytes = 48;
const trailerBytes = 5;
const recordHeaderBytes = 7;
/** Behind each key in a table: the number of its write, and its kind. */
const markBytes = 8;
/** Its length is one byte. Longer keys are of what is derived from blocks. */
const longestKey = 127;

/** What a table holds. Where its index cannot be read, its blocks are found by their checksums, up to the first bent one. */
export async function* salvageTable(window: FileWindow): AsyncGenerator<SalvagedWrite> {
  for await (const { bytes, isWhole, packed } of tableBlocks(window)) {
    // Where unpacking went wrong, a key may still stand there as it was. What comes with it counts for less than anything else.
    if (packed) for (const { key, value } of writesOf(entriesAround(packed), false)) yield { key, sequence: 0, value };
    yield* writesOf(isWhole ? entriesOf(bytes) : entriesAround(bytes), isWhole);
  }
}

function* writesOf(entries: Iterable<Entry>, isWhole: boolean): Generator<SalvagedWrite> {
  for (const [key, value] of entries) {
    const mark = new ByteCursor(key, key.length - markBytes).uint64();
    const isDeletion = mark % 256 === 0;
    if (isDeletion && !isWhole) continue;
    const write = { key: key.subarray(0, -markBytes), sequence: Math.floor(mark / 256) };
    yield { ...write, value: isDeletion ? null : value };
  }
}

/** Whether a file ends as a table does, under whatever name it lies. */
export async function endsAsTable(window: FileWindow): Promise<boolean> {
  if (window.size < footerBytes) return false;
  return equalBytes(await window.read(window.size - tableMagic.length, tableMagic.length), tableMagic);
}

/**
 * What a log holds: batches, each with the number of its first write.
 * @param wholeOnly for a file that does not lie under the name of a log: what is bent in it may be anything.
 */
export async function* salvageLog(window: FileWindow, wholeOnly = false): AsyncGenerator<SalvagedWrite> {
  let next = 0;
  for await (const { bytes, isWhole } of logRecords(window)) {
    const batch = isWhole ? batchOf(bytes) : null;
    if (batch) {
      yield* batch.writes;
      next = batch.end;
    } else if (!wholeOnly && !isWhole) {
      // A bent number would put the batch before or after all others: it comes after the one before it.
      for (const [key, value] of putsIn(bytes)) yield { key, sequence: next, value };
    }
  }
}

/** The writes of a batch, and the number after that of the last; null for what is none, such as an edit of a manifest. */
function batchOf(bytes: Uint8Array): { writes: SalvagedWrite[]; end: number } | null {
  const cursor = new ByteCursor(bytes);
  const writes: SalvagedWrite[] = [];
  try {
    const start = cursor.uint64();
    const count = cursor.uint32();
    while (!cursor.isAtEnd) {
      const isDeletion = cursor.byte() === 0;
      const key = cursor.counted();
      writes.push({ key, sequence: start + writes.length, value: isDeletion ? null : cursor.counted() });
    }
    return writes.length === count ? { writes, end: start + count } : null;
  } catch (error) {
    if (error instanceof FileDamage) return null;
    throw error;
  }
}

/** What looks like a value that is put under a key of ours, wherever it stands in a bent batch. */
function* putsIn(bytes: Uint8Array): Generator<[key: Uint8Array, value: Uint8Array]> {
  for (let at = 0; at < bytes.length; ) {
    const put = bytes[at] === 1 ? putAt(bytes, at) : null;
    if (put) yield [put.key, put.value];
    at = put?.end ?? at + 1;
  }
}

/** A length that runs over the end is bent, and says nothing of where the next put starts: the key tells what is lost. */
function putAt(bytes: Uint8Array, at: number): { key: Uint8Array; value: Uint8Array; end: number } | null {
  const keyLength = bytes[at + 1] ?? 0;
  const keyEnd = at + 2 + keyLength;
  const key = bytes.subarray(at + 2, keyEnd);
  if (keyLength > longestKey || keyEnd > bytes.length || !looksLikeKey(key)) return null;
  try {
    const cursor = new ByteCursor(bytes, keyEnd);
    const value = cursor.counted();
    return { key, value, end: value.byteOffset - bytes.byteOffset + value.length };
  } catch (error) {
    if (error instanceof FileDamage) return { key, value: bytes.subarray(keyEnd), end: keyEnd };
    throw error;
  }
}

function looksLikeKey(key: Uint8Array): boolean {
  return key.includes(slash) && key.every((byte) => byte > 0x20 && byte < 0x7f);
}

const slash = 0x2f;

async function* tableBlocks(window: FileWindow): AsyncGenerator<Block> {
  const handles = await handlesOf(window);
  if (!handles) {
    yield* blocksByChecksum(window);
    return;
  }
  for (const [offset, length] of handles) {
    if (offset + length + trailerBytes > window.size) continue;
    yield blockOf(await window.read(offset, length + trailerBytes));
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
    if (!index.isWhole) return null;
    return [...entriesOf(index.bytes)].map(([, value]) => {
      const handle = new ByteCursor(value);
      return [handle.varint(), handle.varint()];
    });
  } catch (error) {
    if (error instanceof FileDamage) return null;
    throw error;
  }
}

/**
 * Data blocks lie without a gap from the beginning: each ends where its checksum fits, and the last one where it is cut. The
 * block of filters, which has no entries, ends them: what the index says behind it are keys too, and not their values.
 */
async function* blocksByChecksum(window: FileWindow): AsyncGenerator<Block> {
  const bytes = (await window.read(0, window.size)).slice();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  let crc = 0;
  for (let at = 0; at + 4 < bytes.length; at++) {
    crc = crc32c(bytes.subarray(at, at + 1), crc);
    if (masked(crc) !== view.getUint32(at + 1, true)) continue;
    const block = blockOf(bytes.subarray(start, at + trailerBytes));
    if (entriesOf(block.bytes).next().done) return;
    yield block;
    at += trailerBytes - 1;
    start = at + 1;
    crc = 0;
  }
  if (start < bytes.length) yield bentBlock(bytes.subarray(start));
}

/** The content of a block with its trailer, as much of it as can be unpacked. */
function blockOf(block: Uint8Array): Block {
  const content = block.subarray(0, -trailerBytes);
  const compression = block[content.length]!;
  const checksum = new ByteCursor(block, content.length + 1).uint32();
  const isWhole = masked(crc32c(block.subarray(0, content.length + 1))) === checksum;
  if (compression === 0) return { bytes: content.slice(), isWhole };
  if (!isWhole) return bentBlock(content);
  const { bytes, damage } = unpack(content);
  return { bytes, isWhole: damage === null };
}

/** It may be compressed or not: which of the two may be what is bent, or gone. */
function bentBlock(content: Uint8Array): Block {
  const packed = content.slice();
  return { bytes: unpack(packed).bytes, isWhole: false, packed };
}

type Entry = [key: Uint8Array, value: Uint8Array];

/** Keys and values of a whole block. Its list of restarts and their number come last. */
function entriesOf(plain: Uint8Array): Generator<Entry> {
  const restarts = plain.length < 4 ? 0 : new ByteCursor(plain, plain.length - 4).uint32();
  return entriesFrom(plain.subarray(0, Math.max(0, plain.length - 4 * (restarts + 1))), 0);
}

/**
 * Of a bent block: what follows each restart, up to what cannot be an entry. A bent length hides no more than that, and where
 * the restarts were is of no use in a block that could be unpacked only in part.
 */
function* entriesAround(plain: Uint8Array): Generator<Entry> {
  const restarts = new Set([0]);
  for (let at = 1; at < plain.length; at++) if (isRestart(plain, at)) restarts.add(at);
  for (const start of restarts) yield* entriesFrom(plain, start, restarts);
}

/** Whether an entry seems to stand here that shares nothing of its key with the one before it, as every sixteenth does. */
function isRestart(plain: Uint8Array, at: number): boolean {
  const added = plain[at + 1] ?? 0;
  if (plain[at] !== 0 || added <= markBytes || added > longestKey) return false;
  // Behind the length of its value, of seven bits a byte.
  let keyAt = at + 3;
  while (plain[keyAt - 1]! >= 0x80) keyAt += 1;
  const keyEnd = keyAt + added - markBytes;
  return keyEnd <= plain.length && looksLikeKey(plain.subarray(keyAt, keyEnd));
}

/** Keys and values from `start` on, up to the first that cannot be one, or that begins where another `start` is. */
function* entriesFrom(plain: Uint8Array, start: number, starts: ReadonlySet<number> = new Set()): Generator<Entry> {
  const cursor = new ByteCursor(plain, start);
  let key: Uint8Array = new Uint8Array(0);
  try {
    do {
      const [shared, added, valueLength] = [cursor.varint(), cursor.varint(), cursor.varint()];
      if (shared > key.length || shared + added < markBytes) return;
      key = concatBytes(key.subarray(0, shared), cursor.take(added));
      const isCut = cursor.at + valueLength > plain.length;
      // Its key tells what is lost.
      yield [key, cursor.take(isCut ? 0 : valueLength)];
      if (isCut) return;
    } while (!cursor.isAtEnd && !starts.has(cursor.at));
  } catch (error) {
    if (!(error instanceof FileDamage)) throw error;
  }
}

/**
 * Records, joined where they were cut; whole where the checksums of all their parts fit. Where one does not fit, its length
 * may be what is bent: the next is looked for where a checksum fits again.
 */
async function* logRecords(window: FileWindow): AsyncGenerator<Content> {
  let parts: Content[] = [];
  for (let offset = 0; offset < window.size; offset += logBlockBytes) {
    const block = (await window.read(offset, Math.min(logBlockBytes, window.size - offset))).slice();
    for (let at = 0; at + recordHeaderBytes < block.length; ) {
      const { type, end, isWhole } = partAt(block, at) ?? bentPartAt(block, at, offset + block.length < window.size);
      // What a crash has cut off at the end of the file was never acknowledged.
      if (end === null) break;
      if (type < 3) parts = [];
      parts.push({ bytes: block.subarray(at + recordHeaderBytes, end), isWhole });
      at = end;
      if (type === 2 || type === 3) continue;
      yield { bytes: concatBytes(...parts.map(({ bytes }) => bytes)), isWhole: parts.every((part) => part.isWhole) };
      parts = [];
    }
  }
}

interface LogPart {
  readonly type: number;
  readonly end: number;
  readonly isWhole: boolean;
}

/** The part of a record that starts here and matches its checksum; null where none does. */
function partAt(block: Uint8Array, at: number): LogPart | null {
  const { type, end } = headerAt(block, at);
  if (end > block.length || type < 1 || type > 4) return null;
  const isWhole = masked(crc32c(block.subarray(at + 6, end))) === new ByteCursor(block, at).uint32();
  return isWhole ? { type, end, isWhole } : null;
}

/** One that does not. It ends where it says if another begins there, else where another begins; null where nobody knows. */
function bentPartAt(
  block: Uint8Array,
  at: number,
  hasNext: boolean,
): Omit<LogPart, 'end'> & { readonly end: number | null } {
  const header = headerAt(block, at);
  const isType = header.type >= 1 && header.type <= 4;
  const type = isType ? header.type : 1;
  const isPlausible = isType && header.end <= block.length;
  const isLast = block.length - header.end <= recordHeaderBytes;
  if (isPlausible && (isLast || partAt(block, header.end))) return { type, end: header.end, isWhole: false };
  for (let next = at + recordHeaderBytes; next + recordHeaderBytes < block.length; next++) {
    if (partAt(block, next)) return { type, end: next, isWhole: false };
  }
  const fallback = isPlausible ? header.end : null;
  return { type, end: hasNext ? block.length : fallback, isWhole: false };
}

function headerAt(block: Uint8Array, at: number): { type: number; end: number } {
  const length = block[at + 4]! | (block[at + 5]! << 8);
  return { type: block[at + 6]!, end: at + recordHeaderBytes + length };
}
