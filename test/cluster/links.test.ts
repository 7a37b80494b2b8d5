import { afterEach, expect, onTestFinished, test } from 'vitest';
import { limits, systemClock } from '../../src/base/index.ts';
import { createParty } from '../network/party.ts';
import { type Cluster, createCluster } from '../support/cluster.ts';
import { skewedClock } from '../support/fast-clock.ts';

let cluster: Cluster;
afterEach(() => cluster?.stop());

test('a node whose clock is wrong says so and does not mine, and its peers do', async () => {
  cluster = await createCluster(['doctor', 'lab'], { clocks: { lab: skewedClock(limits.clockSkewMs + 5_000) } });
  const registration = cluster.world.register('alice', 'jane');
  await cluster.submit('doctor', registration);
  await cluster.has(registration.id);
  await cluster.until(() => cluster.node('lab').peers()[0]?.clockOffsetMs != null, 'the clock of the doctor');
  expect(await cluster.mine('lab')).toBe('clock-skewed');
  // Alone, no clock is wrong; a peer that comes anew is a new reason to say so.
  const said = new Promise((resolve) => cluster.node('lab').on('error', resolve));
  await cluster.node('lab').setOffline(true);
  await cluster.node('lab').setOffline(false);
  expect(await said).toMatchObject({ code: 'clock-skewed', message: expect.stringContaining('15 s ahead of') });
});

test('strangers with a wrong clock keep nobody from mining who has configured a peer', async () => {
  cluster = await createCluster(['doctor', 'lab']);
  const { world, hub } = cluster;
  const network = { hash: world.genesis.hash, rules: world.genesis.rules };
  for (const port of [7_101, 7_102, 7_103]) {
    const transport = hub.transport(`stranger ${port}`, `127.0.0.1:${port}`);
    const stranger = await createParty({
      ...{ transport, clock: systemClock, network, clockAheadMs: 3_600_000, configured: ['127.0.0.1:7001'] },
    });
    onTestFinished(() => stranger.network.stop());
  }
  const doctor = cluster.node('doctor');
  const knowsAllClocks = () => doctor.peers().filter(({ clockOffsetMs }) => clockOffsetMs !== null).length === 4;
  const hasFoundTheLab = () => doctor.configuredPeers().every(({ state }) => state === 'connected');
  await cluster.until(() => knowsAllClocks() && hasFoundTheLab(), 'their clocks');
  await cluster.submit('doctor', world.register('alice', 'jane'));
  expect(await cluster.mine('doctor')).toBe(1);
});

test('alone, a node works on; linked again, it tells what catching up brought', async () => {
  cluster = await createCluster(['doctor', 'lab']);
  const { world } = cluster;
  const alone = new Promise((resolve) => cluster.node('doctor').on('alone', resolve));
  await cluster.cut(['doctor'], ['lab']);
  expect(await alone).toMatchObject({ waiting: 0 });
  const registration = world.register('alice', 'jane');
  await cluster.submit('doctor', registration);
  for (const patient of ['a', 'b', 'c']) {
    await cluster.submit('lab', world.register('adam', patient));
    await cluster.mine('lab');
  }
  const caughtUp = new Promise((resolve) => cluster.node('doctor').on('caughtUp', resolve));
  cluster.heal();
  expect(await caughtUp).toEqual({ blocks: 3, confirmed: 0, lost: 0 });
});

test('a block from the future is taken when its time has come, and nobody is blamed', async () => {
  cluster = await createCluster(['doctor', 'lab'], { clocks: { lab: skewedClock(-limits.futureBlockMs + 500) } });
  const blamed: unknown[] = [];
  for (const node of cluster.nodes) node.on('peer', (event) => event.state === 'shunned' && blamed.push(event));
  await cluster.node('lab').setOffline(true);
  await cluster.submit('doctor', cluster.world.register('alice', 'jane'));
  expect(await cluster.mine('doctor')).toBe(1);
  await cluster.node('lab').setOffline(false);
  await cluster.until(() => cluster.node('lab').head().height === 1, 'the block to be taken');
  expect(blamed).toEqual([]);
});
