import { describe, expect, test } from 'vitest';
import { utf8ToBytes } from '../../src/base/index.ts';
import { createStore, type Store, type Write } from '../../src/storage/index.ts';
import { bendBatches, collectBatch, levelError, type WriteOptions } from '../support/batches.ts';
import { databases, flipBit } from './databases.ts';

const put = (key: string, text: string): Write => ({ type: 'put', key, value: utf8ToBytes(text) });
const textOf = (value: Uint8Array | undefined) => value && Buffer.from(value).toString();

describe.each(databases)('a store over %s', (_name, open) => {
  test('hands out what was written, and undefined for what was not', async () => {
    const store = createStore(await open());
    await store.write([put('a', 'one'), put('b', '')]);
    expect(textOf(store.get('a'))).toBe('one');
    expect(store.get('b')).toEqual(new Uint8Array(0));
    expect(store.get('c')).toBeUndefined();
    await store.write([{ type: 'del', key: 'a' }]);
    expect(store.get('a')).toBeUndefined();
  });

  test('lists a range in the order of its keys', async () => {
    const store = createStore(await open());
    await store.write(['a/2', 'b/1', 'a/1', 'a/é', 'a', 'a/3'].map((key) => put(key, key)));
    const keys = async (...query: Parameters<Store['all']>) => (await store.all(...query)).map(([key]) => key);
    expect(await keys('a/')).toEqual(['a/1', 'a/2', 'a/3', 'a/é']);
    expect(await keys('a/', { limit: 2 })).toEqual(['a/1', 'a/2']);
    expect(await keys('a/', { reverse: true, limit: 2 })).toEqual(['a/é', 'a/3']);
    expect(await keys({ gte: 'a/2', lt: 'b/1' })).toEqual(['a/2', 'a/3', 'a/é']);
    expect(await keys('z')).toEqual([]);
    for await (const [, value] of store.range('a/')) {
      expect(textOf(value)).toBe('a/1');
      break;
    }
  });

  test('writes a batch whole or not at all', async () => {
    const database = await open();
    const store = createStore(database);
    const bad = { type: 'put', key: 'b', value: null } as unknown as Write;
    await expect(store.write([put('a', 'one'), bad])).rejects.toThrow();
    expect(store.get('a')).toBeUndefined();
  });

  test('has every batch synced before it counts', async () => {
    const database = await open();
    const write = database.batch.bind(database);
    const asked: WriteOptions[] = [];
    const watched = () =>
      collectBatch(async (writes, options) => {
        asked.push(options);
        await write([...writes], options as object);
      });
    database.batch = watched as unknown as typeof database.batch;
    const store = createStore(database);
    await store.write([put('a', 'one')]);
    await Promise.all([store.write([put('b', 'two')]), store.write([put('c', 'three')])]);
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(asked).toEqual(asked.map(() => ({ sync: true })));
    expect(textOf(store.get('c'))).toBe('three');
  });

  test('joins those who wait into one batch, in the order in which they came', async () => {
    const database = await open();
    const store = createStore(database);
    const batches: string[][] = [];
    database.on('write', (operations: Write[]) => batches.push(operations.map(({ key }) => key)));
    await Promise.all(['a', 'b', 'c', 'd'].map((key) => store.write([put(key, key), put('last', key)])));
    expect(batches).toEqual([
      ['a', 'last'],
      ['b', 'last', 'c', 'last', 'd', 'last'],
    ]);
    expect(textOf(store.get('last'))).toBe('d');
  });

  test('takes a write that comes in the moment another is done', async () => {
    const store = createStore(await open());
    await store.write([put('a', 'one')]).then(() => store.write([put('b', 'two')]));
    expect(textOf(store.get('b'))).toBe('two');
  });

  test('a long batch lets others have their turn while it is filled', async () => {
    const store = createStore(await open());
    let isWritten = false;
    const writes = Array.from({ length: 3_000 }, (_, index) => put(`n${index}`, 'one'));
    const written = store.write(writes).then(() => {
      isWritten = true;
    });
    for (let turns = 0; turns < 2; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect([isWritten, store.get('n0')]).toEqual([false, undefined]);
    await written;
    expect(await store.all('n')).toHaveLength(3_000);
  });

  test('a batch that fails rejects its callers and nobody else', async () => {
    const database = await open();
    const store = createStore(database);
    let calls = 0;
    bendBatches(database, async (_writes, write) => {
      calls += 1;
      if (calls === 2) throw levelError('LEVEL_IO_ERROR');
      await write();
    });
    const first = store.write([put('a', 'one')]);
    const joined = [store.write([put('b', 'two')]), store.write([put('c', 'three')])];
    const outcomes = await Promise.allSettled([first, ...joined]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(joined[0]).rejects.toMatchObject({ code: 'folder-failed', facts: { reason: 'LEVEL_IO_ERROR' } });
    await store.write([put('d', 'four')]);
    expect([...'abcd'].filter((key) => store.get(key))).toEqual(['a', 'd']);
  });

  test.each([0, 7, 8, 10])('notices a flipped bit in byte %i of a value', async (at) => {
    const database = await open();
    const store = createStore(database);
    await store.write([put('state/balance/x', 'one')]);
    await flipBit(database, 'state/balance/x', at);
    const damaged = { code: 'folder-damaged', facts: { prefix: 'state' } };
    expect(() => store.get('state/balance/x')).toThrow(expect.objectContaining(damaged));
    await expect(store.all('state/')).rejects.toMatchObject(damaged);
  });

  test('notices a value that lies under another key, and one that was cut short', async () => {
    const database = await open();
    const store = createStore(database);
    await store.write([put('a', 'one')]);
    await database.put('b', database.getSync('a')!);
    await database.put('c', new Uint8Array(7));
    for (const key of ['b', 'c']) expect(() => store.get(key)).toThrow(/damaged/);
  });

  test('a snapshot stays as it was', async () => {
    const store = createStore(await open());
    await store.write([put('a', 'one')]);
    const snapshot = store.snapshot();
    await store.write([put('a', 'two'), put('b', 'three')]);
    expect(textOf(store.get('a', snapshot))).toBe('one');
    expect(store.get('b', snapshot)).toBeUndefined();
    expect(textOf(store.get('a'))).toBe('two');
    await snapshot.close();
  });

  test('closing waits for what is being written; afterwards it says that it is closed', async () => {
    const database = await open();
    const store = createStore(database);
    const written = store.write([put('a', 'one')]);
    await store.close();
    await expect(written).resolves.toBeUndefined();
    const closed = expect.objectContaining({ code: 'folder-closed' });
    expect(() => store.get('a')).toThrow(closed);
    await expect(store.write([put('a', 'two')])).rejects.toEqual(closed);
    await expect(store.all('a')).rejects.toEqual(closed);
  });
});
