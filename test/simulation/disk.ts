/**
 * A disk that outlives its node, behind the database port. A batch takes time, and is there whole or not at all; what was
 * synced stays, and what was written without that is gone when the machine loses its power. When the node dies, the batch that is under way may have reached the disk or not: its record in the log is
 * whole, or torn and dropped. The disk can be slow or full (a batch that failed may still be found later, as one whose log
 * record was written and not synced), and a stored value can be bent or go missing without a word.
 */
import { MemoryLevel } from 'memory-level';
import type { Timer } from '../../src/base/index.ts';
import type { Database, Write } from '../../src/storage/index.ts';
import { collectBatch, type WriteOptions } from '../support/batches.ts';
import type { Chance } from '../support/chance.ts';
import type { Timeline } from './timeline.ts';

interface UnderWay {
  readonly writes: readonly Write[];
  cancel(): void;
}

export class Disk {
  readonly #name: string;
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #tell: (run: () => void) => void;
  #level = newLevel();
  #underWay: UnderWay[] = [];
  /** What puts back, for each batch that was written and not synced, what stood there before; the oldest first. */
  #unsynced: (readonly Write[])[] = [];
  /** Batches that failed and may come to light when the database is opened next. */
  #ghosts: (readonly Write[])[] = [];
  #handle: Handle | null = null;
  #opening: Timer | null = null;
  /** Whoever wants to strike while a batch is under way. */
  #lurking: (() => void)[] = [];
  /** No room: every batch fails. */
  isFull = false;
  /** How much longer each batch takes. */
  slowMs = 0;
  /** What it truly writes of a batch; a disk that lies says all the same that it has written it. */
  keeps: (writes: readonly Write[]) => readonly Write[] = (writes) => writes;
  /** Whether it syncs when it is asked to. */
  syncs = true;
  /** Batches that were written, and that failed. */
  batches = 0;
  failures = 0;

  /** @param tell calls back into the process, which may stand still. */
  constructor(name: string, timeline: Timeline, chance: Chance, tell: (run: () => void) => void) {
    this.#name = name;
    this.#tell = tell;
    this.#timeline = timeline;
    this.#chance = chance;
  }

  /** Opens the database for a node that starts, which takes its time: the log is read first. */
  async open(): Promise<Database> {
    await new Promise<void>((resolve) => {
      const takesMs = this.#chance.between(5, 600);
      // A process that ends meanwhile never gets it.
      this.#opening = this.#timeline.after(takesMs, `${this.#name} opens its disk`, () => this.#tell(resolve));
    });
    await this.#level.open();
    // What LevelDB finds in its log it writes to a table, which it syncs.
    this.#unsynced = [];
    await this.#raiseGhosts();
    this.#handle = new Handle(this, this.#level);
    return this.#handle as unknown as Database;
  }

  /** The node is gone: what was under way is on the disk, up to some batch, or is not. */
  async crash(how: 'process' | 'machine'): Promise<{ lost: number; kept: number }> {
    const waiting = this.#underWay.splice(0);
    this.#opening?.cancel();
    this.#handle?.detach();
    this.#handle = null;
    for (const { cancel } of waiting) cancel();
    const kept = waiting.slice(0, this.#chance.below(waiting.length + 1));
    // The log is one after the other: where something later is in it, so is all before.
    if (how === 'machine' && kept.length === 0)
      for (const before of this.#unsynced.reverse()) await this.#level.batch([...before] as never);
    this.#unsynced = [];
    for (const { writes } of kept) await this.#level.batch([...writes] as never);
    return { lost: waiting.length - kept.length, kept: kept.length };
  }

  /** A new disk in the place of this one. */
  wipe(): void {
    this.#level = newLevel();
    this.#unsynced = [];
    this.#ghosts = [];
  }

  /** Makes new what is stored, from what can be read of the old; no node runs meanwhile. */
  async renew<Result>(make: (damaged: Database, into: Database) => Promise<Result>): Promise<Result> {
    const damaged = this.#level;
    const fresh = newLevel();
    await fresh.open();
    const result = await make(damaged as unknown as Database, fresh as unknown as Database);
    // The disk may have been lost meanwhile.
    if (this.#level === damaged) this.#level = fresh;
    this.#unsynced = [];
    this.#ghosts = [];
    return result;
  }

  /** Bends a byte of some stored value, or takes the value away. @returns its key. */
  async damage(how: 'bent' | 'gone', prefix: string): Promise<string | null> {
    const keys = await this.#level.keys({ gte: prefix, lt: `${prefix}\u{10ffff}` }).all();
    if (keys.length === 0) return null;
    const key = this.#chance.pick(keys);
    if (how === 'gone') {
      await this.#level.del(key);
      return key;
    }
    const value = new Uint8Array(this.#level.getSync(key)!);
    value[this.#chance.below(value.length)]! ^= 1 << this.#chance.below(8);
    await this.#level.put(key, value);
    return key;
  }

  /** Runs when a batch is next under way. */
  whenWriting(strike: () => void): void {
    this.#lurking.push(strike);
  }

  has(key: string): boolean {
    return this.#level.status === 'open' && this.#level.getSync(key) !== undefined;
  }

  write(handle: Handle, writes: readonly Write[], { sync = false }: WriteOptions): Promise<void> {
    const takesMs = this.slowMs + this.#chance.between(1, 8);
    return new Promise((resolve, reject) => {
      const settle = async () => {
        this.#underWay = this.#underWay.filter((each) => each !== underWay);
        // After a failed write the handle of LevelDB stays broken, also when there is room again.
        if (this.isFull || handle.isBroken) {
          const failure = this.#fail(handle, writes);
          return this.#tell(() => reject(failure));
        }
        this.batches++;
        const kept = this.keeps(writes);
        if (sync && this.syncs) this.#unsynced = [];
        else this.#unsynced.push(kept.map(({ key }) => this.#asItIs(key)));
        await this.#level.batch([...kept] as never);
        this.#tell(resolve);
      };
      const timer = this.#timeline.after(takesMs, `${this.#name} writes ${writes.length}`, settle);
      const underWay: UnderWay = { writes, cancel: () => timer.cancel() };
      this.#underWay.push(underWay);
      for (const strike of this.#lurking.splice(0)) this.#timeline.after(0, `something strikes ${this.#name}`, strike);
    });
  }

  async reopened(handle: Handle): Promise<void> {
    await this.#level.open();
    await this.#raiseGhosts();
    handle.isBroken = false;
  }

  #fail(handle: Handle, writes: readonly Write[]): Error {
    this.failures++;
    if (!handle.isBroken && this.#chance.happens(0.3)) this.#ghosts.push(writes);
    handle.isBroken = true;
    return Object.assign(new Error('IO error: No space left on device'), { code: 'LEVEL_IO_ERROR' });
  }

  #asItIs(key: string): Write {
    const value = this.#level.getSync(key);
    return value ? { type: 'put', key, value } : { type: 'del', key };
  }

  async #raiseGhosts(): Promise<void> {
    for (const writes of this.#ghosts.splice(0)) await this.#level.batch([...writes] as never);
  }
}

/** What one life of a node holds of its disk: the part of the database port that the storage room uses. */
class Handle {
  readonly #disk: Disk;
  readonly #level: MemoryLevel<string, Uint8Array>;
  status: 'open' | 'closed' = 'open';
  isBroken = false;
  #isDetached = false;

  constructor(disk: Disk, level: MemoryLevel<string, Uint8Array>) {
    this.#disk = disk;
    this.#level = level;
  }

  detach(): void {
    this.#isDetached = true;
  }

  batch() {
    return collectBatch(async (writes, options) => {
      // Nobody is there any more to hear the answer.
      if (this.#isDetached) return new Promise(() => {});
      if (this.status !== 'open') throw notOpen();
      return this.#disk.write(this, writes, options);
    });
  }

  getSync(...args: Parameters<MemoryLevel<string, Uint8Array>['getSync']>) {
    if (this.status !== 'open') throw notOpen();
    return this.#level.getSync(...args);
  }

  iterator(options: object) {
    return this.#level.iterator(options);
  }

  snapshot() {
    return this.#level.snapshot();
  }

  async open(): Promise<void> {
    if (this.#isDetached) return new Promise(() => {});
    await this.#disk.reopened(this);
    this.status = 'open';
  }

  async close(): Promise<void> {
    if (!this.#isDetached) this.status = 'closed';
  }
}

function notOpen(): Error {
  return Object.assign(new Error('Database is not open'), { code: 'LEVEL_DATABASE_NOT_OPEN' });
}

function newLevel(): MemoryLevel<string, Uint8Array> {
  return new MemoryLevel<string, Uint8Array>({ keyEncoding: 'utf8', valueEncoding: 'view' });
}
