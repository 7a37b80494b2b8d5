/**
 * Group commit: each batch is synced to the disk, which takes about half a millisecond however small it is; so whoever
 * comes while one is being written shares the next, in the order in which they came.
 */
import { type Database, type Write, writeSynced } from './database.ts';
import { seal } from './envelope.ts';
import type { Reopening } from './reopening.ts';
import { writeFailure } from './storage-errors.ts';

/** A batch is closed to further callers from this size on, so that one failure or one long sync does not hold everybody. */
const groupBytes = 4_000_000;

interface Waiting {
  readonly writes: readonly Write[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Told of each batch, before those who wrote it are. */
export interface CommitFollower {
  written(writes: readonly Write[]): void;
  /** Nothing is on its way to the disk any more, and what was did not get there. */
  failed(): void;
}

export class GroupCommit {
  readonly #database: Database;
  readonly #reopening: Reopening;
  readonly #follower: CommitFollower;
  readonly #queue: Waiting[] = [];
  #writing: Promise<void> | null = null;

  constructor(database: Database, reopening: Reopening, follower: CommitFollower) {
    this.#database = database;
    this.#reopening = reopening;
    this.#follower = follower;
  }

  /** Resolves when all of `writes` are on the disk; rejects when none of them count. */
  write(writes: readonly Write[]): Promise<void> {
    const bytes = writes.reduce((sum, write) => sum + (write.type === 'put' ? write.value.length : 0), 0);
    const written = new Promise<void>((resolve, reject) => this.#queue.push({ writes, bytes, resolve, reject }));
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
      const writes = group.flatMap((each) => each.writes);
      try {
        const mending = this.#reopening.mend();
        if (mending) await mending;
        await writeSynced(this.#database, sealed(writes));
        this.#follower.written(writes);
        for (const { resolve } of group) resolve();
      } catch (error) {
        this.#fail(group, writes, error);
      }
    }
    // In the same turn as the last look at the queue: whoever comes from now on starts anew.
    this.#writing = null;
  }

  /** What waits behind a batch that the disk did not take may build on it: it fails too. */
  #fail(group: readonly Waiting[], writes: readonly Write[], error: unknown): void {
    const isBroken = this.#reopening.noteFailure(error, writes);
    const failed = isBroken ? [...group, ...this.#queue.splice(0)] : group;
    this.#follower.failed();
    for (const { reject } of failed) reject(writeFailure(error));
  }

  #takeGroup(): Waiting[] {
    let count = 0;
    for (let bytes = 0; count < this.#queue.length && bytes < groupBytes; count++) bytes += this.#queue[count]!.bytes;
    return this.#queue.splice(0, count);
  }
}

/** Each value in its envelope, made when it is asked for. */
function* sealed(writes: readonly Write[]): Iterable<Write> {
  for (const write of writes) {
    yield write.type === 'del' ? write : { type: 'put', key: write.key, value: seal(write.key, write.value) };
  }
}
