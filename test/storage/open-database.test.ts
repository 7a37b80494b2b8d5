import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { utf8ToBytes } from '../../src/base/index.ts';
import { closeDatabase, createStore, openDatabase } from '../../src/storage/index.ts';
import { temporaryFolder } from './databases.ts';

describe('openDatabase', () => {
  test('makes a folder that only its owner can read, and says whether it did', async () => {
    const folder = join(await temporaryFolder(), 'deep', 'node');
    const first = await openDatabase(folder);
    expect(first.created).toBe(true);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await readFile(join(folder, 'carechain.pid'), 'utf8')).trim()).toBe(String(process.pid));
    const store = createStore(first.database);
    await store.write([{ type: 'put', key: 'a', value: utf8ToBytes('one') }]);
    await store.close();
    expect(await readdir(folder)).toEqual(['ledger']);

    const second = await openDatabase(folder);
    expect(second.created).toBe(false);
    expect(createStore(second.database).get('a')).toEqual(utf8ToBytes('one'));
    await closeDatabase(second.database);
  });

  test('what was written leaves nothing in the log to be read again once the folder is closed', async () => {
    const folder = await temporaryFolder();
    const ledger = join(folder, 'ledger');
    const { database } = await openDatabase(folder);
    await createStore(database).write([{ type: 'put', key: 'a', value: utf8ToBytes('one') }]);
    expect(await bytesOfLogs(ledger)).toBeGreaterThan(0);
    await closeDatabase(database);
    expect(await bytesOfLogs(ledger)).toBe(0);
  });

  test('a second one in the same process is told who is in the way', async () => {
    const folder = await temporaryFolder();
    const { database } = await openDatabase(folder);
    await expect(openDatabase(folder)).rejects.toMatchObject({
      code: 'folder-in-use',
      message: expect.stringContaining(`process ${process.pid}`),
      facts: { pid: process.pid },
    });
    await closeDatabase(database);
  });

  test('so is one in another process; when that one was killed the folder opens', async () => {
    const folder = await temporaryFolder();
    const holder = spawn(process.execPath, ['-e', holdOpen, join(folder, 'ledger')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await mkdir(join(folder, 'ledger'));
    await writeFile(join(folder, 'carechain.pid'), `${holder.pid}\n`);
    await once(holder.stdout, 'data');
    await expect(openDatabase(folder)).rejects.toMatchObject({ code: 'folder-in-use', facts: { pid: holder.pid } });
    await rm(join(folder, 'carechain.pid'));
    await expect(openDatabase(folder)).rejects.toMatchObject({ code: 'folder-in-use', facts: { pid: null } });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const { database } = await openDatabase(folder);
    await closeDatabase(database);
  });

  test('a file in the way and a place that takes no folder are not writable', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    for (const path of [join(folder, 'file'), join(folder, 'file', 'below'), '/proc/carechain']) {
      await expect(openDatabase(path)).rejects.toMatchObject({ code: 'folder-unwritable', facts: { path } });
    }
    const inside = await temporaryFolder();
    await writeFile(join(inside, 'ledger'), '');
    await expect(openDatabase(inside)).rejects.toMatchObject({ code: 'folder-unwritable' });
  });

  test('where the process file cannot be written the lock is given back', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'carechain.pid'));
    await expect(openDatabase(folder)).rejects.toMatchObject({ code: 'folder-unwritable' });
    await rm(join(folder, 'carechain.pid'), { recursive: true });
    const { database } = await openDatabase(folder);
    await closeDatabase(database);
  });

  const damages: [what: string, damage: (ledger: string) => Promise<unknown>][] = [
    ['CURRENT is gone', (ledger) => rm(join(ledger, 'CURRENT'))],
    ['CURRENT is empty', (ledger) => truncate(join(ledger, 'CURRENT'))],
    ['CURRENT names no manifest', (ledger) => writeFile(join(ledger, 'CURRENT'), 'MANIFEST-999999\n')],
    [
      'the manifest is empty',
      async (ledger) => {
        for (const file of await readdir(ledger)) if (file.startsWith('MANIFEST')) await truncate(join(ledger, file));
      },
    ],
  ];
  test.each(damages)('where %s the folder is damaged, and stays as it is', async (_what, damage) => {
    const folder = await temporaryFolder();
    const { database } = await openDatabase(folder);
    await createStore(database).write([{ type: 'put', key: 'a', value: utf8ToBytes('one') }]);
    await closeDatabase(database);
    const ledger = join(folder, 'ledger');
    const before = (await readdir(ledger)).filter((file) => /\.(log|ldb)$/.test(file));
    await damage(ledger);
    await expect(openDatabase(folder)).rejects.toMatchObject({ code: 'folder-damaged', facts: { path: folder } });
    expect(await readdir(ledger)).toEqual(expect.arrayContaining(before));
  });

  test('what a first start left behind that was killed before it was done is no damage', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'ledger'));
    await writeFile(join(folder, 'ledger', 'MANIFEST-000001'), '');
    const { database, created } = await openDatabase(folder);
    expect(created).toBe(true);
    await closeDatabase(database);
  });
});

async function bytesOfLogs(ledger: string): Promise<number> {
  const logs = (await readdir(ledger)).filter((file) => file.endsWith('.log'));
  const sizes = await Promise.all(logs.map(async (file) => (await stat(join(ledger, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const holdOpen = `
  const { Level } = require('level');
  new Level(process.argv[1]).open().then(() => { console.log('open'); setInterval(() => {}, 1000); });
`;
