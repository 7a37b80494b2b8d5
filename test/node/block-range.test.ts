import { expect, test } from 'vitest';
import { CarechainError } from '../../src/base/index.ts';
import type { Block } from '../../src/ledger/index.ts';
import { BlockChecker } from '../../src/node/block-checker.ts';
import { BlockRange } from '../../src/node/block-range.ts';
import { inlineWorkers } from '../../src/node/index.ts';
import { Signatures } from '../../src/node/signatures.ts';
import { storedTimes } from '../../src/node/stored-times.ts';
import { Chain, testGenesis } from '../support/ledger.ts';
import { until } from '../support/waiting.ts';
import { clockOf, disagreements, openRig } from './rig.ts';

const waitMs = 20_000;

/** A hundred blocks, and a disk that takes a batch when it is told to. */
async function onASlowDisk() {
  const world = new Chain(testGenesis());
  const blocks: Block[] = [];
  while (blocks.length < 100) blocks.push(world.mine(world.world.register('alice', `patient ${blocks.length}`)));
  const rig = await openRig(world);
  const { chain } = rig;
  const waiting: { count: number; take(): void; refuse(error: Error): void }[] = [];
  const checked: string[] = [];
  const range = new BlockRange(blocks, {
    chain,
    checker: new BlockChecker({
      genesis: world.world.genesis,
      signatures: new Signatures(inlineWorkers),
      clock: clockOf(world),
    }),
    tip() {
      const { hash, header, work } = chain.tip();
      return { hash, header, work, medianTimes: storedTimes(chain, header) };
    },
    isUnheardOf: ({ hash }) => !chain.header(hash),
    onHeader: ({ hash }) => void checked.push(hash),
    async commit(_start, added, changes) {
      await new Promise<void>((take, refuse) => waiting.push({ count: added.length, take, refuse }));
      await chain.commit({ removed: [], added, changes, also: [] });
    },
  });
  return { world, rig, range, blocks, waiting, checked };
}

test('while the disk takes some blocks the next are checked, and wait for it', async () => {
  const { world, rig, range, blocks, waiting, checked } = await onASlowDisk();
  const extending = range.extend(0);
  for (const [written, count] of [
    [0, 32],
    [32, 32],
    [64, 32],
    [96, 4],
  ] as const) {
    await until(() => checked.length === Math.min(written + 64, 100), 'the next blocks to be checked', waitMs);
    expect(waiting.map((each) => each.count)).toEqual([count]);
    expect(rig.chain.tip().height).toBe(written);
    waiting.shift()!.take();
    await until(() => rig.chain.tip().height === written + count, 'the blocks to be written', waitMs);
  }
  expect(await extending).toBe(100);
  expect(checked).toEqual(blocks.map(({ hash }) => hash));
  expect(await disagreements(rig, world)).toEqual([]);
});

test('where the disk fails, what it took before counts, and the rest is checked again', async () => {
  const { world, rig, range, waiting, checked } = await onASlowDisk();
  const extending = range.extend(0);
  await until(() => checked.length === 64, 'the next blocks to be checked', waitMs);
  waiting.shift()!.take();
  await until(() => waiting.length === 1, 'the next blocks to wait for the disk', waitMs);
  waiting.shift()!.refuse(new CarechainError('folder-failed', 'The disk is full.'));
  expect(await extending).toBe(32);
  expect(rig.chain.tip().height).toBe(32);

  const again = range.extend(32);
  await until(() => waiting.length === 1, 'the same blocks to wait for the disk', waitMs);
  waiting.shift()!.refuse(new CarechainError('folder-failed', 'The disk is full.'));
  await expect(again).rejects.toMatchObject({ code: 'folder-failed' });

  let isOver = false;
  const rest = range.extend(32).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await until(() => isOver || waiting.length > 0, 'the rest to wait for the disk', waitMs);
    waiting.shift()?.take();
  }
  expect(await rest).toBe(68);
  expect(await disagreements(rig, world)).toEqual([]);
});

test('others have their turn after some thousand transactions', async () => {
  const world = new Chain(testGenesis());
  const rig = await openRig(world);
  const blocks: Block[] = [];
  const many = (at: number) => Array.from({ length: 500 }, (_, n) => world.world.register('adam', `${at} ${n}`));
  while (blocks.length < 6) blocks.push(world.mine(...many(blocks.length)));
  const order: string[] = [];
  const offering = (async () => {
    for await (const { verdict } of rig.keeper.offerRange(blocks, 'peer')) order.push(verdict);
  })();
  const other = rig.keeper.exclusively(async () => void order.push('another'));
  await Promise.all([offering, other]);
  expect(order).toHaveLength(7);
  expect(order.indexOf('another')).toBeLessThan(5);
});
