/** The database port: an ordered map from text keys to bytes, with atomic batches. LevelDB, or memory in tests. */
import type { AbstractLevel } from 'abstract-level';

export type Database = AbstractLevel<string | Buffer | Uint8Array, string, Uint8Array>;

/** One write of a batch. All that belongs together goes into one batch, which is synced to the disk before it counts. */
export type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/** Sorts after every key of ours; behind a prefix, after every key that starts with it. */
export const lastKey = '\u{10ffff}';

/** Writes that are put into a batch in one turn of the event loop: some three milliseconds of work, their checksums included. */
const writesAtOnce = 500;

/**
 * Resolves when all of `writes` are on the disk, synced: together, or not at all. The batch is filled one by one, with turns for
 * others in between; given whole, as an array, it takes six times as long and lets nobody in.
 */
export async function writeSynced(database: Database, writes: Iterable<Write>): Promise<void> {
  const batch = database.batch();
  try {
    let count = 0;
    for (const write of writes) {
      if (write.type === 'put') batch.put(write.key, write.value);
      else batch.del(write.key);
      count += 1;
      if (count % writesAtOnce === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await batch.write({ sync: true });
  } catch (error) {
    await batch.close();
    throw error;
  }
}

/**
 * How a ledger is opened.
 *
 * LevelDB keeps what it needs to find its way in a table, some 50 KB, of so many of them in memory; its own thousand would be
 * 50 MB. A read from any other of a large ledger takes some 30 microseconds more.
 *
 * What is written stays in memory, and in the log, up to so many bytes, and then becomes a table. With LevelDB's own 4 MB the
 * tables of a node that catches up are merged with one another again and again: that took its thread twice as long.
 */
export const levelOptions = {
  keyEncoding: 'utf8',
  valueEncoding: 'view',
  maxOpenFiles: 64,
  writeBufferSize: 16 * 1_048_576,
} as const;
