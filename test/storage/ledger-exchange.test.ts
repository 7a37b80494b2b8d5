/** An exchange of ledgers that does not come to its end: at no moment may both be lost. */
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { utf8ToBytes } from '../../src/base/index.ts';
import { beginExchange, closeDatabase, openDatabase } from '../../src/storage/index.ts';
import { temporaryFolder } from './databases.ts';

/** A data folder whose ledger holds one value. */
async function folderWith(value: string): Promise<string> {
  const path = join(await temporaryFolder(), 'node');
  const { database } = await openDatabase(path);
  await database.put('meta/format', utf8ToBytes(value));
  await closeDatabase(database);
  return path;
}

async function valueIn(path: string): Promise<string> {
  const { database } = await openDatabase(path);
  const value = database.getSync('meta/format');
  await closeDatabase(database);
  return Buffer.from(value ?? []).toString();
}

test('a new ledger that is complete outlives an exchange that fails after that', async () => {
  const path = await folderWith('old');
  const exchange = await beginExchange(path);
  await exchange.fresh.put('meta/format', utf8ToBytes('new'));
  // Looks free, and no folder can be moved there.
  const inTheWay = join(path, 'ledger.damaged-1');
  await symlink('nowhere', inTheWay);
  await expect(exchange.complete()).rejects.toThrow('ENOTDIR');
  await exchange.abandon();
  await rm(inTheWay);
  expect(await valueIn(path)).toBe('new');
  expect(await readdir(path)).toContain('ledger.damaged-1');
});

test.each(['', 'ledger.dama', 'ledger.damaged-1'])(
  'a crash that leaves `%s` of the last step leaves the old ledger',
  async (part) => {
    const path = await folderWith('old');
    await mkdir(join(path, 'healing', 'ledger'), { recursive: true });
    await writeFile(join(path, 'healing', 'complete'), part);
    expect(await valueIn(path)).toBe('old');
    // The next healing begins anew.
    const exchange = await beginExchange(path);
    await exchange.fresh.put('meta/format', utf8ToBytes('new'));
    await exchange.complete();
    expect(await valueIn(path)).toBe('new');
  },
);
