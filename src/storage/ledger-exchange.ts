/**
 * Exchanges a damaged ledger for a new one that was made from what can still be read of it:
 *
 *   <folder>/healing/ledger      the new one, while it is made
 *   <folder>/healing/salvaged    what can be read of the damaged ledger, whose own files are not touched
 *   <folder>/healing/complete    from here on the exchange is finished by whoever opens the folder next
 *   <folder>/ledger.damaged-1    where the damaged ledger goes: it is kept
 *
 * An exchange that is cut off leaves the old ledger in its place, or is finished at the next start: there is no moment at
 * which neither is usable.
 */
import { access, link, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { CarechainError } from '../base/index.ts';
import { type Database, levelOptions } from './database.ts';
import { salvageLedger } from './salvage-ledger.ts';

export interface LedgerExchange {
  /** The new ledger, empty. */
  readonly fresh: Database;
  /** Everything that can be read of the damaged ledger: not complete, and true as far as its checksums go. */
  salvage(): Promise<Database>;
  /** Puts the new ledger in the place of the old one. @returns the name of the folder that keeps the old one. */
  complete(): Promise<string>;
  /** Leaves the old ledger where it is; after a {@link complete} that failed, the next start finishes the exchange. */
  abandon(): Promise<void>;
}

/** @throws CarechainError `folder-in-use` while a node holds the folder. */
export async function beginExchange(path: string): Promise<LedgerExchange> {
  const healing = join(path, 'healing');
  const lock = await lockLedger(path);
  const others: Database[] = [];
  for (const name of ['complete', 'ledger', 'salvaged'])
    await rm(join(healing, name), { recursive: true, force: true });
  const fresh: Database = new Level<string, Uint8Array>(join(healing, 'ledger'), levelOptions);
  try {
    await fresh.open();
  } catch (error) {
    // Such as a disk that is full: what is there already must not take room, nor hold the lock.
    await lock.close();
    await rm(healing, { recursive: true, force: true });
    throw error;
  }
  let isComplete = false;
  const closeAll = async () => {
    for (const database of [...others, fresh]) await database.close();
  };
  return {
    fresh,
    async salvage() {
      const salvaged: Database = new Level<string, Uint8Array>(join(healing, 'salvaged'), levelOptions);
      await salvaged.open();
      others.push(salvaged);
      await salvageLedger(join(path, 'ledger'), salvaged);
      return salvaged;
    },
    async complete() {
      await closeAll();
      const aside = await freeName(path);
      await writeSynced(join(healing, 'complete'), `${aside}\n`);
      isComplete = true;
      await finishExchange(path);
      await lock.close();
      return aside;
    },
    async abandon() {
      await closeAll();
      await lock.close();
      // Once it was complete the old ledger may have left its place, and the new one be the only one that is left to use.
      if (!isComplete) await rm(healing, { recursive: true, force: true });
    },
  };
}

/** Finishes an exchange that was cut off after the new ledger was complete; does nothing where there is none. */
export async function finishExchange(path: string): Promise<void> {
  const healing = join(path, 'healing');
  const written = await readFile(join(healing, 'complete'), 'utf8').catch(() => '');
  // A crash may have left a part of the name: then it was not complete, and the next healing begins anew.
  const [, aside] = /^(ledger\.damaged-\d+)\n$/.exec(written) ?? [];
  if (aside === undefined) return;
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
  const lock: Database = new Level<string, Uint8Array>(folder, levelOptions);
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
