import { afterEach, expect, test } from 'vitest';
import { type Cluster, createCluster } from '../support/cluster.ts';

let cluster: Cluster;
afterEach(() => cluster.stop());

const names = ['doctor', 'lab', 'pharmacy'];

/** A patient with an answered order and an open prescription, all in the chain, all rewards paid. */
async function prescribed() {
  const { world } = cluster;
  const registration = world.register('alice', 'jane');
  const order = world.order('alice', 'jane');
  const result = world.answer('bob', order);
  const prescription = world.prescribe('alice', 'jane');
  for (const transaction of [registration, order, result, prescription])
    expect(await cluster.submit('doctor', transaction)).toBe('OK');
  expect(await cluster.mine('doctor')).toBe(1);
  expect(await cluster.mine('doctor')).toBe(2);
  await cluster.agree();
  return { order, prescription };
}

test('a node that is put back to an earlier day seals a height twice: that is written down, and nobody is shunned', async () => {
  cluster = await createCluster(names);
  const { world } = cluster;
  const states: string[] = [];
  for (const name of ['lab', 'pharmacy']) cluster.node(name).on('peer', ({ state }) => void states.push(state));
  const earlier = await cluster.copyOf('doctor');
  const miner = cluster.node('doctor').nodeKey;
  expect(await cluster.submit('doctor', world.register('alice', 'joe'))).toBe('OK');
  expect(await cluster.mine('doctor')).toBe(1);
  await cluster.agree();
  const first = cluster.node('lab').hashAt(1);
  await cluster.cut(['doctor'], ['lab', 'pharmacy']);
  await cluster.putBack('doctor', earlier);
  for (const patient of ['june', 'jack']) {
    expect(await cluster.submit('doctor', world.register('alice', patient))).toBe('OK');
    await cluster.mine('doctor');
  }
  const second = cluster.node('doctor').hashAt(1);
  cluster.heal();
  await cluster.agree();
  for (const name of ['lab', 'pharmacy'])
    expect(cluster.node(name).equivocations()).toMatchObject([{ height: 1, miner, hashes: [first, second] }]);
  expect(states).not.toContain('shunned');
  // It is known after a restart, and is told once.
  await cluster.stop('lab');
  expect((await cluster.start('lab')).equivocations()).toHaveLength(1);
});

test('both sides of a broken link work and mine; healed, they have one chain and nothing is forgotten', async () => {
  cluster = await createCluster(names);
  const { world } = cluster;
  const { prescription } = await prescribed();
  await cluster.cut(['doctor', 'lab'], ['pharmacy']);

  const order = world.order('alice', 'jane');
  const answer = world.answer('bob', order);
  expect(await cluster.submit('doctor', order)).toBe('OK');
  await cluster.until(() => cluster.where('lab', order.id) === 'pending', 'the order at the laboratory');
  expect(await cluster.submit('lab', answer)).toBe('OK');
  expect(await cluster.mine('lab')).toBe(3);
  expect(await cluster.mine('lab')).toBe(4);
  const fill = world.fill('charlie', prescription);
  expect(await cluster.submit('pharmacy', fill)).toBe('OK');
  expect(await cluster.mine('pharmacy')).toBe(3);

  cluster.heal();
  await cluster.agree();
  for (const name of names) {
    for (const { id } of [order, answer]) expect(cluster.where(name, id)).toBe('confirmed');
    expect(cluster.where(name, fill.id)).toBe('pending');
  }
  expect(cluster.node('pharmacy').reorgs()).toHaveLength(1);
  expect(cluster.node('pharmacy').reorgs()[0]).toMatchObject({ ancestorHeight: 2, returned: [fill.id], lost: [] });

  expect(await cluster.mine('doctor')).toBe(5);
  expect(await cluster.mine('doctor')).toBe(6);
  expect(await cluster.mine('doctor')).toBe('nothing-to-mine');
  await cluster.agree();
  for (const name of names)
    expect(cluster.balances(name)).toMatchObject({ alice: 500 + 500 + 700, SYSTEM: 1_000_000 - 1_700 });
});

test('a prescription filled on both sides is filled once, and the loser is told why', async () => {
  cluster = await createCluster([...names, 'second pharmacy']);
  const { world } = cluster;
  const { prescription } = await prescribed();
  await cluster.cut(['doctor', 'lab', 'pharmacy'], ['second pharmacy']);

  const fill = world.fill('charlie', prescription);
  const rival = world.fill('carol', prescription);
  expect(await cluster.submit('pharmacy', fill)).toBe('OK');
  expect(await cluster.submit('second pharmacy', rival)).toBe('OK');
  expect(await cluster.mine('pharmacy')).toBe(3);
  expect(await cluster.mine('pharmacy')).toBe(4);
  expect(await cluster.mine('second pharmacy')).toBe(3);
  const told = new Promise((resolve) => cluster.node('second pharmacy').on('conflict', resolve));

  cluster.heal();
  await cluster.agree();
  expect(await told).toEqual({
    id: rival.id,
    rejection: { code: 'prescription-already-filled', facts: { prescription: prescription.id, because: fill.id } },
  });
  expect(cluster.where('second pharmacy', rival.id)).toBe('lost: prescription-already-filled');
  expect(cluster.where('second pharmacy', fill.id)).toBe('confirmed');
  expect(cluster.node('second pharmacy').lost()).toMatchObject([{ id: rival.id, own: true }]);
  // 500 for the answered order, and 700 once for the one fill.
  for (const node of [...names, 'second pharmacy'])
    expect(cluster.balances(node)).toMatchObject({ alice: 1_200, SYSTEM: 998_800 });
  expect(await cluster.mine('doctor')).toBe('nothing-to-mine');
});

test('two sides that mined as much as each other agree on the lower hash', async () => {
  cluster = await createCluster(names);
  const { world } = cluster;
  await cluster.cut(['doctor'], ['lab', 'pharmacy']);
  const [left, right] = [world.register('alice', 'left'), world.register('adam', 'right')];
  expect(await cluster.submit('doctor', left)).toBe('OK');
  expect(await cluster.submit('lab', right)).toBe('OK');
  expect(await cluster.mine('doctor')).toBe(1);
  expect(await cluster.mine('lab')).toBe(1);
  const winner = [cluster.node('doctor').head().hash, cluster.node('lab').head().hash].sort()[0];

  cluster.heal();
  await cluster.agree();
  for (const node of cluster.nodes) expect(node.head().hash).toBe(winner);
  expect([cluster.where('lab', left.id), cluster.where('lab', right.id)].sort()).toEqual(['confirmed', 'pending']);
});

test('work on what has not arrived is kept over a restart, and goes on when it arrives', async () => {
  cluster = await createCluster(names);
  const { world } = cluster;
  await cluster.node('doctor').setOffline(true);
  const prescription = world.prescribe('alice', 'far');
  for (const transaction of [world.register('alice', 'far'), prescription])
    expect(await cluster.submit('doctor', transaction)).toBe('OK');
  const fill = world.fill('charlie', prescription);
  expect(await cluster.submit('pharmacy', fill)).toBe('OK');
  expect(cluster.where('pharmacy', fill.id)).toBe('waiting');
  await cluster.stop('pharmacy');
  await cluster.start('pharmacy');
  expect(cluster.where('pharmacy', fill.id)).toBe('waiting');
  expect(cluster.where('lab', fill.id)).toBe('unknown');

  await cluster.node('doctor').setOffline(false);
  await cluster.has(fill.id);
  await cluster.agree();
  expect(await cluster.mine('lab')).toBe(1);
  await cluster.agree();
  for (const name of names) expect(cluster.where(name, fill.id)).toBe('confirmed');
});

test('work done offline for a month is taken, with the times that its author claimed', async () => {
  cluster = await createCluster(names);
  const { world } = cluster;
  await cluster.node('doctor').setOffline(true);
  const monthMs = 30 * 24 * 3_600_000;
  const registration = world.register('alice', 'far', { time: Date.UTC(2026, 0, 2) });
  const order = world.order('alice', 'far', { time: Date.UTC(2026, 0, 2) + monthMs });
  expect(await cluster.submit('doctor', registration)).toBe('OK');
  expect(await cluster.submit('doctor', order)).toBe('OK');
  expect(cluster.where('lab', order.id)).toBe('unknown');

  await cluster.node('doctor').setOffline(false);
  await cluster.has(order.id);
  expect(await cluster.mine('pharmacy')).toBe(1);
  await cluster.agree();
  for (const name of names) expect(cluster.where(name, order.id)).toBe('confirmed');
});

test('a lost fill comes back when the chain that made it impossible goes', async () => {
  cluster = await createCluster([...names, 'second pharmacy']);
  const { world } = cluster;
  const { prescription } = await prescribed();
  await cluster.cut(['pharmacy'], ['doctor', 'lab', 'second pharmacy']);
  const fill = world.fill('charlie', prescription);
  const other = world.register('alice', 'other');
  expect(await cluster.submit('pharmacy', fill)).toBe('OK');
  expect(await cluster.mine('pharmacy')).toBe(3);
  for (const patient of ['b', 'c']) {
    expect(await cluster.submit('doctor', world.register('alice', patient))).toBe('OK');
    await cluster.mine('doctor');
  }
  expect(await cluster.submit('doctor', other)).toBe('OK');
  cluster.heal();
  await cluster.agree();
  expect(cluster.where('pharmacy', fill.id)).toBe('pending');
  await cluster.has(fill.id);
  await cluster.mine('lab');
  await cluster.agree();
  for (const node of names) expect(cluster.where(node, fill.id)).toBe('confirmed');
});
