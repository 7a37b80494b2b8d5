/**
 * The files of LevelDB, as a fault of the disk leaves them. They are read where a folder is checked, and again where it is
 * healed: what cannot be read whole is damage, and what can be saved of it is saved. Their seeds are files that LevelDB
 * wrote, in the corpus.
 */
import { compareBytes } from '../../../src/base/index.ts';
import { ByteCursor } from '../../../src/storage/leveldb/byte-cursor.ts';
import { crc32c, masked } from '../../../src/storage/leveldb/crc32c.ts';
import { FileDamage } from '../../../src/storage/leveldb/file-damage.ts';
import { logBlockBytes } from '../../../src/storage/leveldb/log-records.ts';
import { type Manifest, readManifest } from '../../../src/storage/leveldb/manifest.ts';
import { endOfBatch, readLog } from '../../../src/storage/leveldb/read-log.ts';
import { type SalvagedWrite, salvageLog, salvageTable } from '../../../src/storage/leveldb/salvage.ts';
import { uncompress } from '../../../src/storage/leveldb/snappy.ts';
import { checkTable, type TableBounds } from '../../../src/storage/leveldb/table-blocks.ts';
import { windowOn } from '../../support/window.ts';
import { corpusOf } from '../corpus.ts';
import { type Decoded, type Target, target } from '../target.ts';

const mostBytes = 65_536;
const longerAllowed = 'a file is as long as it is, and read in portions';
const footerBytes = 48;
const trailerBytes = 5;
const recordHeaderBytes = 7;
const magic = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);

/** Those of the corpus that are whole. */
function wholeSeeds(name: string): Uint8Array[] {
  return corpusOf(name)
    .filter((entry) => entry.name.startsWith('whole'))
    .map(({ bytes }) => bytes);
}

async function unlessDamaged<Value>(read: () => Promise<Value>): Promise<Decoded<Value>> {
  try {
    return { value: await read() };
  } catch (error) {
    if (error instanceof FileDamage) return null;
    throw error;
  }
}

async function allOf(writes: AsyncIterable<SalvagedWrite>): Promise<SalvagedWrite[]> {
  const all: SalvagedWrite[] = [];
  for await (const write of writes) all.push(write);
  return all;
}

interface Log {
  readonly salvaged: readonly SalvagedWrite[];
  readonly recordBytes: number;
  readonly tornBytes: number;
}

const log = target<Log>({
  name: 'leveldb-log',
  shape: 'bytes',
  mostBytes,
  longerAllowed,
  seeds: wholeSeeds('leveldb-log'),
  repair: repairLog,
  async decode(input) {
    // What is saved is saved also of what is damaged.
    const salvaged = await allOf(salvageLog(windowOn(input)));
    return unlessDamaged(async () => {
      let recordBytes = 0;
      let sequence = 0;
      const tornBytes = await readLog(windowOn(input), (record) => {
        recordBytes += record.length;
        sequence = endOfBatch(record, sequence);
      });
      return { salvaged, recordBytes, tornBytes };
    });
  },
  objection: ({ recordBytes, tornBytes, salvaged }, input) =>
    recordBytes + tornBytes > input.length || salvaged.length > input.length ? 'it holds more than the file' : null,
});

const manifest = target<Manifest>({
  name: 'leveldb-manifest',
  shape: 'bytes',
  mostBytes,
  longerAllowed,
  seeds: wholeSeeds('leveldb-manifest'),
  repair: repairLog,
  decode: (input) =>
    unlessDamaged(async () => {
      const edits: Uint8Array[] = [];
      await readLog(windowOn(input), (record) => edits.push(record.slice()));
      return readManifest(edits);
    }),
  objection: ({ tables }, input) =>
    tables.size * 5 > input.length ? 'it names more tables than it has room for' : null,
});

interface Table {
  readonly bounds: TableBounds;
  readonly salvaged: readonly SalvagedWrite[];
}

const table = target<Table>({
  name: 'leveldb-table',
  shape: 'bytes',
  mostBytes,
  longerAllowed,
  seeds: wholeSeeds('leveldb-table'),
  repair: repairTable,
  async decode(input) {
    const salvaged = await allOf(salvageTable(windowOn(input)));
    const window = windowOn(input);
    return unlessDamaged(async () => {
      const bounds = await checkTable(input.length, (offset, length) => window.read(offset, length));
      return { bounds, salvaged };
    });
  },
  // The two readers know nothing of each other.
  objection({ bounds: { smallest }, salvaged: [first] }) {
    if (smallest.length < 8 || first === undefined) return null;
    return compareBytes(first.key, smallest.subarray(0, -8)) === 0 ? null : 'what is saved of it begins differently';
  },
});

const snappy = target<Uint8Array>({
  name: 'snappy',
  shape: 'bytes',
  mostBytes,
  longerAllowed: 'a block is as long as it is',
  seeds: wholeSeeds('snappy'),
  decode: (input) => unlessDamaged(async () => uncompress(input)),
  objection: (plain, input) => (plain.length > 22 * input.length ? 'so few bytes cannot hold so many' : null),
});

/** The checksum of each record that lies in its block anew. */
function repairLog(input: Uint8Array): Uint8Array {
  const file = Buffer.from(input);
  for (let start = 0; start < file.length; start += logBlockBytes) {
    const block = file.subarray(start, start + logBlockBytes);
    for (let at = 0; at + recordHeaderBytes <= block.length; ) {
      const end = at + recordHeaderBytes + block.readUInt16LE(at + 4);
      if (end > block.length) break;
      block.writeUInt32LE(masked(crc32c(block.subarray(at + 6, end))), at);
      at = end;
    }
  }
  return new Uint8Array(file);
}

/** The end of the file anew, and the checksum of each block that it leads to. */
function repairTable(input: Uint8Array): Uint8Array {
  const file = Buffer.from(input);
  if (file.length < footerBytes) return input;
  file.set(magic, file.length - magic.length);
  try {
    const footer = new ByteCursor(file, file.length - footerBytes);
    const [filters, index] = [repairBlock(file, footer), repairBlock(file, footer)];
    for (const block of [filters, index]) for (const handle of handlesIn(block)) repairBlock(file, handle);
  } catch (error) {
    // What leads nowhere stays as it is.
    if (!(error instanceof FileDamage)) throw error;
  }
  return new Uint8Array(file);
}

/** @param handle where the block lies. @returns its content. */
function repairBlock(file: Buffer, handle: ByteCursor): Uint8Array {
  const [offset, length] = [handle.varint(), handle.varint()];
  if (offset + length + trailerBytes > file.length) throw new FileDamage('there is no such block');
  const block = file.subarray(offset, offset + length + 1);
  file.writeUInt32LE(masked(crc32c(block)), offset + length + 1);
  const content = block.subarray(0, length);
  return block[length] === 1 ? uncompress(content) : content.slice();
}

function handlesIn(block: Uint8Array): ByteCursor[] {
  const restarts = new ByteCursor(block, block.length - 4).uint32();
  const cursor = new ByteCursor(block.subarray(0, Math.max(0, block.length - 4 * (restarts + 1))));
  const handles: ByteCursor[] = [];
  while (!cursor.isAtEnd) {
    cursor.varint();
    const [added, length] = [cursor.varint(), cursor.varint()];
    cursor.take(added);
    handles.push(new ByteCursor(cursor.take(length)));
  }
  return handles;
}

export const levelDbTargets: readonly Target[] = [log, manifest, table, snappy];
