import { afterEach, expect, test } from 'vitest';
import { type Cluster, createCluster } from '../support/cluster.ts';

let cluster: Cluster;
afterEach(() => cluster.stop());

test('a node that joins a thousand blocks late catches up, two pages of headers long', async () => {
  cluster = await createCluster(['doctor']);
  const { world } = cluster;
  for (let height = 1; height <= 1_000; height++) {
    await cluster.submit('doctor', world.register('alice', `patient ${height}`));
    expect(await cluster.mine('doctor')).toBe(height);
  }
  await cluster.start('lab');
  await cluster.agree();
  expect(cluster.node('lab').head().height).toBe(1_000);
  expect(await cluster.node('lab').verify()).toMatchObject({ height: 1_000, failure: null });
});
