/** Checked values and group commit over a database: what every other file of this room reads and writes through. */
import { assert } from '../base/index.ts';
import { type Database, lastKey, type Write } from './database.ts';
import { soundValue, unseal } from './envelope.ts';
import { GroupCommit } from './group-commit.ts';
import { closeDatabase } from './open-database.ts';
import { levelSnapshot, Reopening, type Snapshot } from './reopening.ts';
import { damaged, readFailure } from './storage-errors.ts';

/** All keys that start with a text, or those from `gte` up to, not including, `lt`. */
export type KeyRange = string | { readonly gte: string; readonly lt: string };

export interface RangeOptions {
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** Whoever remembers something of what lies below a prefix, and must not remember what the disk did not take. */
export interface StoreFollower {
  /** On the disk now; told before whoever wrote it. */
  written(write: Write): void;
  /** A write failed, perhaps one of these: nothing is on its way any more. */
  failed(): void;
}

export interface Store {
  /** The value of a key, now or at a snapshot; undefined where it has none. @throws CarechainError `folder-damaged` */
  get(key: string, at?: Snapshot): Uint8Array | undefined;
  /** Keys and values in the order of their keys, as they are when the first is asked for. @throws CarechainError `folder-damaged` */
  range(range: KeyRange, options?: RangeOptions): AsyncIterable<[key: string, value: Uint8Array]>;
  /**
   * As {@link range}, but a damaged value ends nothing: it is null, and the walk goes on.
   * @throws CarechainError `folder-damaged` where LevelDB itself cannot read on.
   */
  walk(range: KeyRange, options?: RangeOptions): AsyncIterable<[key: string, value: Uint8Array | null]>;
  /** Everything of {@link range} at once. */
  all(range: KeyRange, options?: RangeOptions): Promise<[key: string, value: Uint8Array][]>;
  /**
   * Resolves when all of `writes` are on the disk, synced; they get there together or not at all.
   * @throws CarechainError `folder-failed`, `folder-closed`: none of them count. Reads go on; the next write tries again.
   */
  write(writes: readonly Write[]): Promise<void>;
  /** Tells of what is written below a prefix from now on. */
  follow(prefix: string, follower: StoreFollower): void;
  snapshot(): Snapshot;
  /** Waits for what is being written, and closes the database. */
  close(): Promise<void>;
}

/** @param database open; reads are synchronous and find nothing in a database that is still opening. */
export function createStore(database: Database): Store {
  assert(database.status === 'open', 'the database was opened before a store is made of it');
  const reopening = new Reopening(database);
  const followers: [prefix: string, follower: StoreFollower][] = [];
  const commits = new GroupCommit(database, reopening, {
    written(writes) {
      for (const [prefix, follower] of followers) {
        for (const write of writes) if (write.key.startsWith(prefix)) follower.written(write);
      }
    },
    failed() {
      for (const [, follower] of followers) follower.failed();
    },
  });

  async function* walk(keys: KeyRange, { reverse = false, limit = -1 }: RangeOptions = {}) {
    const bounds = typeof keys === 'string' ? { gte: keys, lt: keys + lastKey } : { gte: keys.gte, lt: keys.lt };
    reopening.assertReadable();
    try {
      // Leaving the loop in whatever way closes the iterator; one left open would keep LevelDB from deleting files.
      for await (const [key, envelope] of database.iterator({ ...bounds, reverse, limit })) {
        const entry: [string, Uint8Array | null] = [key, soundValue(key, envelope)];
        yield entry;
      }
    } catch (error) {
      throw readFailure(bounds.gte, error);
    }
  }

  async function* range(keys: KeyRange, options?: RangeOptions) {
    for await (const [key, value] of walk(keys, options)) {
      if (value === null) throw damaged(key);
      const entry: [string, Uint8Array] = [key, value];
      yield entry;
    }
  }

  return {
    get(key, at) {
      reopening.assertReadable();
      const envelope = read(database, key, at);
      return envelope && unseal(key, envelope);
    },
    range,
    walk,
    async all(keys, options) {
      const entries: [string, Uint8Array][] = [];
      for await (const entry of range(keys, options)) entries.push(entry);
      return entries;
    },
    async write(writes) {
      if (writes.length > 0) await commits.write(writes);
    },
    follow(prefix, follower) {
      followers.push([prefix, follower]);
    },
    snapshot: () => reopening.snapshot(),
    async close() {
      await commits.idle();
      await reopening.end();
      await closeDatabase(database);
    },
  };
}

function read(database: Database, key: string, at: Snapshot | undefined): Uint8Array | undefined {
  try {
    return at ? database.getSync(key, { snapshot: levelSnapshot(at) }) : database.getSync(key);
  } catch (error) {
    throw readFailure(key, error);
  }
}
