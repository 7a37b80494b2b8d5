/**
 * The faults of the simulation that carechain grew from, as far as they are faults of a node or of a network: each of
 * these would fail there. Those of the rules alone are beside the rules.
 */
import { afterEach, expect, test } from 'vitest';
import { type Cluster, createCluster } from '../support/cluster.ts';
import { testGenesis } from '../support/ledger.ts';

let cluster: Cluster;
let other: Cluster | null = null;
afterEach(async () => {
  await cluster.stop();
  await other?.stop();
  other = null;
});

const names = ['doctor', 'lab', 'pharmacy'];

async function answeredOrder() {
  const { world } = cluster;
  const order = world.order('alice', 'jane');
  const transactions = [world.register('alice', 'jane'), order, world.answer('bob', order)];
  for (const transaction of transactions) await cluster.submit('doctor', transaction);
  for (const { id } of transactions) await cluster.has(id);
}

test('mining does not hang, also when many ask for it at once', async () => {
  cluster = await createCluster(['doctor']);
  await answeredOrder();
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => cluster.mine('doctor')));
  expect(outcomes.sort()).toEqual([1, 2, 'nothing-to-mine', 'nothing-to-mine', 'nothing-to-mine']);
});

test('the reward for a result is paid without an error, whoever mines', async () => {
  cluster = await createCluster(names);
  await answeredOrder();
  await cluster.mine('lab');
  await cluster.agree();
  await cluster.mine('pharmacy');
  await cluster.agree();
  for (const name of names) expect(cluster.balances(name)).toMatchObject({ alice: 500, SYSTEM: 999_500 });
});

test('all nodes of a network start from one genesis, whenever they start', async () => {
  cluster = await createCluster(['doctor']);
  await cluster.start('lab');
  expect(cluster.node('lab').hashAt(0)).toBe(cluster.node('doctor').hashAt(0));
});

test('one result is rewarded once, however many nodes see it', async () => {
  cluster = await createCluster([...names, 'second doctor', 'second lab']);
  await answeredOrder();
  for (let round = 0; round < 3; round++) {
    for (const node of cluster.nodes) await node.mine();
    await cluster.agree();
  }
  expect(cluster.balances('second lab')).toMatchObject({ alice: 500, SYSTEM: 999_500 });
});

test('two payments that together exceed a balance are never both confirmed, and do not block what comes after', async () => {
  cluster = await createCluster(['doctor', 'lab']);
  const { world } = cluster;
  await answeredOrder();
  await cluster.mine('doctor');
  await cluster.mine('doctor');
  await cluster.agree();
  expect(await cluster.submit('doctor', world.pay('alice', 'bob', 300))).toBe('OK');
  expect(await cluster.submit('doctor', world.pay('alice', 'charlie', 300))).toBe('spends-more-than-balance');
  await cluster.cut(['doctor'], ['lab']);
  expect(await cluster.submit('doctor', world.pay('alice', 'dana', 200))).toBe('OK');
  const after = world.register('adam', 'next');
  expect(await cluster.submit('doctor', after)).toBe('OK');
  await cluster.mine('doctor');
  expect(cluster.where('doctor', after.id)).toBe('confirmed');
  expect(cluster.balances('doctor')).toMatchObject({ alice: 0, bob: 300, dana: 200 });
});

test('transactions of a block that loses come back', async () => {
  cluster = await createCluster(['doctor', 'lab']);
  const { world } = cluster;
  await cluster.cut(['doctor'], ['lab']);
  const mine = world.register('alice', 'mine');
  await cluster.submit('doctor', mine);
  await cluster.mine('doctor');
  for (const patient of ['a', 'b']) {
    await cluster.submit('lab', world.register('adam', patient));
    await cluster.mine('lab');
  }
  cluster.heal();
  await cluster.agree();
  expect(cluster.where('doctor', mine.id)).toBe('pending');
  await cluster.mine('lab');
  await cluster.agree();
  expect(cluster.where('lab', mine.id)).toBe('confirmed');
});

test('two networks in one process share no balances and no links', async () => {
  cluster = await createCluster(['doctor']);
  other = await createCluster(['doctor'], { world: testGenesis({ name: 'another network' }) });
  await answeredOrder();
  await cluster.mine('doctor');
  await cluster.mine('doctor');
  expect(cluster.balances('doctor').alice).toBe(500);
  expect(other.balances('doctor').alice).toBe(0);
});

test('a chain is fetched in pages, not in one message', async () => {
  cluster = await createCluster(['doctor']);
  for (let height = 1; height <= 140; height++) {
    await cluster.submit('doctor', cluster.world.register('alice', `patient ${height}`));
    await cluster.mine('doctor');
  }
  await cluster.start('lab');
  await cluster.agree();
  expect(cluster.node('lab').head().height).toBe(140);
});
