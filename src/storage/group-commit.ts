/**
 * Group commit: each batch is synced to the disk, which takes about half a millisecond however small it is; so whoever
 * comes while one is being written shares the next, in the order in which they came.
 */
import type { AbstractBatchOptions } from 'abstract-level';
import type { Database, Write } from './database.ts';
import { writeFailure } from './storage-errors.ts';

/** A batch is closed to further callers from this size on, so that one failure or one long sync does not hold everybody. */
const groupBytes = 4_000_000;

const synced: AbstractBatchOptions<string, Uint8Array> & { sync: true } = { sync: true };

interface Waiting {
  readonly writes: readonly Write[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #database: Database;
  readonly #queue: Waiting[] = [];
  #writing: Promise<void> | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Resolves when all of `writes` are on the disk; rejects when none of them count. */
  write(writes: readonly Write[]): Promise<void> {
    const written = new Promise<void>((resolve, reject) => this.#queue.push({ writes, resolve, reject }));
    this.#writing ??= this.#writeAll();
    return written;
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#database.batch(group.flatMap(({ writes }) => writes) as Write[], synced);
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(writeFailure(error));
      }
    }
    // In the same turn as the last look at the queue: whoever comes from now on starts anew.
    this.#writing = null;
  }

  #takeGroup(): Waiting[] {
    let count = 0;
    for (let bytes = 0; count < this.#queue.length && bytes < groupBytes; count++) {
      for (const write of this.#queue[count]!.writes) if (write.type === 'put') bytes += write.value.length;
    }
    return this.#queue.splice(0, count);
  }
}
