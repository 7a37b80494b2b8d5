/** Closes a database and opens it again, when that has a chance. */
import { open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Level } from 'level';
import type { Database, Write } from './database.ts';
import { checkLedgerFiles } from './ledger-files.ts';
import { damagedFolder } from './storage-errors.ts';

/** What opening needs beside the logs that it turns into tables, and a little more, so that it does not fail again at once. */
const spareBytes = 1_000_000;

/**
 * @param writes that come next. @param onClosing from here on nothing can be read.
 * @throws an error of the disk. Before `onClosing` the database is as it was; after it, it may be closed.
 */
export async function reopenDatabase(
  database: Database,
  writes: readonly Write[],
  onClosing: () => void,
): Promise<void> {
  if (database instanceof Level) {
    await makeSureOfRoom(database.location, bytesOf(writes));
    await refuseDamage(dirname(database.location));
  }
  onClosing();
  await database.close();
  await database.open({ createIfMissing: false });
}

/** Opening on a full disk would fail, and leave nothing that can be read. So that much is written first, and taken away. */
async function makeSureOfRoom(ledgerPath: string, moreBytes: number): Promise<void> {
  const names = await readdir(ledgerPath);
  const opened = names.filter((name) => name.endsWith('.log') || name.startsWith('MANIFEST'));
  const sizes = await Promise.all(opened.map(async (name) => (await stat(join(ledgerPath, name))).size));
  const needed = sizes.reduce((sum, size) => sum + size, spareBytes + moreBytes);
  const path = join(dirname(ledgerPath), 'carechain.room');
  const portion = new Uint8Array(65_536);
  try {
    const file = await open(path, 'w', 0o600);
    try {
      for (let written = 0; written < needed; written += portion.length) await file.writeFile(portion);
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true });
  }
}

/** What was torn by the failure is no damage; LevelDB must not see any other. The tables are as they were. */
async function refuseDamage(path: string): Promise<void> {
  for await (const { file, damage } of checkLedgerFiles(path, 0)) {
    if (damage !== null)
      throw damagedFolder(`The file ${file} in the data folder ${path} is damaged: ${damage}.`, { path, file });
  }
}

function bytesOf(writes: readonly Write[]): number {
  return writes.reduce((sum, write) => sum + (write.type === 'put' ? write.value.length : 0), 0);
}
