/**
 * LevelDB's table format, of its `.ldb` files (leveldb, doc/table_format.md): data blocks, a filter block, an index of
 * each, and a footer that says where the indexes are.
 *
 *   data …   filter   index of filters   index of data   footer (48 bytes: two handles, zeros, a magic number)
 *
 * A block is followed by its compression (one byte) and a checksum of both. LevelDB compares the checksum only when told
 * to, which cannot be done from here, and trusts what a bent block says: rows vanish, or the process aborts. So this
 * reader looks at every byte of the file but the zeros of the footer.
 */
import { concatBytes, equalBytes } from '../../base/index.ts';
import { ByteCursor } from './byte-cursor.ts';
import { crc32c, masked } from './crc32c.ts';
import { FileDamage } from './file-damage.ts';
import { portionBytes } from './file-window.ts';
import { uncompress } from './snappy.ts';

const footerBytes = 48;
const trailerBytes = 5;
/** The last bytes of every table. */
export const tableMagic = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);

/** Reads a part of the file that is checked. The bytes are good until the next read. */
export type ReadPart = (offset: number, length: number) => Promise<Uint8Array>;

/** Where a block is; its trailer is not counted. */
interface Handle {
  readonly offset: number;
  readonly length: number;
}

/** The first and the last key of a table, as the manifest tells them too. */
export interface TableBounds {
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
}

/** Checks every block of a table of `size` bytes. @throws FileDamage */
export async function checkTable(size: number, read: ReadPart): Promise<TableBounds> {
  if (size < footerBytes) throw new FileDamage('the file is too short for a table');
  const footer = await read(size - footerBytes, footerBytes);
  if (!equalBytes(footer.subarray(footerBytes - tableMagic.length), tableMagic)) {
    throw new FileDamage('the file does not end as a table does');
  }
  const cursor = new ByteCursor(footer);
  const [filters, index] = [handleAt(cursor), handleAt(cursor)];
  const blocks = await handlesIn(index, size, read);
  const filterBlocks = await handlesIn(filters, size, read);

  if (blocks.length === 0) throw new FileDamage('the table is empty');
  checkGapless([...blocks, ...filterBlocks, filters, index], size);
  let smallest: Uint8Array | undefined;
  let largest: Uint8Array | undefined;
  for (const span of spansOf([...blocks, ...filterBlocks])) {
    const { offset } = span[0]!;
    const bytes = await read(offset, endOf(span.at(-1)!) - offset);
    for (const handle of span) {
      const block = blockIn(bytes.subarray(handle.offset - offset, endOf(handle) - offset), handle);
      if (handle === blocks[0]) smallest = entriesOf(block)[0]?.[0];
      if (handle === blocks.at(-1)) largest = entriesOf(block).at(-1)?.[0];
    }
  }
  if (!smallest || !largest) throw new FileDamage('a block of the table is empty');
  return { smallest, largest };
}

function handleAt(cursor: ByteCursor): Handle {
  return { offset: cursor.varint(), length: cursor.varint() };
}

function endOf({ offset, length }: Handle): number {
  return offset + length + trailerBytes;
}

/** No byte of the file may lie outside of what is checked. */
function checkGapless(handles: readonly Handle[], size: number): void {
  let end = 0;
  for (const handle of handles) {
    if (handle.offset !== end) throw new FileDamage(`the table has a gap at byte ${end}`);
    end = endOf(handle);
  }
  if (end !== size - footerBytes) throw new FileDamage(`the table has a gap at byte ${end}`);
}

/**
 * Blocks are small, and to wait for each would take as long as its checksum does: what fits into a
 * window of the file is read at once, and once.
 */
function spansOf(handles: readonly Handle[]): Handle[][] {
  const spans: Handle[][] = [];
  for (const handle of handles) {
    const span = spans.at(-1);
    if (span && endOf(handle) - span[0]!.offset <= portionBytes) span.push(handle);
    else spans.push([handle]);
  }
  return spans;
}

async function handlesIn(handle: Handle, size: number, read: ReadPart): Promise<Handle[]> {
  if (endOf(handle) > size) throw new FileDamage(`the block at byte ${handle.offset} runs over the end`);
  const block = blockIn(await read(handle.offset, handle.length + trailerBytes), handle);
  return entriesOf(block).map(([, value]) => handleAt(new ByteCursor(value)));
}

/** A block as it is stored. */
interface StoredBlock {
  /** Where in the file. */
  readonly offset: number;
  readonly content: Uint8Array;
  readonly compression: number;
}

/** @param stored with its trailer, whose checksum is compared. */
function blockIn(stored: Uint8Array, { offset, length }: Handle): StoredBlock {
  const checksum = new ByteCursor(stored, length + 1).uint32();
  if (masked(crc32c(stored.subarray(0, length + 1))) !== checksum) {
    throw new FileDamage(`the block at byte ${offset} does not match its checksum`);
  }
  return { offset, content: stored.subarray(0, length), compression: stored[length]! };
}

/** Keys and values of a block. A key shares its beginning with the one before it, as far as it says. */
function entriesOf({ offset, content, compression }: StoredBlock): [key: Uint8Array, value: Uint8Array][] {
  if (compression > 1) throw new FileDamage(`the block at byte ${offset} is compressed in an unknown way`);
  // A copy: what was read is good until the next read only.
  const plain = compression === 1 ? uncompress(content) : content.slice();
  const restarts = plain.length < 4 ? 0 : new ByteCursor(plain, plain.length - 4).uint32();
  const end = plain.length - 4 * (restarts + 1);
  if (end < 0) throw new FileDamage(`the block at byte ${offset} is too short`);

  const cursor = new ByteCursor(plain.subarray(0, end));
  const entries: [Uint8Array, Uint8Array][] = [];
  let key: Uint8Array = new Uint8Array(0);
  while (!cursor.isAtEnd) {
    const [shared, added, valueLength] = [cursor.varint(), cursor.varint(), cursor.varint()];
    if (shared > key.length) throw new FileDamage(`the block at byte ${offset} has a bent key`);
    key = concatBytes(key.subarray(0, shared), cursor.take(added));
    entries.push([key, cursor.take(valueLength)]);
  }
  return entries;
}
