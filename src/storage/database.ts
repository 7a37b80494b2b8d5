/** The database port: an ordered map from text keys to bytes, with atomic batches. LevelDB, or memory in tests. */
import type { AbstractBatchOptions, AbstractLevel } from 'abstract-level';

export type Database = AbstractLevel<string | Buffer | Uint8Array, string, Uint8Array>;

/** One write of a batch. All that belongs together goes into one batch, which is synced to the disk before it counts. */
export type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/** The option of LevelDB with which a batch is on the disk when it is done. */
export const synced: AbstractBatchOptions<string, Uint8Array> & { sync: true } = { sync: true };

/**
 * How a ledger is opened. LevelDB keeps the index of every open table in memory, up to a thousand tables: 1.7 % of them with
 * its blocks of 4 KiB, a quarter of that with these. A read costs the same.
 */
export const levelOptions = { keyEncoding: 'utf8', valueEncoding: 'view', blockSize: 16_384 } as const;
