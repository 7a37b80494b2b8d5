/**
 * Damage in the folder of a running node: of every family of keys a value is bent, taken away, or replaced by that of
 * another key. It is healed, byte for byte where the chain can tell, or named. Nothing is silent.
 */
import { afterAll, expect, test } from 'vitest';
import type { HealingReport } from '../../src/node/index.ts';
import type { Database } from '../../src/storage/index.ts';
import { type Cluster, createCluster } from '../support/cluster.ts';

const names = ['doctor', 'lab', 'pharmacy'];
/** Lasts as long as its rows leave it as it was. */
let shared: Cluster | null = null;

type Rows = Map<string, string>;

/** A node that has everything: open and settled things, an own transaction pending, a lost one, a reorg, a side block, a double sealing. */
async function populatedCluster(): Promise<Cluster> {
  const cluster = await createCluster(names);
  const { world } = cluster;
  const order = world.order('alice', 'jane');
  const prescription = world.prescribe('alice', 'jane');
  const settled = [world.register('alice', 'jane'), order, world.answer('bob', order), prescription];
  for (const transaction of [...settled, world.order('alice', 'jane'), world.prescribe('alice', 'jane')])
    expect(await cluster.submit('doctor', transaction)).toBe('OK');
  expect([await cluster.mine('doctor'), await cluster.mine('doctor')]).toEqual([1, 2]);
  await cluster.agree();
  await cluster.cut(['doctor', 'lab'], ['pharmacy']);
  expect(await cluster.submit('pharmacy', world.fill('charlie', prescription))).toBe('OK');
  expect(await cluster.mine('pharmacy')).toBe(3);
  expect(await cluster.submit('doctor', world.fill('carol', prescription))).toBe('OK');
  expect([await cluster.mine('doctor'), await cluster.mine('doctor')]).toEqual([3, 4]);
  cluster.heal();
  await cluster.linked();
  await cluster.until(() => cluster.node('pharmacy').lost().length === 1, 'the race to be settled');
  await cluster.agree();
  const earlier = await cluster.copyOf('doctor');
  expect(await cluster.submit('doctor', world.register('alice', 'joe'))).toBe('OK');
  expect(await cluster.mine('doctor')).toBe(5);
  await cluster.agree();
  await cluster.cut(['doctor'], ['lab', 'pharmacy']);
  await cluster.putBack('doctor', earlier);
  for (const [patient, height] of [['june', 5] as const, ['jack', 6] as const]) {
    expect(await cluster.submit('doctor', world.register('alice', patient))).toBe('OK');
    expect(await cluster.mine('doctor')).toBe(height);
  }
  cluster.heal();
  await cluster.until(() => cluster.node('pharmacy').equivocations().length === 1, 'the double sealing to be seen');
  await cluster.agree();
  const pending = world.pay('alice', 'bob', 5);
  expect(await cluster.submit('pharmacy', pending)).toBe('OK');
  await cluster.has(pending.id);
  return cluster;
}

afterAll(() => shared?.stop());

async function rowsOf(database: Database): Promise<Rows> {
  const rows = await database.iterator().all();
  return new Map(rows.map(([key, value]) => [key, Buffer.from(value).toString('hex')]));
}

/** The checksums of all values: equal where the values are. */
async function checksums(database: Database): Promise<Rows> {
  return new Map([...(await rowsOf(database))].map(([key, value]) => [key, value.slice(0, 16)]));
}

const families =
  'meta tip block header height undo rewards state patient open-order open-prescription authored side outbox own lost reorg equivocation'.split(
    ' ',
  );

/** Families of which the healed rows need not be the bytes of before: let go of, or written anew with another number. */
const changed: ReadonlySet<string> = new Set(['side', 'outbox', 'lost', 'reorg']);

/** Families of which a side block has rows too: these are healed another way. */
const ofSideBlocks: ReadonlySet<string> = new Set(['block', 'header']);

const damages: Record<string, (database: Database, key: string) => Promise<void>> = {
  async flip(database, key) {
    const value = new Uint8Array(database.getSync(key)!);
    value[value.length - 1] = value[value.length - 1]! ^ 4;
    await database.put(key, value);
  },
  missing: (database, key) => database.del(key),
  async swapped(database, key) {
    const others = [...(await rowsOf(database))].filter(([other]) => other !== key);
    // A neighbour where there is one: a value of the same shape.
    const [, value] = others.find(([other]) => other.split('/')[0] === key.split('/')[0]) ?? others[0]!;
    await database.put(key, Buffer.from(value, 'hex'));
  },
};

test.each(families.flatMap((family) => Object.keys(damages).map((damage) => [family, damage] as const)))(
  '%s, %s: healed or named',
  async (family, damage) => {
    const cluster = shared ?? (await populatedCluster());
    shared = cluster;
    const node = cluster.node('pharmacy');
    const database = cluster.database('pharmacy');
    const told: { healed: HealingReport[]; errors: string[] } = { healed: [], errors: [] };
    const stops = [
      node.on('scrub', (report) => void told.healed.push(report)),
      node.on('error', ({ code }) => void told.errors.push(code)),
    ];
    const side = [...(await rowsOf(database)).keys()].filter((key) => key.startsWith('side/')).join();
    const keys = [...(await rowsOf(database)).keys()].filter(
      (key) => key.split('/')[0] === family && (!ofSideBlocks.has(family) || !side.includes(key.split('/')[1]!)),
    );
    expect(keys).not.toEqual([]);
    for (const key of new Set([keys[0]!, keys.at(-1)!])) {
      const before = await checksums(database);
      await damages[damage]!(database, key);
      const { report } = await node.scrub();
      expect(report.sound, key).toBe(false);
      const found = report.families.filter((each) => each.damaged + each.missing > 0).map((each) => each.family);
      // Without its entry, it is body and header of a side block that have no place.
      expect(found, key).toContain(family === 'side' && damage === 'missing' ? 'header' : family);
      if (!changed.has(family)) expect(await checksums(database)).toEqual(before);
    }
    for (const stop of stops) stop();
    expect(told.healed.length + told.errors.length).toBeGreaterThan(0);
    if (family === 'lost') expect(told.errors).toContain('own-transaction-lost');
    expect((await node.scrub()).report).toMatchObject({ sound: true, height: node.head().height });
    expect(await node.recalculateBalances()).toEqual({ equal: true, repaired: [] });
    expect((await node.verify()).failure).toBeNull();
    await cluster.agree();
    expect(cluster.balances('pharmacy')).toEqual(cluster.balances('doctor'));
    if (!changed.has(family)) return;
    shared = null;
    await cluster.stop();
  },
);
