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
  const blocks = (await entriesOf(index, size, read)).map(([, value]) => handleAt(new ByteCursor(value)));
  const filterBlocks = (await entriesOf(filters, size, read)).map(([, value]) => handleAt(new ByteCursor(value)));

  const [firstBlock, lastBlock] = [blocks[0], blocks.at(-1)];
  if (!firstBlock || !lastBlock) throw new FileDamage('the table is empty');
  checkGapless([...blocks, ...filterBlocks, filters, index], size);
  for (const block of [...blocks, ...filterBlocks]) await contentOf(block, size, read);
  const smallest = (await entriesOf(firstBlock, size, read))[0]?.[0];
  const largest = (await entriesOf(lastBlock, size, read)).at(-1)?.[0];
  if (!smallest || !largest) throw new FileDamage('a block of the table is empty');
  return { smallest, largest };
}

function handleAt(cursor: ByteCursor): Handle {
  return { offset: cursor.varint(), length: cursor.varint() };
}

/** No byte of the file may lie outside of what is checked. */
function checkGapless(handles: readonly Handle[], size: number): void {
  let end = 0;
  for (const { offset, length } of handles) {
    if (offset !== end) throw new FileDamage(`the table has a gap at byte ${end}`);
    end = offset + length + trailerBytes;
  }
  if (end !== size - footerBytes) throw new FileDamage(`the table has a gap at byte ${end}`);
}

/** The block as it is stored, its checksum compared, and how it is compressed. */
async function contentOf(
  { offset, length }: Handle,
  size: number,
  read: ReadPart,
): Promise<{ content: Uint8Array; compression: number }> {
  if (offset + length + trailerBytes > size) throw new FileDamage(`the block at byte ${offset} runs over the end`);
  const block = await read(offset, length + trailerBytes);
  const checksum = new ByteCursor(block, length + 1).uint32();
  if (masked(crc32c(block.subarray(0, length + 1))) !== checksum) {
    throw new FileDamage(`the block at byte ${offset} does not match its checksum`);
  }
  return { content: block.subarray(0, length), compression: block[length]! };
}

/** Keys and values of a block. A key shares its beginning with the one before it, as far as it says. */
async function entriesOf(
  handle: Handle,
  size: number,
  read: ReadPart,
): Promise<[key: Uint8Array, value: Uint8Array][]> {
  const { content, compression } = await contentOf(handle, size, read);
  if (compression > 1) throw new FileDamage(`the block at byte ${handle.offset} is compressed in an unknown way`);
  // A copy: what was read is good until the next read only.
  const plain = compression === 1 ? uncompress(content) : content.slice();
  const restarts = plain.length < 4 ? 0 : new ByteCursor(plain, plain.length - 4).uint32();
  const end = plain.length - 4 * (restarts + 1);
  if (end < 0) throw new FileDamage(`the block at byte ${handle.offset} is too short`);

  const cursor = new ByteCursor(plain.subarray(0, end));
  const entries: [Uint8Array, Uint8Array][] = [];
  let key: Uint8Array = new Uint8Array(0);
  while (!cursor.isAtEnd) {
    const [shared, added, valueLength] = [cursor.varint(), cursor.varint(), cursor.varint()];
    if (shared > key.length) throw new FileDamage(`the block at byte ${handle.offset} has a bent key`);
    key = concatBytes(key.subarray(0, shared), cursor.take(added));
    entries.push([key, cursor.take(valueLength)]);
  }
  return entries;
}
