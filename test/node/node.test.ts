import { afterEach, expect, test } from 'vitest';
import { type Clock, silentLogger, systemRandom } from '../../src/base/index.ts';
import { createNode, inlineWorkers, type NodeSettings, type Workers } from '../../src/node/index.ts';
import { storeKeys } from '../../src/storage/index.ts';
import { createVirtualClock } from '../network/virtual-clock.ts';
import { flipBit } from '../storage/databases.ts';
import { bytesFrom, testGenesis } from '../support/ledger.ts';
import { createMemoryHub } from '../support/memory-transport.ts';
import { failingStore, memoryDatabase } from './rig.ts';

const world = testGenesis();
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function createLoneNode(options: { mineEverySeconds?: number; workers?: Workers; clock?: Clock } = {}) {
  const database = await memoryDatabase();
  const disk = failingStore(database);
  const clock = options.clock ?? createVirtualClock();
  const settings: NodeSettings = {
    genesis: world.genesis,
    nodeId: 'doctor',
    nodeSeed: bytesFrom('node doctor'),
    peers: ['127.0.0.1:7099'],
    mineEverySeconds: options.mineEverySeconds ?? null,
    loopbackOnly: true,
  };
  const node = await createNode(settings, {
    clock,
    random: systemRandom,
    store: disk.store,
    transport: createMemoryHub().transport('doctor', '127.0.0.1:7001'),
    workers: options.workers ?? inlineWorkers,
    logger: silentLogger,
  });
  stops.push(() => node.stop());
  return { node, disk, database };
}

test('a node may be stopped before, during and after its start, and twice, and leaves no timer armed', async () => {
  for (const moment of ['before', 'during', 'after'] as const) {
    const clock = createVirtualClock();
    const { node } = await createLoneNode({ clock, mineEverySeconds: 1 });
    const started = moment === 'before' ? Promise.resolve() : node.start();
    if (moment === 'after') await started;
    await Promise.all([node.stop(), node.stop()]);
    await started;
    await node.stop();
    expect([moment, clock.armed()]).toEqual([moment, 0]);
  }
});

test('a node that is stopped while it searches for a nonce ends the search first', async () => {
  let searching = () => {};
  const began = new Promise<void>((resolve) => {
    searching = resolve;
  });
  let ended = false;
  const workers: Workers = {
    ...inlineWorkers,
    searchNonce: (_search, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          ended = true;
          resolve(null);
        });
        searching();
      }),
  };
  const { node } = await createLoneNode({ workers });
  await node.start();
  await node.submit(world.register('alice', 'jane'));
  const mined = node.mine();
  await began;
  await node.stop();
  expect(ended).toBe(true);
  expect(await mined).toEqual({ ok: false, code: 'mining-timed-out' });
});

test('a disk that is full for a while is told once, and mining goes on when it has room', async () => {
  const clock = createVirtualClock();
  const { node, disk } = await createLoneNode({ clock, mineEverySeconds: 10 });
  const faults: string[] = [];
  node.on('error', ({ code }) => faults.push(code));
  await node.start();
  await node.submit(world.register('alice', 'full'));
  disk.takes = 0;
  await clock.advance(60_000);
  expect(node.head().height).toBe(0);
  expect(faults).toEqual(['folder-failed']);
  disk.takes = Number.POSITIVE_INFINITY;
  await clock.advance(20_000);
  expect(node.head().height).toBe(1);
});

test('damaged values of the state are named and mended', async () => {
  const { node, database } = await createLoneNode();
  await node.start();
  for (const patient of ['a', 'b', 'c']) {
    await node.submit(world.register('alice', patient));
    await node.mine();
  }
  const keys: string[] = [];
  for await (const key of database.keys({ gte: 'state/patient/', lt: 'state/patient0' })) keys.push(key);
  const balance = storeKeys.state(`balance/${world.id('alice')}`);
  for (const key of [balance, ...keys.slice(1)]) await flipBit(database, key);
  await database.del(keys[0]!);
  const { equal, repaired } = await node.recalculateBalances();
  expect(equal).toBe(false);
  expect(Object.fromEntries(repaired.map(({ key, stored }) => [`state/${key}`, stored]))).toEqual({
    [balance]: 'damaged',
    [keys[1]!]: 'damaged',
    [keys[2]!]: 'damaged',
    [keys[0]!]: 'null',
  });
  expect(await node.recalculateBalances()).toEqual({ equal: true, repaired: [] });
});

test('verify counts what it checks, and names a block that cannot be read', async () => {
  const { node, database } = await createLoneNode();
  await node.start();
  const order = world.order('alice', 'v');
  for (const transaction of [world.register('alice', 'v'), order, world.answer('bob', order)])
    await node.submit(transaction);
  while ((await node.mine()).ok);
  const { height, failure, checks } = await node.verify();
  expect({ height, failure }).toEqual({ height: 2, failure: null });
  const counts = Object.fromEntries(checks.map(({ name, count }) => [name, count]));
  expect(counts).toMatchObject({ 'not-enough-work': 2, 'wrong-state-digest': 2, 'bad-signature': 3 });
  await flipBit(database, storeKeys.block(node.hashAt(2)!), 100);
  await expect(node.verify()).rejects.toMatchObject({ code: 'folder-damaged', facts: { height: 2 } });
});
