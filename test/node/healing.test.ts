/** How often the healing takes to work that costs as much as the chain is long. */
import { expect, test } from 'vitest';
import { CarechainError, type Clock, silentLogger } from '../../src/base/index.ts';
import type { KeptRows } from '../../src/node/heal-kept.ts';
import { Healing, type HealingPorts } from '../../src/node/healing.ts';
import { indexWrites } from '../../src/node/indexes.ts';
import { type Store, storeKeys } from '../../src/storage/index.ts';
import { Chain, patientIdFrom, testGenesis } from '../support/ledger.ts';
import { openRig } from './rig.ts';

/** The healing of a node without peers, and a clock that the test moves. */
async function healingAlone() {
  const chain = new Chain(testGenesis());
  const hooks = { alsoWrite: indexWrites, switched() {} };
  const rig = await openRig(chain, undefined, undefined, async () => hooks);
  for (let count = 0; count < 3; count++) await rig.offer(chain.mine(chain.world.register('alice', `p ${count}`)));
  const time = { now: chain.now, perLook: 0 };
  const waits: number[] = [];
  let due: () => void = () => {};
  const clock: Clock = {
    now: () => (time.now += time.perLook),
    after(ms, run) {
      waits.push(ms);
      due = run;
      return { cancel() {} };
    },
  };
  let walks = 0;
  const failures = { left: 0, runs: 0 };
  const store: Store = {
    ...rig.disk.store,
    walk(...range) {
      walks++;
      return rig.disk.store.walk(...range);
    },
  };
  const ports = {
    genesis: chain.world.genesis,
    chain: rig.chain,
    store,
    keeper: rig.keeper,
    kept: {
      async missing() {
        failures.runs++;
        if (failures.left-- > 0) throw new CarechainError('folder-failed', 'The disk is full.');
        return [];
      },
      dropSide: async () => {},
    } as unknown as KeptRows,
    network: { peers: () => [] } as unknown as HealingPorts['network'],
    clock,
    logger: silentLogger,
    onError() {},
    onMended() {},
    onHealed() {},
  };
  return { rig, healing: new Healing(ports), time, waits, walks: () => walks, failures, runOut: () => due() };
}

test('while nobody is linked, what waits for a peer is tried again less and less often', async () => {
  const { rig, healing, waits, runOut } = await healingAlone();
  const key = storeKeys.block(rig.chain.hashAt(2)!);
  await rig.database.del(key);
  await healing.heal([{ key, fault: 'missing' }]);
  for (let count = 2; count <= 9; count++) {
    runOut();
    while (waits.length < count) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(waits.map((ms) => ms / 10_000)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  healing.peerCame();
  while (waits.length < 10) await new Promise((resolve) => setImmediate(resolve));
  expect(waits.at(-1)).toBe(10_000);
  await healing.stop();
});

test('a run that the disk has failed is not tried again at once, and soon after', async () => {
  const { healing, time, failures } = await healingAlone();
  failures.left = 1;
  const meet = async () => {
    healing.met('chain');
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    return failures.runs;
  };
  expect(await meet()).toBe(1);
  // Whoever reads the same again at once would only fail the same run again.
  expect(await meet()).toBe(1);
  time.now += 9_000;
  expect(await meet()).toBe(1);
  time.now += 2_000;
  expect(await meet()).toBe(2);
  await healing.stop();
});

test('a replay that took long is trusted for longer, whatever blocks are refused', async () => {
  const { healing, time, walks } = await healingAlone();
  time.perLook = 60_000;
  expect(await healing.doubtState()).toBe('right');
  time.perLook = 0;
  const once = walks();
  expect(once).toBeGreaterThan(0);
  time.now += 15 * 60_000;
  await healing.doubtState();
  expect(walks()).toBe(once);
  time.now += 60 * 60_000;
  await healing.doubtState();
  expect(walks()).toBeGreaterThan(once);
});

test('while a body is missing nobody can tell what the state should be, until it is here again', async () => {
  const { rig, healing, time, walks, waits, runOut } = await healingAlone();
  const key = storeKeys.block(rig.chain.hashAt(2)!);
  const body = rig.database.getSync(key)!;
  const lost = storeKeys.state(`patient/${patientIdFrom('p 2')}`);
  await rig.database.del(key);
  await rig.database.del(lost);
  expect(await healing.doubtState()).toBe('unknown');
  // It has set the healing off, which waits for a peer; and is not looked at again meanwhile.
  while (waits.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const once = walks();
  time.now += 60_000;
  expect([await healing.doubtState(), walks()]).toEqual(['unknown', once]);
  await rig.database.put(key, body);
  runOut();
  await healing.run();
  expect(rig.database.getSync(lost)).toBeDefined();
  expect(await healing.doubtState()).toBe('right');
  await healing.stop();
});
