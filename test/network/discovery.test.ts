import { expect, test } from 'vitest';
import { createDiscovery } from '../../src/network/discovery.ts';
import { networkLimits } from '../../src/network/network-limits.ts';

const { discoveredDials } = networkLimits;

/** Peers of the local network; each dial lasts until it is told how it ended. */
function createStreet() {
  const linked = new Set<string>();
  const forgotten: string[] = [];
  const dials = new Map<string, (isThere: boolean) => void>();
  const found = createDiscovery<string>({
    isLinked: (name) => linked.has(name),
    dial: (name) =>
      new Promise((resolve, reject) => {
        dials.set(name, (isThere) => {
          dials.delete(name);
          if (!isThere) return reject(new Error('nobody answered there'));
          linked.add(name);
          resolve();
        });
      }),
    async forget(name) {
      forgotten.push(name);
    },
  });
  return { linked, forgotten, dials, found };
}

test('of a thousand names a few are dialled at a time, and the others are not remembered', async () => {
  const { forgotten, dials, found } = createStreet();
  const underWay = Array.from({ length: 1_000 }, (_, index) => found(`name ${index}`).catch(() => undefined));
  expect([dials.size, forgotten.length]).toEqual([discoveredDials, 1_000 - discoveredDials]);
  for (const end of dials.values()) end(false);
  await Promise.all(underWay);
  expect(forgotten).toHaveLength(1_000);
  const again = found('name 999');
  dials.get('name 999')!(true);
  await again;
  expect(forgotten).toHaveLength(1_000);
});

test('who is linked is neither dialled nor forgotten', async () => {
  const { linked, forgotten, dials, found } = createStreet();
  linked.add('friend');
  await found('friend');
  expect([dials.size, forgotten]).toEqual([0, []]);
});
