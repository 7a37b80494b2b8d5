/** How a running node comes by what its folder has lost: from whom, when, and from whom not. */
import { afterEach, expect, test } from 'vitest';
import type { HealingReport } from '../../src/node/index.ts';
import { createStore, storeKeys } from '../../src/storage/index.ts';
import { bent } from '../node/rig.ts';
import { type Cluster, createCluster } from '../support/cluster.ts';
import { fastClock } from '../support/fast-clock.ts';
import { patientIdFrom } from '../support/ledger.ts';

let cluster: Cluster;
afterEach(() => cluster.stop());

const names = ['doctor', 'lab', 'pharmacy'];

/** Three blocks with a patient each, on every node. */
async function threeBlocks(): Promise<string[]> {
  cluster = await createCluster(names, { clock: fastClock(20) });
  const ids: string[] = [];
  for (const patient of ['a', 'b', 'c']) {
    const registration = cluster.world.register('alice', patient);
    ids.push(registration.id);
    expect(await cluster.submit('doctor', registration)).toBe('OK');
    await cluster.mine('doctor');
  }
  await cluster.agree();
  return ids;
}

async function flip(name: string, key: string): Promise<void> {
  const database = cluster.database(name);
  const bytes = Uint8Array.from(database.getSync(key)!);
  bytes[bytes.length - 1]! ^= 1;
  await database.put(key, bytes);
}

function toldOf(name: string) {
  const told: HealingReport[] = [];
  cluster.node(name).on('scrub', (report) => void told.push(report));
  return told;
}

const blockKey = (name: string, height: number) => storeKeys.block(cluster.node(name).hashAt(height)!);

test('a read that meets damage sets the healing off, and is answered the next time', async () => {
  const ids = await threeBlocks();
  const node = cluster.node('lab');
  const told = toldOf('lab');
  await flip('lab', blockKey('lab', 2));
  expect(() => node.find(ids[1]!)).toThrow(expect.objectContaining({ code: 'folder-damaged' }));
  await cluster.until(() => told.length > 0, 'the healing');
  expect(told).toMatchObject([{ found: { block: 1 }, healed: { block: 1 }, waiting: {} }]);
  expect(node.find(ids[1]!)).toMatchObject({ where: { state: 'confirmed', height: 2 } });
});

test.each(['rewards', 'height'] as const)('a missing value of %s is met by who needs it', async (family) => {
  await threeBlocks();
  const told = toldOf('lab');
  const node = cluster.node('lab');
  const hash = node.hashAt(3)!;
  const read = () => (family === 'height' ? node.hashAt(3) : node.rewardsOf(hash));
  const before = read();
  await cluster.database('lab').del(family === 'height' ? storeKeys.height(3) : storeKeys.rewards(hash));
  expect(read).toThrow(expect.objectContaining({ code: 'folder-damaged' }));
  await cluster.until(() => told.length > 0, 'the healing');
  expect(told[0]).toMatchObject({ healed: { [family]: 1 }, waiting: {} });
  expect(read()).toEqual(before);
});

test('a file of the database that cannot be read on is told once, whoever reads there', async () => {
  await threeBlocks();
  const node = cluster.node('lab');
  const errors: string[] = [];
  node.on('error', ({ code }) => void errors.push(code));
  const database = cluster.database('lab');
  const iterator = database.iterator.bind(database);
  // As LevelDB does where a block of a table is bent.
  database.iterator = ((options: { gte?: string }) => {
    if (!options?.gte?.startsWith('authored/')) return iterator(options as object);
    return (async function* () {
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('Corruption: block checksum mismatch');
    })();
  }) as typeof database.iterator;
  const author = cluster.world.id('alice');
  for (let reads = 0; reads < 3; reads++) {
    await expect(node.authored(author, 10)).rejects.toMatchObject({ code: 'folder-damaged' });
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(errors).toEqual(['folder-damaged']);
});

test('a reorganisation that lacks an undo record goes on once it is made again', async () => {
  await threeBlocks();
  const told = toldOf('lab');
  await cluster.cut(['lab'], ['doctor', 'pharmacy']);
  const payment = cluster.world.register('alice', 'd');
  expect(await cluster.submit('lab', payment)).toBe('OK');
  expect(await cluster.mine('lab')).toBe(4);
  for (const patient of ['e', 'f']) {
    await cluster.submit('doctor', cluster.world.register('alice', patient));
    await cluster.mine('doctor');
  }
  await cluster.database('lab').del(storeKeys.undo(cluster.node('lab').head().hash));
  cluster.heal();
  await cluster.until(() => told.length > 0, 'the healing');
  expect(told[0]).toMatchObject({ healed: { undo: 1 } });
  await cluster.agree();
  expect(cluster.node('lab').head().height).toBe(5);
  expect(cluster.where('lab', payment.id)).toBe('pending');
});

test.each([
  ['which is checked at once', []],
  ['which only the replay can check', ['rewards']],
])('a peer that gives another body for a lost block is shunned, and the next one heals: %s', async (_name, lost) => {
  await threeBlocks();
  const node = cluster.node('lab');
  const shunned: string[] = [];
  node.on('peer', ({ peerId, state }) => void (state === 'shunned' && shunned.push(peerId)));
  await cluster.cut(['lab'], ['pharmacy']);
  const hash = node.hashAt(2)!;
  const lie = bent(cluster.node('doctor').block(hash)!);
  await createStore(cluster.database('doctor')).write([{ type: 'put', key: storeKeys.block(hash), value: lie.bytes }]);
  for (const family of ['block', ...lost]) await cluster.database('lab').del(`${family}/${hash}`);
  const { healing } = await node.scrub();
  expect(shunned).toEqual(['peer-doctor']);
  expect(healing.waiting).toEqual({ block: 1 });
  cluster.heal();
  await cluster.until(() => cluster.database('lab').getSync(storeKeys.block(hash)) !== undefined, 'the honest body');
  await cluster.until(() => node.block(hash)?.transactions.length === 1, 'the healing');
  expect((await node.scrub()).report.sound).toBe(true);
});

test('damage that is found while nobody is linked is told, and healed once a peer is back', async () => {
  await threeBlocks();
  const node = cluster.node('lab');
  const told = toldOf('lab');
  await cluster.cut(['lab'], ['doctor', 'pharmacy']);
  for (const height of [1, 2]) await cluster.database('lab').del(blockKey('lab', height));
  const { report, healing } = await node.scrub();
  expect(report.sound).toBe(false);
  expect(healing).toMatchObject({ found: { block: 2 }, healed: {}, waiting: { block: 2 } });
  cluster.heal();
  await cluster.until(() => told.some(({ healed }) => healed.block === 2), 'the blocks of a peer');
  expect((await node.scrub()).report.sound).toBe(true);
});

test('everything but the block hashes may be gone: bodies come from peers, the rest from a replay', async () => {
  await threeBlocks();
  const node = cluster.node('lab');
  const database = cluster.database('lab');
  const before = new Map(await database.iterator().all());
  const kept = ['meta', 'side', 'outbox', 'own', 'lost', 'reorg', 'cursor'];
  for (const key of before.keys()) if (!kept.includes(key.split('/')[0]!)) await database.del(key);
  const { healing } = await node.scrub();
  expect(healing.waiting).toEqual({});
  expect(new Map(await database.iterator().all())).toEqual(before);
  expect((await node.scrub()).report.sound).toBe(true);
});

test('a block that a lost value of the state makes look wrong is checked again, and nobody is blamed for it', async () => {
  cluster = await createCluster(names);
  const { world } = cluster;
  const order = world.order('alice', 'p');
  for (const transaction of [world.register('alice', 'p'), order]) await cluster.submit('doctor', transaction);
  await cluster.mine('doctor');
  for (let patient = 0; patient < 17; patient++) {
    await cluster.submit('doctor', world.register('alice', `p ${patient}`));
    await cluster.mine('doctor');
  }
  await cluster.agree();
  await cluster.stop('lab');
  await cluster.database('lab').open();
  await cluster.database('lab').del(storeKeys.state(`order/${order.id}`));
  await cluster.database('lab').close();
  const node = await cluster.start('lab');
  const told = toldOf('lab');
  const states: string[] = [];
  for (const each of cluster.nodes) each.on('peer', ({ state }) => void states.push(state));
  await cluster.linked();
  await cluster.submit('doctor', world.answer('bob', order));
  await cluster.mine('doctor');
  await cluster.until(() => node.head().height === 19, 'the block');
  expect(told).toMatchObject([{ healed: { state: 1 } }]);
  expect(states).not.toContain('shunned');
}, 60_000);

test('nobody is blamed, and nothing is held against a block, for what a lost body and a lost value together hide', async () => {
  await threeBlocks();
  // A node that was there when the patient came remembers it, and would not look.
  await cluster.stop('lab');
  await cluster.start('lab');
  const told = toldOf('lab');
  const states: string[] = [];
  for (const each of cluster.nodes) each.on('peer', ({ state }) => void states.push(state));
  await cluster.linked();
  const { world } = cluster;
  await cluster.database('lab').del(blockKey('lab', 2));
  await cluster.database('lab').del(storeKeys.state(`patient/${patientIdFrom('c')}`));
  await cluster.submit('doctor', world.consult('alice', 'c'));
  await cluster.mine('doctor');
  await cluster.until(() => cluster.node('lab').head().height === 4, 'the block');
  expect(told.map(({ healed }) => healed)).toContainEqual({ block: 1, state: 1 });
  expect(states).not.toContain('shunned');
  expect((await cluster.node('lab').scrub()).report.sound).toBe(true);
});

test('an owner who has lost the row of a header is no liar for it', async () => {
  cluster = await createCluster(['doctor', 'lab'], { clock: fastClock(20) });
  await cluster.cut(['doctor'], ['lab']);
  for (const patient of ['a', 'b', 'c', 'd', 'e']) {
    await cluster.submit('doctor', cluster.world.register('alice', patient));
    await cluster.mine('doctor');
  }
  await cluster.database('doctor').del(storeKeys.header(cluster.node('doctor').hashAt(3)!));
  const told = toldOf('doctor');
  const states: string[] = [];
  for (const each of cluster.nodes) each.on('peer', ({ state }) => void states.push(state));
  cluster.heal();
  await cluster.until(() => cluster.node('lab').head().height === 5, 'the chain');
  expect(told).toMatchObject([{ healed: { header: 1 } }]);
  expect(states).not.toContain('shunned');
});

test('a transaction that a lost member makes look forged is checked again, and nobody is blamed for it', async () => {
  await threeBlocks();
  const told = toldOf('lab');
  const states: string[] = [];
  for (const each of cluster.nodes) each.on('peer', ({ state }) => void states.push(state));
  const { world } = cluster;
  // A member whom nobody has asked for yet, so that no memory has it.
  await cluster.database('lab').del(storeKeys.state(`member/${world.id('adam')}`));
  const registrations = ['d', 'e'].map((patient) => world.register('adam', patient));
  const submitted = registrations.map((each, index) => cluster.submit(index === 0 ? 'doctor' : 'pharmacy', each));
  expect(await Promise.all(submitted)).toEqual(['OK', 'OK']);
  const arePending = () => registrations.every(({ id }) => cluster.where('lab', id) === 'pending');
  await cluster.until(arePending, 'the transactions');
  expect(told).toMatchObject([{ healed: { state: 1 } }]);
  expect(states).not.toContain('shunned');
});

test('an account with nothing on it that is gone is put back before a block pays into it, so that the block can be undone', async () => {
  await threeBlocks();
  const told = toldOf('lab');
  const { world } = cluster;
  const order = world.order('alice', 'a');
  expect(await cluster.submit('doctor', order)).toBe('OK');
  expect(await cluster.submit('doctor', world.answer('bob', order))).toBe('OK');
  await cluster.mine('doctor');
  await cluster.agree();
  await cluster.database('lab').del(storeKeys.state(`balance/${world.id('alice')}`));
  // Pays the reward for the order.
  await cluster.mine('doctor');
  await cluster.agree();
  expect(told).toMatchObject([{ healed: { state: 1 } }]);
  expect(await cluster.node('lab').recalculateBalances()).toMatchObject({ equal: true });
});

test('a start insists on members, accounts, and what the last blocks changed', async () => {
  await threeBlocks();
  const keys = ['state/member/', 'state/balance/', 'state/patient/', 'authored/', 'patient/'];
  for (const prefix of keys) {
    await cluster.stop('lab');
    const database = cluster.database('lab');
    await database.open();
    const [[key, value]] = (await database.iterator({ gte: prefix, limit: 1 }).all()) as [[string, Uint8Array]];
    await database.del(key);
    await database.close();
    await expect(cluster.start('lab'), prefix).rejects.toMatchObject({ code: 'folder-damaged' });
    await database.put(key, value);
    await database.close();
    await cluster.start('lab');
  }
});

test('what a user wrote and was gone when the node started is told by the next scrub', async () => {
  await threeBlocks();
  const registration = cluster.world.register('alice', 'd');
  await cluster.stop('doctor');
  await cluster.stop('pharmacy');
  expect(await cluster.submit('lab', registration)).toBe('OK');
  await cluster.stop('lab');
  const database = cluster.database('lab');
  await database.open();
  await database.del(storeKeys.outbox(registration.id));
  await database.close();
  const node = await cluster.start('lab');
  const told: string[] = [];
  node.on('error', ({ code, message }) => void told.push(`${code}: ${message.includes(registration.id)}`));
  expect((await node.scrub()).report.sound).toBe(false);
  expect(told).toEqual(['own-transaction-lost: true']);
  expect((await node.scrub()).report.sound).toBe(true);
});

test('a side block whose body is gone is let go of', async () => {
  await threeBlocks();
  const { world } = cluster;
  await cluster.cut(['lab'], ['doctor', 'pharmacy']);
  await cluster.submit('lab', world.register('alice', 'd'));
  await cluster.mine('lab');
  const node = cluster.node('lab');
  const left = node.head().hash;
  for (const patient of ['e', 'f']) {
    await cluster.submit('doctor', world.register('alice', patient));
    await cluster.mine('doctor');
  }
  cluster.heal();
  await cluster.agree();
  await cluster.database('lab').del(storeKeys.block(left));
  expect((await node.scrub()).report.sound).toBe(false);
  expect((await node.scrub()).report.sound).toBe(true);
  expect(await node.recalculateBalances()).toEqual({ equal: true, repaired: [] });
});
