/**
 * A data folder on the disk:
 *
 *   <folder>/ledger/          LevelDB; its LOCK lets one process in
 *   <folder>/carechain.pid    the process that holds the lock, so that a second one can say who is in the way
 *
 * The files are looked at before LevelDB sees them, because it loses what it cannot read.
 */
import { access, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Level } from 'level';
import { CarechainError } from '../base/index.ts';
import { type Database, lastKey, levelOptions } from './database.ts';
import { finishExchange } from './ledger-exchange.ts';
import { checkLedgerFiles } from './ledger-files.ts';
import { damagedFolder } from './storage-errors.ts';

/** On the disk `level` is classic-level, whose types it does not show. */
type OnDisk = Level<string, Uint8Array> & { compactRange(start: string, end: string): Promise<void> };

const pidFile = 'carechain.pid';

/** Tables, the newest first, that are looked at whenever a folder is opened. The rest is for the scrub, so that starting costs the same at every size. */
const tableBytesChecked = 64_000_000;

export interface OpenedDatabase {
  readonly database: Database;
  /** There was none. */
  readonly created: boolean;
  /** Bytes that a crash cut off in the middle of a write, and that count for nothing. */
  readonly tornBytes: number;
}

/**
 * Opens the database of a data folder; makes both where there is none.
 * @throws CarechainError `folder-in-use` (facts.pid), `folder-unwritable`, `folder-damaged` (facts.file)
 */
export async function openDatabase(path: string): Promise<OpenedDatabase> {
  const ledgerPath = join(path, 'ledger');
  await finishExchange(path);
  await makeFolder(path, ledgerPath);
  const created = await isNew(path, ledgerPath);
  const tornBytes = created ? 0 : await checkFiles(path, ledgerPath);
  const database = new Level<string, Uint8Array>(ledgerPath, {
    ...levelOptions,
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
  return { database, created, tornBytes };
}

/** Whether a data folder has been opened before. */
export function hasLedger(path: string): Promise<boolean> {
  return isDirectory(join(path, 'ledger'));
}

/** Closes a database; of one on the disk, takes its process file away while the lock is still held. */
export async function closeDatabase(database: Database): Promise<void> {
  if (database instanceof Level && database.status === 'open') {
    await emptyLog(database as OnDisk);
    await rm(join(dirname(database.location), pidFile), { force: true });
  }
  await database.close();
}

/**
 * Has LevelDB write a table of what only its log holds, so that nobody reads the log when the folder is opened next. Where the
 * disk does not take it, the log is still there.
 */
async function emptyLog(database: OnDisk): Promise<void> {
  // It does so before it merges the tables of a range; no key of ours lies in this one.
  await database.compactRange(lastKey, lastKey).catch(() => undefined);
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

/** @returns the torn bytes of its logs. @throws CarechainError `folder-damaged`, which names the first file that is damaged. */
async function checkFiles(path: string, ledgerPath: string): Promise<number> {
  let torn = 0;
  try {
    for await (const { file, damage, tornBytes } of checkLedgerFiles(path, tableBytesChecked)) {
      // What looks like damage may be the work of a node that is running: its files change under the eye.
      if (damage !== null && (await isHeld(ledgerPath))) throw await inUse(path);
      if (damage !== null) {
        throw damagedFolder(`The file ${file} in the data folder ${path} is damaged: ${damage}.`, { path, file });
      }
      torn += tornBytes;
    }
  } catch (error) {
    throw error instanceof CarechainError ? error : unwritable(path, error);
  }
  return torn;
}

/** Whether some process holds the lock. LevelDB takes it before it looks at anything, and then stops: the database exists. */
async function isHeld(ledgerPath: string): Promise<boolean> {
  const probe = new Level(ledgerPath, { createIfMissing: false, errorIfExists: true });
  return probe.open().then(
    () => false,
    (error: unknown) => causeOf(error).code === 'LEVEL_LOCKED',
  );
}

async function openFailure(path: string, error: unknown): Promise<CarechainError> {
  const { code, message = '' } = causeOf(error);
  if (code === 'LEVEL_LOCKED') return inUse(path, error);
  // A file that CURRENT or the manifest names and that is gone is damage; other trouble lies between us and the disk.
  const isDamage = code === 'LEVEL_CORRUPTION' || /No such file|Is a directory/.test(message);
  if (isDamage) return damagedFolder(`The database in the data folder ${path} is damaged.`, { path }, error);
  return unwritable(path, causeOf(error));
}

function causeOf(error: unknown): { readonly code?: string; readonly message?: string } {
  return ((error as { cause?: object }).cause ?? error) as object;
}

async function inUse(path: string, cause?: unknown): Promise<CarechainError> {
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
  const sentence = `The data folder ${path} cannot be written (${reason}). Look at the space on the disk and at the rights of the folder, or give another with --data-dir.`;
  return new CarechainError('folder-unwritable', sentence, { path, reason }, cause);
}
