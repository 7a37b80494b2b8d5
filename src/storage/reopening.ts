/**
 * After a write that failed, LevelDB's handle is of no more use for writing, also when the disk has room again: its log ends
 * inside a record, and what is written behind that would be acknowledged, and gone at the next start. So nothing is. The
 * handle goes on serving reads until a later write comes and the disk has room: then it is closed and opened again.
 *
 * The batch that failed may come to light then, since nobody knows how much of it the disk took; but it counts for nothing,
 * and what this process remembers was built without it. So what stood under its keys before is put back first.
 */
import type { AbstractSnapshot } from 'abstract-level';
import { assert, CarechainError, equalBytes } from '../base/index.ts';
import { type Database, type Write, writeSynced } from './database.ts';
import { reopenDatabase } from './reopen-database.ts';
import { isFaultOfTheDisk, reopeningFailed } from './storage-errors.ts';

/** The database as it was at one moment. Whoever takes one closes it. */
export interface Snapshot {
  close(): Promise<void>;
}

export class Reopening {
  readonly #database: Database;
  #state: 'sound' | 'failed' | 'reopening' | 'closed' = 'sound';
  /** The batch that failed. */
  #failed: readonly Write[] = [];
  /** What stood under its keys. */
  #before: readonly Write[] | null = null;
  /** An attempt to open the database again. */
  #mending: Promise<void> | null = null;
  /** Taken since a write failed: the same may be taken again, for nothing was written. */
  readonly #renewable = new Set<HeldSnapshot>();

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Where an attempt to open the database has failed, this begins the next: nobody writes who cannot read.
   * @throws CarechainError `folder-failed` while the database is being opened again, or could not be.
   */
  assertReadable(): void {
    if (this.#state !== 'reopening') return;
    this.mend()?.catch(() => undefined);
    throw reopeningFailed();
  }

  /** A batch failed. @returns whether nothing may be written before {@link mend}. */
  noteFailure(error: unknown, writes: readonly Write[]): boolean {
    if (this.#state === 'sound' && isFaultOfTheDisk(error)) {
      this.#state = 'failed';
      this.#failed = writes;
    }
    return this.#state === 'failed' || this.#state === 'reopening';
  }

  /**
   * Before a write: opens the database again if it must be. @returns null where it need not, so that the write begins at once.
   * @throws CarechainError `folder-failed`: it could not be, yet.
   */
  mend(): Promise<void> | null {
    return this.#state === 'sound' || this.#state === 'closed' ? null : this.#mendNow();
  }

  async #mendNow(): Promise<void> {
    this.#mending ??= this.#reopen().finally(() => {
      this.#mending = null;
    });
    try {
      await this.#mending;
    } catch (error) {
      throw error instanceof CarechainError ? error : reopeningFailed(error);
    }
  }

  snapshot(): Snapshot {
    this.assertReadable();
    const taken = new HeldSnapshot(this.#database.snapshot(), () => this.#renewable.delete(taken));
    if (this.#state === 'failed') this.#renewable.add(taken);
    return taken;
  }

  /** The store is closed: nothing opens the database again. */
  async end(): Promise<void> {
    await this.#mending?.catch(() => undefined);
    this.#state = 'closed';
  }

  async #reopen(): Promise<void> {
    const database = this.#database;
    this.#before ??= this.#failed.map(({ key }) => writeOf(key, database.getSync(key)));
    const before = this.#before;
    await reopenDatabase(database, before, () => {
      this.#state = 'reopening';
    });
    const changed = before.filter((write) => !isStored(write, database));
    if (changed.length > 0) await writeSynced(database, changed);
    for (const snapshot of this.#renewable) snapshot.renew(database.snapshot());
    this.#renewable.clear();
    this.#failed = [];
    this.#before = null;
    this.#state = 'sound';
  }
}

class HeldSnapshot implements Snapshot {
  #level: AbstractSnapshot;
  readonly #onClosed: () => void;

  constructor(level: AbstractSnapshot, onClosed: () => void) {
    this.#level = level;
    this.#onClosed = onClosed;
  }

  get level(): AbstractSnapshot {
    return this.#level;
  }

  renew(level: AbstractSnapshot): void {
    this.#level = level;
  }

  async close(): Promise<void> {
    this.#onClosed();
    await this.#level.close();
  }
}

/** What LevelDB knows of a snapshot that {@link Reopening.snapshot} gave out. */
export function levelSnapshot(snapshot: Snapshot): AbstractSnapshot {
  assert(snapshot instanceof HeldSnapshot, 'a snapshot is of the store that it is given to');
  return snapshot.level;
}

function writeOf(key: string, value: Uint8Array | undefined): Write {
  return value === undefined ? { type: 'del', key } : { type: 'put', key, value };
}

function isStored(write: Write, database: Database): boolean {
  const value = database.getSync(write.key);
  if (write.type === 'del' || value === undefined) return write.type === 'del' && value === undefined;
  return equalBytes(value, write.value);
}
