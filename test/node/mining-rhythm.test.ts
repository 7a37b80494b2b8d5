import { expect, test, vi } from 'vitest';
import { CarechainError, silentLogger, toHex } from '../../src/base/index.ts';
import { startMiningRhythm, turnOf } from '../../src/node/mining-rhythm.ts';
import { createVirtualClock } from '../network/virtual-clock.ts';
import { Chain, nodeKeysFrom, testGenesis } from '../support/ledger.ts';
import { openRig } from './rig.ts';

const here = nodeKeysFrom('here');
const aBlock = { ok: true, block: new Chain(testGenesis()).forge({}), rewards: [], rewardsDue: [] } as const;
const seconds = 10;

/** A miner `here` with a wait of ten seconds, without jitter, on a chain that others may make longer. */
async function startRhythm() {
  const world = testGenesis();
  const chain = new Chain(world);
  const rig = await openRig(chain);
  const clock = createVirtualClock();
  const watchers = new Set<() => void>();
  const mined: number[] = [];
  /**
   * Whether another's block comes first wherever this node does not insist, or while it mines; whether much is pending; whether
   * they are linked; how long a block takes.
   */
  const others = { comeFirst: false, come: false, fill: false, areLinked: false, takeMs: 0 };
  const header = vi.spyOn(rig.chain, 'header');
  const beganAt = clock.now();
  let count = 0;
  const rhythm = startMiningRhythm(seconds, {
    clock,
    random: { bytes: () => new Uint8Array(), fraction: () => 0.5 },
    logger: silentLogger,
    chain: rig.chain,
    nodeKey: toHex(here.publicKey),
    hasPeers: () => others.areLinked,
    isDue: () => true,
    isFull: () => others.fill,
    async mine(insists) {
      if (others.comeFirst && !insists) return { ok: false, code: 'head-moved' };
      mined.push((clock.now() - beganAt) / 1_000);
      if (others.takeMs === 0) return { ok: false, code: 'nothing-to-mine' };
      await new Promise<void>((resolve) => void clock.after(others.takeMs, resolve));
      return others.come ? { ok: false, code: 'head-moved' } : aBlock;
    },
    onHeadMove(run) {
      watchers.add(run);
      return () => watchers.delete(run);
    },
  });
  /** The next block is from `name`. */
  const sealBy = async (name: string) => {
    const transactions = [world.register('alice', `patient ${count++}`)];
    const block = chain.forge({ transactions, miner: nodeKeysFrom(name) });
    expect(chain.offer(block)).toBe('OK');
    expect(await rig.offer(block)).toBe('main');
    for (const run of watchers) run();
  };
  return { clock, mined, others, header, watchers, sealBy, rhythm };
}

test('who has not sealed for the longest time goes first', () => {
  expect(turnOf('a', [])).toBe(0);
  expect(turnOf('a', ['a', 'a'])).toBe(0);
  expect(turnOf('a', ['b', 'b', 'c'])).toBe(0);
  const recent = ['c', 'b', 'c', 'a', 'b'];
  expect(['a', 'b', 'c'].map((miner) => turnOf(miner, recent))).toEqual([0, 1, 2]);
});

test('one that is alone seals each time', async () => {
  const { clock, mined, rhythm } = await startRhythm();
  await clock.advance(35_000);
  expect(mined).toEqual([10, 20, 30]);
  rhythm.cancel();
  expect(clock.armed()).toBe(0);
});

test('the wait counts from the last block, and a whole one more for each whose turn is before', async () => {
  const { clock, mined, sealBy, rhythm } = await startRhythm();
  await sealBy('there');
  await sealBy('here');
  await clock.advance(6_000);
  // One other has a turn before this one's.
  await sealBy('here');
  await clock.advance(19_000);
  expect(mined).toEqual([]);
  await clock.advance(1_000);
  expect(mined).toEqual([26]);
  await clock.advance(4_000);
  await sealBy('there');
  await clock.advance(10_000);
  expect(mined).toEqual([26, 40]);
  rhythm.cancel();
});

test('who has gone has no turn after a while', async () => {
  const { clock, mined, sealBy, rhythm } = await startRhythm();
  await sealBy('there');
  for (let count = 0; count < 8; count++) await sealBy('here');
  await clock.advance(10_000);
  expect(mined).toEqual([10]);
  rhythm.cancel();
});

test('blocks of others do not keep this one from sealing for ever', async () => {
  const { clock, mined, sealBy, rhythm } = await startRhythm();
  for (let count = 0; count < 40; count++) {
    await sealBy('there');
    await clock.advance(1_000);
  }
  expect(mined).toEqual([19, 38]);
  rhythm.cancel();
  await sealBy('there');
  expect(clock.armed()).toBe(0);
});

test('and where they come first each time, it insists', async () => {
  const { clock, mined, others, rhythm } = await startRhythm();
  others.comeFirst = true;
  await clock.advance(200_000);
  // Ten times another's block came first, at 10, 20 … 100.
  expect(mined).toEqual([110]);
  rhythm.cancel();
});

test('a disk that cannot be read takes the turn from nobody, and stops nothing', async () => {
  const { clock, mined, header, sealBy, rhythm } = await startRhythm();
  await sealBy('there');
  await sealBy('here');
  header.mockImplementation(() => {
    throw new CarechainError('folder-failed', 'The disk cannot be read.');
  });
  await clock.advance(40_000);
  expect(mined.length).toBeGreaterThanOrEqual(2);
  await sealBy('there').catch(() => undefined);
  expect(clock.armed()).toBe(1);
  rhythm.cancel();
});

test('a head that moves while the node stops arms nothing', async () => {
  const { clock, watchers, rhythm } = await startRhythm();
  const watching = [...watchers];
  rhythm.cancel();
  for (const run of watching) run();
  expect(clock.armed()).toBe(0);
});

test('a head that moves while it mines leaves one timer', async () => {
  const { clock, watchers, rhythm } = await startRhythm();
  const running = clock.advance(10_000);
  for (const run of watchers) run();
  await running;
  for (const run of watchers) run();
  expect(clock.armed()).toBe(1);
  rhythm.cancel();
});

test('a block that is full waits for nothing but the others', async () => {
  const { clock, mined, others, sealBy, rhythm } = await startRhythm();
  others.fill = true;
  await sealBy('here');
  await clock.advance(3_000);
  expect(mined).toEqual([2.5]);
  await sealBy('there');
  await sealBy('here');
  await clock.advance(12_000);
  expect(mined).toEqual([2.5]);
  await clock.advance(1_000);
  expect(mined).toEqual([2.5, 15.5]);
  rhythm.cancel();
});

test('a wait ends when a block is full', async () => {
  const { clock, mined, others, rhythm } = await startRhythm();
  await clock.advance(4_000);
  others.fill = true;
  await clock.advance(500);
  expect(mined).toEqual([]);
  await clock.advance(500);
  expect(mined).toEqual([5]);
  rhythm.cancel();
});

test('where a block takes long the others are given as long, and as long again where they have yet to hear of the last', async () => {
  const { clock, mined, others, sealBy, rhythm } = await startRhythm();
  others.takeMs = 8_000;
  await clock.advance(18_000);
  expect(mined).toEqual([10]);
  await sealBy('here');
  await sealBy('there');
  // It is this one's turn.
  await clock.advance(18_000);
  expect(mined).toEqual([10, 28]);
  await sealBy('here');
  await clock.advance(36_000 + 8_000);
  expect(mined).toEqual([10, 28, 72]);
  others.areLinked = true;
  await sealBy('here');
  await clock.advance(36_000);
  expect(mined).toEqual([10, 28, 72]);
  await clock.advance(16_000);
  expect(mined).toEqual([10, 28, 72, 132]);
  rhythm.cancel();
});

test('how long it mined where another was first is not how long a block takes', async () => {
  const { clock, mined, others, sealBy, rhythm } = await startRhythm();
  others.takeMs = 8_000;
  others.come = true;
  await clock.advance(18_000);
  expect(mined).toEqual([10]);
  await sealBy('there');
  await sealBy('here');
  await clock.advance(19_000);
  expect(mined).toEqual([10]);
  await clock.advance(1_000);
  expect(mined).toEqual([10, 38]);
  rhythm.cancel();
});
