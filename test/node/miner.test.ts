import { expect, test, vi } from 'vitest';
import { silentLogger } from '../../src/base/index.ts';
import type { Block, Candidates, Transaction } from '../../src/ledger/index.ts';
import { inlineWorkers } from '../../src/node/index.ts';
import { Miner } from '../../src/node/miner.ts';
import { Signatures } from '../../src/node/signatures.ts';
import { Chain, nodeKeysFrom, testGenesis } from '../support/ledger.ts';
import { clockOf, openRig } from './rig.ts';

const world = testGenesis();

/** A miner of what `alice` registers, on a head that may move while it searches. */
async function openMiner(whileItSearches: (attempt: number) => void, blocksJudged = async () => {}) {
  const chain = new Chain(world);
  const rig = await openRig(chain);
  const published: string[] = [];
  let attempt = 0;
  const miner = new Miner({
    genesis: world.genesis,
    chain: rig.chain,
    keeper: rig.keeper,
    signatures: new Signatures(inlineWorkers),
    workers: {
      ...inlineWorkers,
      searchNonce(...search) {
        whileItSearches(attempt++);
        return inlineWorkers.searchNonce(...search);
      },
    },
    clock: clockOf(chain),
    logger: silentLogger,
    nodeKey: nodeKeysFrom('here'),
    candidates: () => only(world.register('alice', 'pending')),
    rewardsDue: () => [],
    clockIsWrong: () => false,
    onHeadMove: () => () => undefined,
    blocksJudged: () => blocksJudged(),
    onMined: ({ hash }) => void published.push(hash),
  });
  return { chain, rig, miner, published };
}

const only = (transaction: Transaction): Candidates => ({
  byAuthor: () => [{ bytes: transaction.bytes.length, oldestFirst: [{ transaction, age: 0 }] }],
});

test('no block is sealed beside one that is being checked', async () => {
  const { chain, rig, miner, published } = await openMiner(() => void rig.offer(anothers));
  const anothers = chain.mine(world.register('alice', 'first'));
  const offer = vi.spyOn(rig.keeper, 'offer');
  expect(await miner.mineOnce()).toEqual({ ok: false, code: 'head-moved' });
  expect(offer).toHaveBeenCalledTimes(1);
  expect(rig.chain.tip().hash).toBe(anothers.hash);
  expect(published).toEqual([]);
});

test('who asks for a block gets one on the new head', async () => {
  const { chain, rig, miner, published } = await openMiner((attempt) => {
    if (attempt === 0) void rig.offer(anothers);
  });
  const anothers = chain.mine(world.register('alice', 'first'));
  const mined = await miner.mine();
  expect(mined).toMatchObject({ ok: true, block: { header: { parent: anothers.hash, height: 2 } } });
  expect(published).toEqual([rig.chain.tip().hash]);
});

test('a miner that is stopped while it waits for another block seals none', async () => {
  const { rig, miner, published } = await openMiner(() => void miner.stop());
  expect(await miner.mineOnce()).toEqual({ ok: false, code: 'mining-timed-out' });
  expect(await miner.mineOnce()).toEqual({ ok: false, code: 'mining-timed-out' });
  expect(rig.chain.tip().height).toBe(0);
  expect(published).toEqual([]);
});

test('a block that has come and is not judged yet goes first, before anything is planned and before it is sealed', async () => {
  const anothers: Block[] = [];
  const judging = vi.fn<(call: number) => Promise<void>>();
  const miner = await openMiner(
    () => {},
    () => judging(judging.mock.calls.length),
  );
  const { chain, rig } = miner;
  anothers.push(chain.mine(world.register('alice', 'first')), chain.mine(world.register('alice', 'second')));
  const comesWith = (call: number) => async (now: number) => {
    if (now === call) await rig.offer(anothers.shift()!);
  };
  judging.mockImplementation(comesWith(0));
  expect(await miner.miner.mineOnce()).toEqual({ ok: false, code: 'head-moved' });
  judging.mockClear();
  judging.mockImplementation(comesWith(1));
  expect(await miner.miner.mineOnce()).toEqual({ ok: false, code: 'head-moved' });
  expect(rig.chain.tip().height).toBe(2);
  judging.mockClear();
  expect(await miner.miner.mine()).toMatchObject({ ok: true, block: { header: { height: 3 } } });
  expect(judging).not.toHaveBeenCalled();
});
