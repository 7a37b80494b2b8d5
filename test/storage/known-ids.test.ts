import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { stateKeys } from '../../src/ledger/index.ts';
import { openChainStore, type Store, storeKeys } from '../../src/storage/index.ts';
import { KnownIds } from '../../src/storage/known-ids.ts';
import { Chain, testGenesis } from '../support/ledger.ts';
import { append, switchTo } from './chains.ts';
import { memoryStore } from './databases.ts';

const idOf = (name: string | number) => createHash('sha256').update(`${name}`).digest('hex');

test('denies no id that was added, and nearly all others', () => {
  const ids = new KnownIds(true);
  const [added, others] = [0, 1].map((side) => Array.from({ length: 100_000 }, (_, n) => idOf(2 * n + side)));
  for (const id of added!) ids.add(id);
  expect(added!.every((id) => ids.mayHold(id))).toBe(true);
  expect(others!.filter((id) => ids.mayHold(id)).length).toBeLessThan(20);
});

test('denies nothing before it has seen all', () => {
  const ids = new KnownIds(false);
  ids.see(storeKeys.state(stateKeys.transaction(idOf('seen'))));
  ids.see(storeKeys.block(idOf('a block')));
  expect(ids.mayHold(idOf('a block'))).toBe(true);
  ids.seenAll();
  expect(['seen', 'a block'].map((name) => ids.mayHold(idOf(name)))).toEqual([true, false]);
});

/** A store, and which keys were read. */
function watched(store: Store) {
  const read: string[] = [];
  const get: Store['get'] = (key, at) => {
    read.push(key);
    return store.get(key, at);
  };
  return { store: { ...store, get }, timesRead: (id: string) => read.filter((key) => key.endsWith(id)).length };
}

test('a new id is not looked for on the disk, once all that is there was seen', async () => {
  const world = testGenesis();
  const chain = new Chain(world);
  const { store } = await memoryStore();
  const fresh = watched(store);
  const opened = await openChainStore(fresh.store, world.genesis);
  const [trunk, main] = [chain.mine(world.register('alice', 'zoe')), chain.mine(world.register('adam', 'yan'))];
  const side = [chain.mineOn(trunk.hash, world.register('alice', 'xia'))];
  side.push(chain.mineOn(side[0]!.hash, world.register('adam', 'wim')));
  await append(opened, chain, trunk, main);
  expect([opened.hasTransaction(idOf('new')), fresh.timesRead(idOf('new'))]).toEqual([false, 0]);

  const again = watched(store);
  const reopened = await openChainStore(again.store, world.genesis);
  expect([reopened.hasTransaction(idOf('new')), again.timesRead(idOf('new'))]).toEqual([false, 1]);
  // Committed before the walk, and, while somebody walks, behind and before them.
  const keys = await store.all('');
  for (const [key] of keys) reopened.ids.see(key);
  await switchTo(reopened, chain, [main], side);
  reopened.ids.seenAll();
  expect([reopened.hasTransaction(idOf('newer')), again.timesRead(idOf('newer'))]).toEqual([false, 0]);
  const confirmed = [trunk, ...side].flatMap(({ transactions }) => transactions.map(({ id }) => id));
  expect(confirmed.map((id) => reopened.hasTransaction(id))).toEqual(confirmed.map(() => true));
  expect(main.transactions.map(({ id }) => reopened.hasTransaction(id))).toEqual([false]);
});

test('a folder whose first id is damaged is opened all the same, and the damage is told where it is read', async () => {
  const world = testGenesis();
  const chain = new Chain(world);
  const { store, database } = await memoryStore();
  const block = chain.mine(world.register('alice', 'zoe'));
  await append(await openChainStore(store, world.genesis), chain, block);
  const { id } = block.transactions[0]!;
  await database.put(storeKeys.state(stateKeys.transaction(id)), new Uint8Array(20));
  const opened = await openChainStore(store, world.genesis);
  expect(opened.tip().hash).toBe(block.hash);
  expect(() => opened.hasTransaction(id)).toThrow(expect.objectContaining({ code: 'folder-damaged' }));
});
