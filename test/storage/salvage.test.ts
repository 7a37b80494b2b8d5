/** What of a damaged ledger is found again: whatever of it can be read, wherever it stands. */
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decode, utf8ToBytes } from '../../src/base/index.ts';
import { unseal } from '../../src/storage/envelope.ts';
import { openDatabase, type Write } from '../../src/storage/index.ts';
import { salvageTable } from '../../src/storage/leveldb/salvage.ts';
import { salvageLedger } from '../../src/storage/salvage-ledger.ts';
import { leaveInLog } from '../support/left-folder.ts';
import { windowOn } from '../support/window.ts';
import { memoryDatabase, temporaryFolder } from './databases.ts';

const names = ['a', 'b', 'c', 'd', 'e'] as const;

/** A ledger of which `inTables` are in a table and the others in the log: each is a batch of a text and a mark. */
async function ledgerOf(inTables: number): Promise<string> {
  const path = await temporaryFolder();
  for (const part of [names.slice(0, inTables), names.slice(inTables)]) {
    // What is in the log when a database is opened goes into a table.
    const { database } = await openDatabase(path);
    for (const name of part) {
      const value = utf8ToBytes(`the text of ${name} `.repeat(20));
      await database.batch([
        { type: 'put', key: `outbox/${name}`, value },
        { type: 'put', key: `own/${name}`, value: utf8ToBytes('true') },
      ]);
    }
    await leaveInLog(database);
  }
  return join(path, 'ledger');
}

async function salvagedKeys(ledger: string): Promise<string[]> {
  const into = await memoryDatabase();
  await salvageLedger(ledger, into);
  return into.keys().all();
}

const keysOf = (family: string, from: readonly string[] = names) => from.map((name) => `${family}/${name}`);

async function only(ledger: string, ending: string): Promise<string> {
  const [file, ...others] = (await readdir(ledger)).filter((name) => name.endsWith(ending)).sort();
  expect([file !== undefined, others]).toEqual([true, []]);
  return join(ledger, file!);
}

/** Bends the log at the record that holds `own/c`, as the row of a table says. */
type Bend = (log: Buffer, header: number, end: number) => unknown;

const headerBytes = 7;
const flip = (log: Buffer, at: number, bits: number) => log.writeUInt8(log.readUInt8(at) ^ bits, at);
const bends: readonly (readonly [what: string, bend: Bend, lost: readonly string[]])[] = [
  ['a length that runs over the end', (log, header) => flip(log, header + 5, 0x40), []],
  ['a length that is too short', (log, header) => flip(log, header + 4, 0x10), []],
  ['an unknown kind of record', (log, header) => flip(log, header + 6, 0x20), []],
  ['a bent length of a value', (log) => flip(log, log.indexOf('outbox/c') + 'outbox/c'.length, 0x80), []],
  ['zeros from before its header into its text', (log, header) => log.fill(0, header - 5, header + 60), ['outbox/c']],
  ['zeros to its end', (log, header, end) => log.fill(0, header, end), ['outbox/c', 'own/c']],
];

test.each(bends)('of a log with %s, everything else is found', async (_what, bend, lost) => {
  const ledger = await ledgerOf(0);
  const path = await only(ledger, '.log');
  const log = await readFile(path);
  // A batch begins with 12 bytes of numbers; its first write with a byte for the kind, and one for the length of the key.
  const headerOf = (name: string) => log.indexOf(`outbox/${name}`) - 2 - 12 - headerBytes;
  bend(log, headerOf('c'), headerOf('d'));
  await writeFile(path, log);
  expect(await salvagedKeys(ledger)).toEqual(
    [...keysOf('outbox'), ...keysOf('own')].filter((key) => !lost.includes(key)),
  );
});

const rows = Array.from({ length: 64 }, (_, n) => `outbox/${String(n).padStart(4, '0')}`);
const noise = (key: string) => createHash('sha512').update(key).digest();

async function rowsOf(table: Uint8Array): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { key, value } of salvageTable(windowOn(table))) {
    found.set(Buffer.from(key).toString(), Buffer.from(value ?? []).toString('hex'));
  }
  return found;
}

async function tableOf(textOf: (key: string) => Uint8Array): Promise<Buffer> {
  const path = await temporaryFolder();
  for (const part of [rows, []]) {
    const { database } = await openDatabase(path);
    await database.batch(part.map((key) => ({ type: 'put', key, value: textOf(key) })));
    await leaveInLog(database);
  }
  return readFile(await only(join(path, 'ledger'), '.ldb'));
}

const threeTimes = (key: string) => Buffer.concat(['', '1', '2'].map((end) => noise(key + end)));

test.each<[what: string, textOf: (key: string) => Uint8Array, bounds: { most: number; mean: number }]>([
  // A bent length takes what follows it with it, up to the next restart; there is one every sixteen entries.
  ['that nobody can compress', threeTimes, { most: 16, mean: 1.1 }],
  // A bent byte may have been copied into all that follows in its block.
  [
    'that compress',
    (key) => Buffer.concat([utf8ToBytes('a few words '.repeat(9)), noise(key)]),
    { most: 22, mean: 2.5 },
  ],
])('of a table of values %s, one byte of which is bent, most is found', async (_what, textOf, { most, mean }) => {
  const table = await tableOf(textOf);
  const whole = await rowsOf(table);
  expect([...whole.keys()]).toEqual(rows);
  const lost: number[] = [];
  for (let at = 0; at < table.length; at += 5) {
    const bent = Buffer.from(table);
    flip(bent, at, 1 << (at % 8));
    const found = await rowsOf(bent);
    lost.push(rows.filter((key) => found.get(key) !== whole.get(key)).length);
  }
  expect(Math.max(...lost)).toBeLessThanOrEqual(most);
  expect(lost.reduce((sum, count) => sum + count) / lost.length).toBeLessThan(mean);
});

test('of a table that is cut off, everything before the cut is found, and of what is cut in two the key', async () => {
  const table = await tableOf(threeTimes);
  for (let end = 100; end < table.length; end += 97) {
    const cut = table.subarray(0, end);
    const found = await rowsOf(cut);
    const before = rows.filter((key) => cut.includes(threeTimes(key)));
    expect(before.filter((key) => found.get(key) !== threeTimes(key).toString('hex'))).toEqual([]);
    // A key that shares nothing with the one before it stands there as it is, with the eight bytes behind it.
    const readable = rows.filter((key) => cut.subarray(0, -8).includes(key));
    expect(readable.filter((key) => !found.has(key))).toEqual([]);
  }
});

test.each([
  ['.log', 'CURRENT'],
  ['.ldb', 'CURRENT'],
  ['.log', '.ldb'],
  ['.log', 'MANIFEST'],
])('a file %s that was swapped with %s is read as what it is', async (one, other) => {
  const ledger = await ledgerOf(3);
  const [manifest] = (await readdir(ledger)).filter((name) => name.startsWith('MANIFEST'));
  const left = await only(ledger, one);
  const right = other === '.ldb' ? await only(ledger, other) : join(ledger, other === 'CURRENT' ? other : manifest!);
  await rename(left, `${left}.aside`);
  await rename(right, left);
  await rename(`${left}.aside`, right);
  expect(await salvagedKeys(ledger)).toEqual([...keysOf('outbox'), ...keysOf('own')]);
});

const id = 'ab'.repeat(32);
const written: Write[] = [
  { type: 'put', key: `outbox/${id}`, value: utf8ToBytes('its text') },
  { type: 'put', key: `own/${id}`, value: utf8ToBytes('true') },
];

test.each<[what: string, inLog: Write[], found: string[]]>([
  ['left the outbox', [{ type: 'del', key: `outbox/${id}` }], [`own/${id}`]],
  ['was disowned', ['outbox', 'own'].map((family) => ({ type: 'del', key: `${family}/${id}` })), []],
])('of what %s after a table that is lost', async (_what, inLog, found) => {
  const path = await temporaryFolder();
  for (const writes of [written, inLog]) {
    const { database } = await openDatabase(path);
    await database.batch(writes);
    await leaveInLog(database);
  }
  await rm(await only(join(path, 'ledger'), '.ldb'));
  const into = await memoryDatabase();
  await salvageLedger(join(path, 'ledger'), into);
  expect(await into.keys().all()).toEqual(found);
  for (const key of found) expect(decode(unseal(key, (await into.get(key))!))).toBe(true);
});
