/** Stands between a store and its database, at the moment in which a batch goes to the disk. */
import type { Database, Write } from '../../src/storage/index.ts';

export interface WriteOptions {
  /** Whether it has to be on the disk, and not only on its way there, before it counts. */
  readonly sync?: boolean;
}

/** What a store uses of a batch: it is filled, and written at once. */
export function collectBatch(write: (writes: readonly Write[], options: WriteOptions) => Promise<void>) {
  const writes: Write[] = [];
  return {
    put: (key: string, value: Uint8Array) => void writes.push({ type: 'put', key, value }),
    del: (key: string) => void writes.push({ type: 'del', key }),
    write: (options: WriteOptions = {}) => write(writes, options),
    close: async () => {},
  };
}

/** @param bend what becomes of a batch; `write` puts it on the disk. @returns lets batches be again. */
export function bendBatches(
  database: Database,
  bend: (writes: readonly Write[], write: () => Promise<void>) => Promise<void>,
): () => void {
  const { batch } = database;
  const write = batch.bind(database);
  const bent = () => collectBatch((writes, options) => bend(writes, () => write([...writes], options as object)));
  database.batch = bent as unknown as typeof batch;
  return () => {
    database.batch = batch;
  };
}

/** A failure as LevelDB gives it. */
export function levelError(code: string, cause?: Error): Error {
  return Object.assign(new Error(code, { cause }), { code });
}
