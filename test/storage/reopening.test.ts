/** A write that failed, and the database that is opened again for the next one. */
import { describe, expect, test } from 'vitest';
import { utf8ToBytes } from '../../src/base/index.ts';
import { type Block, rejection, type Transaction } from '../../src/ledger/index.ts';
import {
  createStore,
  type Database,
  type LoggedReorg,
  openEquivocationLog,
  openLostStore,
  openReorgLog,
  type Store,
  storeKeys,
  type Write,
} from '../../src/storage/index.ts';
import { bendBatches, levelError } from '../support/batches.ts';
import { Chain, testGenesis } from '../support/ledger.ts';
import { allLost, databases } from './databases.ts';

const put = (key: string, text: string): Write => ({ type: 'put', key, value: utf8ToBytes(text) });
const textOf = (value: Uint8Array | undefined) => value && Buffer.from(value).toString();
const diskFailed = { code: 'folder-failed', facts: { reason: 'LEVEL_IO_ERROR' } };

function readOrNot<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Bends a database: what fails, and what of it comes to light when it is opened again. */
class BadDisk {
  readonly database: Database;
  /** How many of the next batches fail. */
  failures = 0;
  /** How many of the next openings fail. */
  failedOpenings = 0;
  comesToLight = false;
  openings = 0;
  /** Called between closing and opening. */
  onClosed: () => void = () => {};
  #ghost: readonly Write[] | null = null;

  constructor(database: Database) {
    this.database = database;
    const [batch, open] = [database.batch.bind(database), database.open.bind(database)];
    bendBatches(database, async (writes, write) => {
      if (this.failures === 0) return write();
      this.failures--;
      this.#ghost = this.comesToLight ? writes : null;
      throw levelError('LEVEL_IO_ERROR');
    });
    database.open = (async (options: object) => {
      this.openings++;
      this.onClosed();
      if (this.failedOpenings-- > 0) throw levelError('LEVEL_DATABASE_NOT_OPEN', levelError('LEVEL_IO_ERROR'));
      await open(options);
      if (this.#ghost) await batch([...this.#ghost]);
    }) as unknown as typeof database.open;
  }
}

/** A store whose write of `a` as `bent` failed, came to light, and could not be taken back yet. */
async function storeWithGhost(database: Database): Promise<Store> {
  const disk = new BadDisk(database);
  const store = createStore(disk.database);
  await store.write([put('a', 'one')]);
  disk.failures = 2;
  disk.comesToLight = true;
  await expect(store.write([put('a', 'bent')])).rejects.toMatchObject(diskFailed);
  await expect(store.write([put('b', 'two')])).rejects.toMatchObject(diskFailed);
  expect(() => store.get('a')).toThrow(expect.objectContaining({ code: 'folder-failed' }));
  return store;
}

describe.each(databases)('after a failed write, a store over %s', (_name, open) => {
  test('serves reads, and writes again when the disk does', async () => {
    const disk = new BadDisk(await open());
    const store = createStore(disk.database);
    await store.write([put('a', 'one')]);
    disk.failures = 1;
    await expect(store.write([put('a', 'two')])).rejects.toMatchObject(diskFailed);
    expect([textOf(store.get('a')), disk.openings]).toEqual(['one', 0]);
    await store.write([put('b', 'three')]);
    expect([textOf(store.get('a')), textOf(store.get('b')), disk.openings]).toEqual(['one', 'three', 1]);
    await store.write([put('c', 'four')]);
    expect(disk.openings).toBe(1);
  });

  test('takes back what comes to light of it', async () => {
    const disk = new BadDisk(await open());
    const store = createStore(disk.database);
    await store.write([put('a', 'one'), put('b', 'two')]);
    disk.failures = 1;
    disk.comesToLight = true;
    const writes: Write[] = [put('a', 'bent'), { type: 'del', key: 'b' }, put('c', 'new')];
    await expect(store.write(writes)).rejects.toMatchObject(diskFailed);
    await store.write([put('d', 'four')]);
    expect((await store.all('')).map(([key, value]) => key + textOf(value))).toEqual(['aone', 'btwo', 'dfour']);
  });

  test('opens again for a reader where an attempt failed on the way, also when nobody writes', async () => {
    const store = await storeWithGhost(await open());
    await expect.poll(() => textOf(readOrNot(() => store.get('a')))).toBe('one');
    await store.close();
  });

  test('shows nothing of it before it is taken back, be it long', async () => {
    const store = await storeWithGhost(await open());
    await expect(store.all('')).rejects.toMatchObject({ code: 'folder-failed' });
    expect(() => store.snapshot()).toThrow(expect.objectContaining({ code: 'folder-failed' }));
    await store.write([put('b', 'three')]);
    expect((await store.all('')).map(([key, value]) => key + textOf(value))).toEqual(['aone', 'bthree']);
  });

  test('that cannot be opened again says so, and tries anew with each write', async () => {
    const disk = new BadDisk(await open());
    const store = createStore(disk.database);
    disk.failures = 1;
    disk.failedOpenings = 2;
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(store.write([put('a', 'one')])).rejects.toMatchObject(diskFailed);
    }
    expect(() => store.get('a')).toThrow(expect.objectContaining({ code: 'folder-failed' }));
    await store.write([put('a', 'two')]);
    expect(textOf(store.get('a'))).toBe('two');
  });

  test('is not read while it is opened; a snapshot holds over it', async () => {
    const disk = new BadDisk(await open());
    const store = createStore(disk.database);
    await store.write([put('a', 'one')]);
    disk.failures = 1;
    await expect(store.write([put('a', 'two')])).rejects.toMatchObject(diskFailed);
    const snapshot = store.snapshot();
    let met: unknown = null;
    disk.onClosed = () => {
      try {
        store.get('a');
      } catch (error) {
        met = error;
      }
    };
    await store.write([put('a', 'three')]);
    expect(met).toMatchObject({ code: 'folder-failed' });
    expect([textOf(store.get('a', snapshot)), textOf(store.get('a'))]).toEqual(['one', 'three']);
    await snapshot.close();
  });

  test('has failed those too that waited behind it: they may build on it', async () => {
    const disk = new BadDisk(await open());
    const store = createStore(disk.database);
    disk.failures = 1;
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((key) => store.write([put(key, key)])));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await store.write([put('d', 'd')]);
    expect((await store.all('')).map(([key]) => key)).toEqual(['d']);
  });

  test('that is closed stays closed', async () => {
    const disk = new BadDisk(await open());
    const store = createStore(disk.database);
    disk.failures = 1;
    await expect(store.write([put('a', 'one')])).rejects.toMatchObject(diskFailed);
    await store.close();
    await expect(store.write([put('a', 'two')])).rejects.toMatchObject({ code: 'folder-closed' });
    expect(disk.openings).toBe(0);
  });
});

describe('what a write that failed said', () => {
  const world = testGenesis();
  const transactions = ['one', 'two', 'three'].map((name) => world.register('alice', name));
  const [a, b, c] = transactions as [Transaction, Transaction, Transaction];
  const lostOf = (transaction: Transaction) => ({
    transaction,
    rejection: rejection('prescription-already-filled', { by: 'another' }),
    own: false,
  });
  const open = databases[0]![1];

  test('the conflict list does not remember', async () => {
    const disk = new BadDisk(await open());
    const store = createStore(disk.database);
    const lost = await openLostStore(store, 2);
    await store.write([...lost.put(lostOf(a)), ...lost.put(lostOf(b))]);
    disk.failures = 1;
    await expect(store.write([...lost.put(lostOf(c)), lost.remove(b.id)])).rejects.toMatchObject(diskFailed);
    expect(allLost(lost)).toEqual([lostOf(a), lostOf(b)]);
    await store.write(lost.put(lostOf(c)));
    expect(allLost(lost)).toEqual([lostOf(b), lostOf(c)]);
    expect(allLost(await openLostStore(store))).toEqual([lostOf(b), lostOf(c)]);
  });

  test('the log of reorgs does not remember', async () => {
    const disk = new BadDisk(await open());
    const store = createStore(disk.database);
    const log = await openReorgLog(store, 2);
    const reorg = (time: number): LoggedReorg => ({
      time,
      ancestorHeight: 0,
      ancestorHash: 'a',
      removed: [],
      added: [],
      returned: [],
      lost: [],
      counts: { removed: 0, added: 0, returned: 0, lost: 0 },
    });
    await store.write(log.append(reorg(1)));
    disk.failures = 1;
    await expect(store.write(log.append(reorg(2)))).rejects.toMatchObject(diskFailed);
    for (const time of [3, 4]) await store.write(log.append(reorg(time)));
    expect(log.all()).toEqual([reorg(3), reorg(4)]);
    expect(await store.all(storeKeys.reorg())).toHaveLength(2);
  });

  test('the log of equivocations does not remember what the disk did not take', async () => {
    const disk = new BadDisk(await open());
    const store = createStore(disk.database);
    const log = await openEquivocationLog(store);
    const chain = new Chain(world);
    const twins = [a, b].map((transaction) => chain.forge({ transactions: [transaction] })) as [Block, Block];
    const { height, miner } = twins[0].header;
    disk.failures = 1;
    await expect(store.write(log.put(...twins, 1))).rejects.toMatchObject(diskFailed);
    expect(log.has(height, miner)).toBe(false);
    await store.write(log.put(...twins, 2));
    expect(log.all()).toEqual([{ time: 2, height, miner, hashes: twins.map(({ hash }) => hash) }]);
  });
});
