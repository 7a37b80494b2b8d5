/**
 * A data folder on the disk:
 *
 *   <folder>/ledger/          LevelDB; its LOCK lets one process in
 *   <folder>/carechain.pid    the process that holds the lock, so that a second one can say who is in the way
 */
import { access, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Level } from 'level';
import { CarechainError } from '../base/index.ts';
import type { Database } from './database.ts';
import { damagedFolder } from './storage-errors.ts';

const pidFile = 'carechain.pid';

/**
 * Opens the database of a data folder; makes both where there is none.
 * @returns `created`: whether there was none.
 * @throws CarechainError `folder-in-use` (facts.pid), `folder-unwritable`, `folder-damaged`
 */
export async function openDatabase(path: string): Promise<{ database: Database; created: boolean }> {
  const ledgerPath = join(path, 'ledger');
  await makeFolder(path, ledgerPath);
  const created = await isNew(path, ledgerPath);
  const database = new Level<string, Uint8Array>(ledgerPath, {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    createIfMissing: created,
  });
  try {
    await database.open();
  } catch (error) {
    throw await openFailure(path, error);
  }
  try {
    await writeFile(join(path, pidFile), `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    await database.close();
    throw unwritable(path, error);
  }
  return { database, created };
}

/** Closes a database; of one on the disk, takes its process file away while the lock is still held. */
export async function closeDatabase(database: Database): Promise<void> {
  if (database instanceof Level && database.status === 'open') {
    await rm(join(dirname(database.location), pidFile), { force: true });
  }
  await database.close();
}

async function makeFolder(path: string, ledgerPath: string): Promise<void> {
  try {
    await makeDirectory(resolve(path));
    await makeDirectory(resolve(ledgerPath));
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Makes a directory and those above it. By hand: `mkdir` with `recursive` never comes back from a place like /proc. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await isDirectory(path))) return;
    const above = dirname(path);
    if (code !== 'ENOENT' || (await isDirectory(above))) throw error;
    await makeDirectory(above);
    await makeDirectory(path);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** LevelDB takes a folder without its CURRENT file for a new one, and deletes what it does not know: the whole ledger. */
async function isNew(path: string, ledgerPath: string): Promise<boolean> {
  try {
    await access(join(ledgerPath, 'CURRENT'));
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unwritable(path, error);
  }
  const files = await readdir(ledgerPath);
  if (files.some((file) => /\.(ldb|sst|log)$/.test(file))) {
    throw damagedFolder(`The data folder ${path} has lost the file ledger/CURRENT.`, { path });
  }
  return true;
}

async function openFailure(path: string, error: unknown): Promise<CarechainError> {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  const { code, message = '' } = cause ?? {};
  if (code === 'LEVEL_LOCKED') return inUse(path, error);
  // A file that CURRENT or the manifest names and that is gone is damage; other trouble lies between us and the disk.
  const isDamage = code === 'LEVEL_CORRUPTION' || /No such file|Is a directory/.test(message);
  if (isDamage) return damagedFolder(`The database in the data folder ${path} is damaged.`, { path }, error);
  return unwritable(path, cause ?? error);
}

async function inUse(path: string, cause: unknown): Promise<CarechainError> {
  const pid = await readFile(join(path, pidFile), 'utf8').then(
    (text) => (/^\d+$/.test(text.trim()) ? Number(text) : null),
    () => null,
  );
  const holder = pid === null ? 'another process' : `process ${pid}`;
  const sentence = `The data folder ${path} is in use by ${holder}. Stop that node first, or give this one a folder of its own with --data-dir.`;
  return new CarechainError('folder-in-use', sentence, { path, pid }, cause);
}

function unwritable(path: string, cause: unknown): CarechainError {
  const reason = (cause as { code?: string }).code ?? 'unknown';
  const sentence = `The data folder ${path} cannot be written (${reason}). Give a folder that this user may write with --data-dir, or mend its permissions.`;
  return new CarechainError('folder-unwritable', sentence, { path, reason }, cause);
}
