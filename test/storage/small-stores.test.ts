import { describe, expect, test } from 'vitest';
import { encode, utf8ToBytes } from '../../src/base/index.ts';
import { rejection, type Transaction } from '../../src/ledger/index.ts';
import {
  createRecordStore,
  type LoggedReorg,
  openCursors,
  openEquivocationLog,
  openLostStore,
  openOutbox,
  openReorgLog,
  storeKeys,
} from '../../src/storage/index.ts';
import { Chain, nodeKeysFrom, testGenesis } from '../support/ledger.ts';
import { allLost, flipBit, memoryStore } from './databases.ts';

const world = testGenesis();
const transactions = Array.from({ length: 6 }, (_, index) => world.register('alice', `patient ${index}`));
const [a, b, c, d] = transactions as [Transaction, Transaction, Transaction, Transaction];

describe('the outbox', () => {
  test('keeps the order in which transactions were put, over a restart', async () => {
    const { store } = await memoryStore();
    const outbox = await openOutbox(store);
    for (const transaction of [c, a, b]) await store.write(outbox.put(transaction));
    expect(await outbox.all()).toEqual([c, a, b]);
    const again = await openOutbox(store);
    await store.write([...again.put(d), again.remove(a.id)]);
    expect(await again.all()).toEqual([c, b, d]);
  });

  test('remembers what was written here after it is settled', async () => {
    const { store } = await memoryStore();
    const outbox = await openOutbox(store);
    await store.write(outbox.put(a));
    await store.write([outbox.remove(a.id)]);
    expect(await outbox.all()).toEqual([]);
    expect([outbox.isOwn(a.id), outbox.isOwn(b.id)]).toEqual([true, false]);
  });

  test('says that a row is damaged', async () => {
    const { database, store } = await memoryStore();
    const outbox = await openOutbox(store);
    await store.write(outbox.put(a));
    await flipBit(database, storeKeys.outbox(a.id), 100);
    await expect(outbox.all()).rejects.toMatchObject({ code: 'folder-damaged', facts: { prefix: 'outbox' } });
  });
});

describe('the conflict list', () => {
  const lostOf = (transaction: Transaction, own = false) => ({
    transaction,
    rejection: rejection('prescription-already-filled', { by: 'another' }),
    own,
  });

  test('keeps transactions with their reasons, over a restart', async () => {
    const { store } = await memoryStore();
    const lost = await openLostStore(store);
    await store.write([...lost.put(lostOf(b)), ...lost.put(lostOf(a, true))]);
    const again = await openLostStore(store);
    for (const each of [lost, again]) expect(allLost(each)).toEqual([lostOf(b), lostOf(a, true)]);
    expect([again.get(a.id), again.get(c.id)]).toEqual([lostOf(a, true), undefined]);
    await store.write([again.remove(b.id)]);
    expect(allLost(again)).toEqual([lostOf(a, true)]);
  });

  test('says that a row is gone that was there', async () => {
    const { database, store } = await memoryStore();
    const lost = await openLostStore(store);
    await store.write([...lost.put(lostOf(a)), ...lost.put(lostOf(b))]);
    await database.del(storeKeys.lost(a.id));
    expect(() => lost.get(a.id)).toThrow(expect.objectContaining({ code: 'folder-damaged' }));
    expect([lost.get(b.id), lost.get(c.id)]).toEqual([lostOf(b), undefined]);
  });

  test('forgets the oldest of others first, then the oldest', async () => {
    const { store } = await memoryStore();
    const lost = await openLostStore(store, 2);
    const ids = () => [...lost.listed().keys()];
    for (const each of [lostOf(a, true), lostOf(b), lostOf(c, true)]) await store.write(lost.put(each));
    expect(ids()).toEqual([a.id, c.id]);
    await store.write(lost.put(lostOf(c, true)));
    expect(ids()).toEqual([a.id, c.id]);
    await store.write(lost.put(lostOf(d)));
    expect(ids()).toEqual([c.id, d.id]);
    expect((await store.all(storeKeys.lost(''))).length).toBe(2);
  });

  test('of what others wrote keeps only the newest, also where an earlier version kept more', async () => {
    const { store } = await memoryStore();
    const earlier = await openLostStore(store);
    for (const each of [lostOf(a), lostOf(b, true), lostOf(c)]) await store.write(earlier.put(each));
    const lost = await openLostStore(store, 10, 2);
    const ids = () => [...lost.listed().keys()];
    await store.write(lost.put(lostOf(d)));
    expect(ids()).toEqual([b.id, c.id, d.id]);
    await store.write(lost.put(lostOf(d, true)));
    await store.write(lost.put(lostOf(a)));
    expect(ids()).toEqual([b.id, c.id, d.id, a.id]);
    await store.write(lost.put(lostOf(transactions[4]!)));
    expect(ids()).toEqual([b.id, d.id, a.id, transactions[4]!.id]);
    expect([...(await openLostStore(store)).listed().keys()]).toEqual(ids());
  });
});

describe('the log of reorgs', () => {
  const reorgOf = (time: number): LoggedReorg => ({
    time,
    ancestorHeight: 3,
    ancestorHash: 'aa',
    removed: ['bb'],
    added: ['cc', 'dd'],
    returned: [],
    lost: [a.id],
    counts: { removed: 1, added: 2, returned: 0, lost: 1 },
  });

  test('keeps the newest, over a restart', async () => {
    const { store } = await memoryStore();
    const log = await openReorgLog(store, 3);
    for (const time of [1, 2, 3, 4]) await store.write(log.append(reorgOf(time)));
    expect(log.all()).toEqual([2, 3, 4].map(reorgOf));
    const again = await openReorgLog(store, 3);
    await store.write(again.append(reorgOf(5)));
    expect(again.all()).toEqual([3, 4, 5].map(reorgOf));
    expect(await store.all(storeKeys.reorg())).toHaveLength(3);
  });

  test('keeps the first of long lists, and how many there were; so too of an entry that has them all', async () => {
    const { store } = await memoryStore();
    const log = await openReorgLog(store);
    const ids = Array.from({ length: 3_000 }, (_, index) => `id ${index}`);
    const { counts: _none, ...reorg } = { ...reorgOf(1), removed: ids, added: ids, returned: ids, lost: ids };
    await store.write(log.append(reorg));
    expect(store.get(storeKeys.reorg(0))!.length).toBeLessThan(16_384);
    const [row] = log.all();
    expect(row!.counts).toEqual({ removed: 3_000, added: 3_000, returned: 3_000, lost: 3_000 });
    for (const list of [row!.removed, row!.added, row!.returned, row!.lost]) expect(list).toEqual(ids.slice(0, 50));
    // As it was written before entries had a bound.
    await store.write([{ type: 'put', key: storeKeys.reorg(0), value: encode({ ...reorg }) }]);
    expect((await openReorgLog(store)).all()).toEqual([row]);
  });
});

describe('the log of equivocations', () => {
  const chain = new Chain(world);
  const seal = (on: string) => chain.forge({ on, transactions: [world.register('alice', `p ${chain.now++}`)] });
  const { hash: genesis } = chain.tip;
  const next = chain.mine(world.register('alice', 'next')).hash;
  const last = chain.mine(world.register('alice', 'last')).hash;
  const pairs = [genesis, next, last].map((on) => [seal(on), seal(on)] as const);
  const entryOf = ([first, second]: (typeof pairs)[number], time: number) => {
    const { height, miner } = first.header;
    return { time, height, miner, hashes: [first.hash, second.hash] };
  };

  test('keeps the newest, over a restart', async () => {
    const { store } = await memoryStore();
    const log = await openEquivocationLog(store, 2);
    for (const [time, pair] of pairs.entries()) await store.write(log.put(...pair, time));
    const kept = [entryOf(pairs[1]!, 1), entryOf(pairs[2]!, 2)];
    expect(log.all()).toEqual(kept);
    expect(pairs.map(([{ header }]) => log.has(header.height, header.miner))).toEqual([false, true, true]);
    const again = await openEquivocationLog(store, 2);
    expect(again.all()).toEqual(kept);
    expect((await store.all(storeKeys.equivocation())).map(([key]) => key)).toEqual(again.keys());
  });

  test('keeps that of one miner where another does it again and again', async () => {
    const { store } = await memoryStore();
    const log = await openEquivocationLog(store, 2);
    const miner = nodeKeysFrom('another');
    const [first, second] = ['a', 'b'].map((name) =>
      chain.forge({ on: genesis, miner, transactions: [world.register('alice', name)] }),
    );
    await store.write(log.put(first!, second!, 0));
    for (const [time, pair] of pairs.entries()) await store.write(log.put(...pair, time + 1));
    expect(log.all()).toEqual([entryOf([first!, second!], 0), entryOf(pairs[2]!, 3)]);
  });

  test('gives back what the disk has lost', async () => {
    const { store } = await memoryStore();
    const log = await openEquivocationLog(store);
    await store.write(log.put(...pairs[0]!, 7));
    const [[key, value]] = (await store.all(storeKeys.equivocation())) as [[string, Uint8Array]];
    expect(log.again(key)).toEqual({ type: 'put', key, value });
    expect(log.again(storeKeys.equivocation(99, 'nobody'))).toBeUndefined();
  });
});

describe('cursors and records', () => {
  test('a follower finds where it was', async () => {
    const { store } = await memoryStore();
    const { cursor, moveCursor } = openCursors(store);
    await store.write([moveCursor('vault', { height: 7, hash: 'ab' })]);
    expect([cursor('vault'), cursor('registry')]).toEqual([{ height: 7, hash: 'ab' }, undefined]);
  });

  test('the vault keeps to its own keys', async () => {
    const { store } = await memoryStore();
    const records = createRecordStore(store);
    const bytes = utf8ToBytes('sealed');
    await store.write([
      records.put('record/b', bytes),
      records.put('record/a', bytes),
      records.put('hosting/x', bytes),
    ]);
    expect(records.get('record/a')).toEqual(bytes);
    expect(await records.all('record/')).toEqual([
      ['record/a', bytes],
      ['record/b', bytes],
    ]);
    await store.write([records.remove('record/a')]);
    expect(records.get('record/a')).toBeUndefined();
    expect(() => records.put('tip', bytes)).toThrow(/own keys/);
  });
});
