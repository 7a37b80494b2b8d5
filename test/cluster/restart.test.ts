import { afterEach, expect, test } from 'vitest';
import { type Cluster, createCluster } from '../support/cluster.ts';

let cluster: Cluster;
afterEach(() => cluster.stop());

test('what a user authored is there after a restart, and reaches the others', async () => {
  cluster = await createCluster(['doctor', 'lab']);
  const { world } = cluster;
  await cluster.cut(['doctor'], ['lab']);
  const registration = world.register('alice', 'jane');
  expect(await cluster.submit('doctor', registration)).toBe('OK');
  await cluster.stop('doctor');

  cluster.heal();
  await cluster.start('doctor');
  expect(cluster.where('doctor', registration.id)).toBe('pending');
  await cluster.has(registration.id);
  expect(await cluster.mine('lab')).toBe(1);
  await cluster.agree();
  expect(cluster.where('doctor', registration.id)).toBe('confirmed');
});

test('a node that was away learns on its return that its transaction has become impossible', async () => {
  cluster = await createCluster(['pharmacy', 'rival']);
  const { world } = cluster;
  const prescription = world.prescribe('alice', 'jane');
  for (const transaction of [world.register('alice', 'jane'), prescription])
    await cluster.submit('pharmacy', transaction);
  await cluster.mine('pharmacy');
  await cluster.agree();
  await cluster.cut(['pharmacy'], ['rival']);
  const late = world.fill('charlie', prescription);
  expect(await cluster.submit('pharmacy', late)).toBe('OK');
  await cluster.stop('pharmacy');
  expect(await cluster.submit('rival', world.fill('carol', prescription))).toBe('OK');
  await cluster.mine('rival');

  cluster.heal();
  await cluster.start('pharmacy');
  await cluster.until(
    () => cluster.where('pharmacy', late.id) === 'lost: prescription-already-filled',
    'the late fill to be lost',
  );
  await cluster.stop('pharmacy');
  await cluster.start('pharmacy');
  expect(cluster.node('pharmacy').lost()).toMatchObject([{ id: late.id, own: true }]);
});

test('restarting changes neither head nor state', async () => {
  cluster = await createCluster(['doctor', 'lab']);
  const { world } = cluster;
  const order = world.order('alice', 'jane');
  for (const transaction of [world.register('alice', 'jane'), order, world.answer('bob', order)])
    await cluster.submit('doctor', transaction);
  await cluster.mine('lab');
  await cluster.mine('lab');
  await cluster.agree();
  const before = { head: cluster.node('doctor').head(), balances: cluster.balances('doctor') };
  await cluster.stop('doctor');
  await cluster.start('doctor');
  expect({ head: cluster.node('doctor').head(), balances: cluster.balances('doctor') }).toEqual(before);
  expect(await cluster.node('doctor').recalculateBalances()).toEqual({ equal: true, repaired: [] });
});
