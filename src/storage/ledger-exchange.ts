/**
 * Exchanges a damaged ledger for a new one that was made from what can still be read of it:
 *
 *   <folder>/healing/ledger      the new one, while it is made
 *   <folder>/healing/copy-1 …    copies that LevelDB may repair: the damaged ledger itself is not touched
 *   <folder>/healing/complete    from here on the exchange is finished by whoever opens the folder next
 *   <folder>/ledger.damaged-1    where the damaged ledger goes: it is kept
 *
 * An exchange that is cut off leaves the old ledger in its place, or is finished at the next start: there is no moment at
 * which neither is usable.
 */
import { access, copyFile, link, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { CarechainError } from '../base/index.ts';
import type { Database } from './database.ts';

export interface LedgerExchange {
  /** The new ledger, empty. */
  readonly fresh: Database;
  /**
   * A copy of the damaged ledger as LevelDB opens it, or as it mends it; null where it cannot. What it holds is not
   * complete, and to be believed only as far as its checksums go.
   */
  openCopy(how: 'as it is' | 'repaired'): Promise<Database | null>;
  /** Puts the new ledger in the place of the old one. @returns the name of the folder that keeps the old one. */
  complete(): Promise<string>;
  /** Leaves the old ledger where it is. */
  abandon(): Promise<void>;
}

/** The package has it, though its types do not say so. */
const { repair } = Level as unknown as { repair(path: string): Promise<void> };

const encodings = { keyEncoding: 'utf8', valueEncoding: 'view' } as const;

/** @throws CarechainError `folder-in-use` while a node holds the folder. */
export async function beginExchange(path: string): Promise<LedgerExchange> {
  const healing = join(path, 'healing');
  const lock = await lockLedger(path);
  const copies: Database[] = [];
  await rm(join(healing, 'ledger'), { recursive: true, force: true });
  const fresh: Database = new Level<string, Uint8Array>(join(healing, 'ledger'), encodings);
  await fresh.open();
  const closeAll = async () => {
    for (const database of [...copies, fresh]) await database.close();
  };
  return {
    fresh,
    async openCopy(how) {
      const copy = join(healing, `copy-${copies.length + 1}`);
      await copyFolder(join(path, 'ledger'), copy);
      const database: Database = new Level<string, Uint8Array>(copy, { ...encodings, createIfMissing: false });
      try {
        if (how === 'repaired') await repair(copy);
        await database.open();
      } catch {
        // Whatever LevelDB has against it: this copy cannot be read.
        return null;
      }
      copies.push(database);
      return database;
    },
    async complete() {
      await closeAll();
      const aside = await freeName(path);
      await writeSynced(join(healing, 'complete'), aside);
      await finishExchange(path);
      await lock.close();
      return aside;
    },
    async abandon() {
      await closeAll();
      await lock.close();
      await rm(healing, { recursive: true, force: true });
    },
  };
}

/** Finishes an exchange that was cut off after the new ledger was complete; does nothing where there is none. */
export async function finishExchange(path: string): Promise<void> {
  const healing = join(path, 'healing');
  const aside = await readFile(join(healing, 'complete'), 'utf8').catch(() => null);
  if (aside === null) return;
  if (await exists(join(healing, 'ledger'))) {
    if (!(await exists(join(path, aside)))) await rename(join(path, 'ledger'), join(path, aside));
    await rename(join(healing, 'ledger'), join(path, 'ledger'));
  }
  await syncFolder(path);
  await rm(healing, { recursive: true, force: true });
}

/**
 * Holds the lock of the ledger without opening it, for opening would change it: LevelDB locks the file LOCK, which here
 * has a second name in a database of our own.
 */
async function lockLedger(path: string): Promise<Database> {
  const folder = join(path, 'healing', `lock-${process.pid}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lockFile = join(path, 'ledger', 'LOCK');
  if (!(await exists(lockFile))) await writeFile(lockFile, '', { mode: 0o600 });
  await rm(join(folder, 'LOCK'), { force: true });
  await link(lockFile, join(folder, 'LOCK'));
  const lock: Database = new Level<string, Uint8Array>(folder, encodings);
  try {
    await lock.open();
    return lock;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    const { code } = ((error as { cause?: { code?: string } }).cause ?? {}) as { code?: string };
    if (code !== 'LEVEL_LOCKED') throw error;
    const sentence = `The data folder ${path} is in use. Stop that node first.`;
    throw new CarechainError('folder-in-use', sentence, { path, pid: null }, error);
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { mode: 0o700 });
  for (const file of await readdir(from, { withFileTypes: true })) {
    if (file.isFile() && file.name !== 'LOCK') await copyFile(join(from, file.name), join(to, file.name));
  }
}

async function freeName(path: string): Promise<string> {
  for (let n = 1; ; n++) if (!(await exists(join(path, `ledger.damaged-${n}`)))) return `ledger.damaged-${n}`;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(join(path, '..'));
}

/** Names in a folder survive a power cut only once the folder itself is synced. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
