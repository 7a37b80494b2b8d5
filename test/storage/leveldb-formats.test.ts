/** The readers of LevelDB's formats, on what LevelDB wrote and on vectors. */
import { appendFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { concatBytes, utf8ToBytes } from '../../src/base/index.ts';
import { checkLedgerFiles, closeDatabase, createStore, openDatabase } from '../../src/storage/index.ts';
import { crc32c, masked } from '../../src/storage/leveldb/crc32c.ts';
import { FileDamage } from '../../src/storage/leveldb/file-damage.ts';
import { LogRecords, logBlockBytes } from '../../src/storage/leveldb/log-records.ts';
import { uncompress } from '../../src/storage/leveldb/snappy.ts';
import { checkTable } from '../../src/storage/leveldb/table-blocks.ts';
import { leaveInLog } from '../support/left-folder.ts';
import { temporaryFolder } from './databases.ts';

describe('CRC-32C', () => {
  // RFC 3720, appendix B.4.
  test.each<[string, Uint8Array, number]>([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 times ff', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['0 to 31', Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd794e],
    ['31 to 0', Uint8Array.from({ length: 32 }, (_, at) => 31 - at), 0x113fdb5c],
    ['123456789', utf8ToBytes('123456789'), 0xe3069283],
    ['nothing', new Uint8Array(0), 0],
  ])('of %s', (_what, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
    for (const cut of [0, 1, 7, 9].filter((at) => at <= bytes.length)) {
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(expected);
    }
  });
});

describe('snappy', () => {
  test.each<[string, number[], string]>([
    ['a literal', [3, 0x08, 0x61, 0x62, 0x63], 'abc'],
    ['a long literal', [70, 0xf0, 69, ...Array<number>(70).fill(0x78)], 'x'.repeat(70)],
    ['a copy that repeats itself', [8, 0x04, 0x61, 0x62, 0x09, 2], 'abababab'.slice(0, 8)],
    ['a copy with two bytes of distance', [6, 0x08, 0x61, 0x62, 0x63, 0x0a, 3, 0], 'abcabc'],
    ['a copy with four bytes of distance', [6, 0x08, 0x61, 0x62, 0x63, 0x0b, 3, 0, 0, 0], 'abcabc'],
    ['nothing', [0], ''],
  ])('%s', (_what, compressed, expected) => {
    expect(Buffer.from(uncompress(Uint8Array.from(compressed))).toString()).toBe(expected);
  });

  test.each<[string, number[]]>([
    ['nothing at all', []],
    ['a literal over the end', [3, 0x08, 0x61]],
    ['more than it says', [2, 0x08, 0x61, 0x62, 0x63]],
    ['less than it says', [4, 0x08, 0x61, 0x62, 0x63]],
    ['a copy from before the beginning', [8, 0x04, 0x61, 0x62, 0x09, 3]],
    ['a copy from no distance', [8, 0x04, 0x61, 0x62, 0x09, 0]],
    ['a length without an end', Array<number>(10).fill(0xff)],
    ['a length beyond all measure', [0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['a length that so few bytes cannot have', [0x80, 0x80, 0x80, 0x64]],
  ])('refuses %s', (_what, compressed) => {
    expect(() => uncompress(Uint8Array.from(compressed))).toThrow(FileDamage);
  });
});

/** A physical record of the log format. */
function physical(type: number, content: Uint8Array): Uint8Array {
  const record = Buffer.alloc(7 + content.length);
  record[6] = type;
  record.set(content, 7);
  record.writeUInt16LE(content.length, 4);
  record.writeUInt32LE(masked(crc32c(record.subarray(6))), 0);
  return record;
}

function readLog(...parts: Uint8Array[]): { records: string[]; tornBytes: number } {
  const file = Buffer.concat(parts);
  const log = new LogRecords();
  const records: string[] = [];
  for (let at = 0; at < file.length; at += logBlockBytes) {
    const block = file.subarray(at, at + logBlockBytes);
    for (const record of log.in(block, at + block.length === file.length)) records.push(Buffer.from(record).toString());
  }
  return { records, tornBytes: log.tornBytes };
}

describe('a log', () => {
  const [full, first, middle, last] = [1, 2, 3, 4];
  const one = physical(full, utf8ToBytes('one'));
  const two = physical(full, utf8ToBytes('two'));
  const filling = physical(first, new Uint8Array(logBlockBytes - one.length - 7).fill(0x61));

  test('gives its records, also those that were cut', () => {
    expect(readLog(one, two)).toEqual({ records: ['one', 'two'], tornBytes: 0 });
    const { records } = readLog(one, filling, physical(last, utf8ToBytes('end')), two);
    expect([records[0], records[1]?.length, records[2]]).toEqual(['one', logBlockBytes - one.length - 7 + 3, 'two']);
    expect(readLog(physical(first, new Uint8Array(0)), one).records).toEqual(['one']);
  });

  test('may end inside its last record, or in zeros', () => {
    for (let bytes = 1; bytes < two.length; bytes++) {
      expect(readLog(one, two.subarray(0, bytes))).toEqual({ records: ['one'], tornBytes: bytes });
    }
    expect(readLog(one, new Uint8Array(2 * logBlockBytes))).toEqual({
      records: ['one'],
      tornBytes: 2 * logBlockBytes,
    });
    expect(readLog(one, filling).tornBytes).toBe(filling.length - 7);
    expect(readLog()).toEqual({ records: [], tornBytes: 0 });
  });

  test('whose every bit matters, up to the last', () => {
    const whole = Buffer.concat([one, two]);
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const bent = Buffer.from(whole);
      bent[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => readLog(bent), `bit ${bit}`).toThrow(FileDamage);
    }
  });

  test.each<[string, Uint8Array[]]>([
    ['zeros before its end', [one, new Uint8Array(logBlockBytes - one.length), two]],
    ['a record that is longer than a block', [one, Uint8Array.of(1, 2, 3, 4, 0xff, 0xff, 1)]],
    ['an unknown type', [physical(5, utf8ToBytes('five')), two]],
    ['a middle without a beginning', [physical(middle, utf8ToBytes('x'))]],
    ['an end without a beginning', [physical(last, utf8ToBytes('x'))]],
    ['a beginning without an end', [physical(first, utf8ToBytes('x')), one]],
    ['text', [utf8ToBytes('2026/11/21 this is no log')]],
  ])('with %s is damaged', (_what, parts) => {
    expect(() => readLog(...parts)).toThrow(FileDamage);
  });
});

describe('the files of a ledger', () => {
  const rows = Array.from({ length: 50 }, (_, n) => ({
    type: 'put' as const,
    key: `state/${n}`,
    value: new Uint8Array(500).fill(n),
  }));

  /** Two tables and a log. */
  async function ledger(): Promise<string> {
    const folder = await temporaryFolder();
    for (let opening = 0; opening < 3; opening++) {
      const { database } = await openDatabase(folder);
      const store = createStore(database);
      for (const row of rows) await store.write([{ ...row, key: `${opening}/${row.key}` }]);
      await leaveInLog(database);
    }
    return folder;
  }

  async function reports(folder: string, tableBytes?: number) {
    const found: { file: string; damage: string | null; tornBytes: number }[] = [];
    for await (const report of checkLedgerFiles(folder, tableBytes)) found.push(report);
    return found;
  }

  test('are all looked at, the newest tables first, up to so many bytes of them', async () => {
    const folder = await ledger();
    const found = await reports(folder);
    expect(found.map(({ file }) => file.replace(/\d+/, 'n'))).toEqual([
      'ledger/CURRENT',
      'ledger/MANIFEST-n',
      'ledger/n.log',
      'ledger/n.ldb',
      'ledger/n.ldb',
    ]);
    expect(found.map(({ damage }) => damage)).toEqual(Array(5).fill(null));
    const [newest, oldest] = found.slice(3).map(({ file }) => Number.parseInt(file.slice('ledger/'.length), 10));
    expect(newest).toBeGreaterThan(oldest!);
    expect(await reports(folder, 0)).toHaveLength(3);
  });

  test('name every one that is missing, and the log too', async () => {
    const folder = await ledger();
    for (const file of (await readdir(join(folder, 'ledger'))).filter((name) =>
      /ldb|log$|MANIFEST|CURRENT/.test(name),
    )) {
      const path = join(folder, 'ledger', file);
      const bytes = await readFile(path);
      await rm(path);
      const found = (await reports(folder)).filter(({ damage }) => damage !== null);
      expect(found).toEqual([{ file: `ledger/${file}`, bytes: 0, damage: 'it is missing', tornBytes: 0 }]);
      await expect(openDatabase(folder)).rejects.toMatchObject({ code: 'folder-damaged' });
      await writeFile(path, bytes);
    }
    await closeDatabase((await openDatabase(folder)).database);
  });

  test('say how many bytes a crash cut off; the rest opens', async () => {
    const folder = await ledger();
    const log = (await readdir(join(folder, 'ledger'))).find((name) => name.endsWith('.log'))!;
    const path = join(folder, 'ledger', log);
    await truncate(path, (await readFile(path)).length - 1);
    const { database, tornBytes } = await openDatabase(folder);
    const store = createStore(database);
    expect(tornBytes).toBeGreaterThan(500);
    expect(store.get('2/state/48')).toEqual(rows[48]!.value);
    expect(store.get('2/state/49')).toBeUndefined();
    await closeDatabase(database);
  });

  test('of a damaged log are refused, by their name and without a key', async () => {
    const folder = await ledger();
    const log = (await readdir(join(folder, 'ledger'))).find((name) => name.endsWith('.log'))!;
    await appendFile(join(folder, 'ledger', log), 'behind the end');
    const error = await openDatabase(folder).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'folder-damaged', facts: { file: `ledger/${log}` } });
    expect((error as Error).message).toMatch(
      new RegExp(`The file ledger/${log} in the data folder .* is damaged: .*scrub`),
    );
    expect((error as Error).message).not.toMatch(/state/);
  });
});

describe('a table', () => {
  const handle = (offset: number, length: number) => Uint8Array.of(offset, length);
  const entry = (key: string, value: Uint8Array, added: readonly number[] = [key.length]) =>
    concatBytes(Uint8Array.of(0, ...added, value.length), utf8ToBytes(key), value);
  /** A block with its restarts, its compression and a checksum that fits. */
  const block = (...entries: Uint8Array[]) => {
    const content = concatBytes(...entries, Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0));
    const trailer = Buffer.alloc(4);
    trailer.writeUInt32LE(masked(crc32c(content)));
    return concatBytes(content, trailer);
  };
  const table = (data: Uint8Array) => {
    const filters = block();
    const index = block(entry('z', handle(0, data.length - 5)));
    const handles = concatBytes(
      handle(data.length, filters.length - 5),
      handle(data.length + filters.length, index.length - 5),
    );
    const magic = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);
    return concatBytes(data, filters, index, handles, new Uint8Array(40 - handles.length), magic);
  };
  const check = (bytes: Uint8Array) =>
    checkTable(bytes.length, async (offset, length) => bytes.subarray(offset, offset + length));

  test('tells its first and last key', async () => {
    const bounds = await check(table(block(entry('a', handle(1, 2)), entry('b', handle(3, 4)))));
    expect([bounds.smallest, bounds.largest]).toEqual([utf8ToBytes('a'), utf8ToBytes('b')]);
  });

  test('whose checksums fit and whose keys cannot be is damaged, and takes no memory', async () => {
    for (const added of [[0x7f], [0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [...Array(8).fill(0xff), 0x7f]]) {
      await expect(check(table(block(entry('a', handle(1, 2), added))))).rejects.toThrow(FileDamage);
    }
  });
});
