/** When a round of the scrub ends, whatever happens around it. */
import { expect, test, vi } from 'vitest';
import { type Clock, silentLogger } from '../../src/base/index.ts';
import type { Healing, HealingReport } from '../../src/node/healing.ts';
import { indexWrites } from '../../src/node/indexes.ts';
import { Scrub } from '../../src/node/scrub.ts';
import { storeKeys } from '../../src/storage/index.ts';
import { Chain, testGenesis } from '../support/ledger.ts';
import { openRig } from './rig.ts';

/** A scrub over five blocks, and a clock that runs out only when it is told to. */
async function scrubOf(reorgs: () => number) {
  const chain = new Chain(testGenesis());
  const hooks = { alsoWrite: indexWrites, switched() {} };
  const rig = await openRig(chain, undefined, undefined, async () => hooks);
  for (let count = 0; count < 5; count++) await rig.offer(chain.mine(chain.world.register('alice', `p ${count}`)));
  const due: (() => void)[] = [];
  const clock: Clock = {
    now: () => chain.now,
    after(_ms, run) {
      due.push(run);
      return { cancel() {} };
    },
  };
  const healed: HealingReport = { faults: [], found: {}, healed: {}, waiting: {} };
  const scrub = new Scrub({
    genesis: chain.world.genesis,
    chain: rig.chain,
    store: rig.disk.store,
    keeper: rig.keeper,
    healing: { heal: async () => healed } as unknown as Healing,
    clock,
    logger: silentLogger,
    checkFiles: undefined,
    reorgs,
    onError() {},
  });
  return { scrub, due, rig };
}

test('a round ends also where every moment brings a reorg that leaves what it has seen', async () => {
  let count = 0;
  const { scrub } = await scrubOf(() => count++);
  expect((await scrub.run()).report).toMatchObject({ sound: true, height: 5 });
});

test('a round shows the chain the key of each row, and then says that these were all', async () => {
  const { scrub, rig } = await scrubOf(() => 0);
  const [see, seenAll] = [vi.spyOn(rig.chain.ids, 'see'), vi.spyOn(rig.chain.ids, 'seenAll')];
  await scrub.run();
  const stored = await rig.disk.store.all('');
  expect(see.mock.calls.map(([key]) => key)).toEqual(stored.map(([key]) => key));
  expect(seenAll.mock.invocationCallOrder).toEqual([Math.max(...see.mock.invocationCallOrder) + 1]);
});

test('whoever asks while a round is under way is told of what broke behind it', async () => {
  const { scrub, due, rig } = await scrubOf(() => 0);
  scrub.start(1_000);
  due.shift()!();
  // The round has read all values, and rests before the first of the blocks.
  while (due.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const key = storeKeys.outbox('ab'.repeat(32));
  await rig.database.put(key, new Uint8Array(20));
  expect((await scrub.run()).report).toMatchObject({
    sound: false,
    families: expect.arrayContaining([expect.objectContaining({ family: 'outbox', damaged: 1 })]),
  });
  await scrub.stop();
});

test('a round at an easy pace hurries once somebody waits for it', async () => {
  const { scrub, due } = await scrubOf(() => 0);
  scrub.start(1_000);
  // The round begins; its first pause has no end of its own.
  due.shift()!();
  while (due.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect((await scrub.run()).report.sound).toBe(true);
  await scrub.stop();
});
