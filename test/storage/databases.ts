/** The two databases that the port has, for the suites that hold of both. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryLevel } from 'memory-level';
import { onTestFinished } from 'vitest';
import { createStore, type Database, type LostStore, openDatabase, type Store } from '../../src/storage/index.ts';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'carechain-storage-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function memoryDatabase(): Promise<Database> {
  const database: Database = new MemoryLevel<string, Uint8Array>({ keyEncoding: 'utf8', valueEncoding: 'view' });
  await database.open();
  return database;
}

export async function levelDatabase(): Promise<Database> {
  const { database } = await openDatabase(await temporaryFolder());
  onTestFinished(() => database.close());
  return database;
}

export const databases: [name: string, open: () => Promise<Database>][] = [
  ['memory', memoryDatabase],
  ['LevelDB', levelDatabase],
];

export async function memoryStore(): Promise<{ database: Database; store: Store }> {
  const database = await memoryDatabase();
  return { database, store: createStore(database) };
}

/** Flips one bit of a stored value, past its checksum, behind the back of the store. */
export async function flipBit(database: Database, key: string, at = 8): Promise<void> {
  const value = new Uint8Array(database.getSync(key)!);
  value[at] = value[at]! ^ 1;
  await database.put(key, value);
}

/** What a conflict list holds, oldest first. */
export function allLost(lost: LostStore) {
  return [...lost.listed().keys()].map((id) => lost.get(id));
}
