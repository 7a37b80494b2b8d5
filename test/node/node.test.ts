import { afterEach, expect, test, vi } from 'vitest';
import { type Clock, silentLogger, systemRandom } from '../../src/base/index.ts';
import { createNode, inlineWorkers, type NodeSettings, type Workers } from '../../src/node/index.ts';
import { Verification } from '../../src/node/verification.ts';
import { storeKeys } from '../../src/storage/index.ts';
import { createVirtualClock } from '../network/virtual-clock.ts';
import { flipBit } from '../storage/databases.ts';
import { bytesFrom, Chain, testGenesis } from '../support/ledger.ts';
import { createMemoryHub } from '../support/memory-transport.ts';
import { countTurns } from '../support/waiting.ts';
import { clockOf, failingStore, memoryDatabase, openRig } from './rig.ts';

const world = testGenesis();
const anyOf = AbortSignal.any.bind(AbortSignal);
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

test('no signal outlives the block that is mined: it would remember each that was made of it', async () => {
  const made = new Map<AbortSignal, number>();
  const any = vi.spyOn(AbortSignal, 'any').mockImplementation((sources) => {
    for (const source of sources) made.set(source, (made.get(source) ?? 0) + 1);
    return anyOf(sources);
  });
  const { node } = await createLoneNode();
  await node.start();
  for (const patient of ['one', 'two', 'three']) {
    await node.submit(world.register('alice', patient));
    expect((await node.mine()).ok).toBe(true);
  }
  any.mockRestore();
  expect(made.size).toBeGreaterThan(0);
  expect([...made.values()].every((times) => times === 1)).toBe(true);
});

test('others have their turn while a long block is planned', async () => {
  let turnsOfPlan = 0;
  let turns = () => 0;
  const workers: Workers = {
    ...inlineWorkers,
    async searchNonce(...search) {
      turnsOfPlan = turns();
      return inlineWorkers.searchNonce(...search);
    },
  };
  const still = createVirtualClock();
  let looks = 0;
  const { node } = await createLoneNode({ workers, clock: { ...still, now: () => still.now() + looks++ } });
  await node.start();
  for (let count = 0; count < 330; count++) await node.submit(world.register('alice', `somebody ${count}`));
  turns = countTurns();
  expect(await node.mine()).toMatchObject({ ok: true });
  expect(turnsOfPlan).toBeGreaterThanOrEqual(40);
});

test('a node holds what is pending, waiting or confirmed', async () => {
  const { node } = await createLoneNode();
  await node.start();
  const [confirmed, pending] = ['jane', 'john'].map((patient) => world.register('alice', patient));
  const waiting = world.consult('alice', 'nobody yet');
  await node.submit(confirmed!);
  await node.mine();
  await node.submit(pending!);
  await node.submit(waiting);
  const unknown = world.register('alice', 'never told');
  const all = [confirmed!, pending!, waiting, unknown];
  expect(all.map(({ id }) => node.find(id)?.where.state)).toEqual(['confirmed', 'pending', 'waiting', undefined]);
  expect(all.map(({ id }) => node.holds(id))).toEqual([true, true, true, false]);
});

test('a block that joins the chain is told with the rewards that it pays counted in', async () => {
  const { node } = await createLoneNode();
  await node.start();
  const told: number[] = [];
  node.on('block', ({ transactions }) => told.push(transactions));
  const order = world.order('alice', 'jane');
  for (const transaction of [world.register('alice', 'jane'), order, world.answer('bob', order)]) {
    expect(await node.submit(transaction)).toMatchObject({ ok: true });
  }
  expect(await node.mine()).toMatchObject({ ok: true });
  expect(await node.mine()).toMatchObject({ ok: true });
  expect(told).toEqual([3, 1]);
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

test('verify stands a reorg and a new block while it reads', async () => {
  const chain = new Chain(world);
  const trunk = chain.mine(world.register('alice', 'trunk'));
  const grow = (length: number, name: string) => {
    const blocks = [trunk];
    while (blocks.length <= length)
      blocks.push(chain.mineOn(blocks.at(-1)!.hash, world.register('adam', `${name} ${blocks.length}`)));
    return blocks.slice(1);
  };
  const [main, rival] = [grow(60, 'main'), grow(70, 'rival')];
  const rig = await openRig(chain);
  for (const block of [trunk, ...main, ...rival.slice(0, 58)]) await rig.offer(block);
  const { chain: stored, keeper, disk } = rig;
  const clock = clockOf(chain);
  const ports = {
    genesis: world.genesis,
    chain: stored,
    store: disk.store,
    keeper,
    clock,
    onMended() {},
    kept: { async dropSide() {} },
  };
  const rest: Promise<unknown>[] = [];
  const report = await new Verification(ports).verify((height) => {
    // The switch is taken while the replay rests between two of its pieces.
    if (height === 30) rest.push(...rival.slice(58).map((block) => rig.offer(block)));
  });
  await Promise.all(rest);
  expect(stored.tip().hash).toBe(rival.at(-1)!.hash);
  expect(report.failure).toBeNull();
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
