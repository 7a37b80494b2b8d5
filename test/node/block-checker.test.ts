import { describe, expect, test } from 'vitest';
import type { Block } from '../../src/ledger/index.ts';
import { BlockChecker, signaturesAhead, weightOf } from '../../src/node/block-checker.ts';
import { Signatures } from '../../src/node/signatures.ts';
import { inlineWorkers } from '../../src/node/workers.ts';
import { Chain, testGenesis } from '../support/ledger.ts';
import { countTurns } from '../support/waiting.ts';
import { openRig } from './rig.ts';

/** Blocks of a branch on which so many transactions are each, read one by one; and how much was read so far. */
async function readAhead(length: number, perBlock: number) {
  const chain = new Chain(testGenesis());
  const many = Array.from({ length: perBlock }, (_, count) => chain.world.register('adam', `somebody ${count}`));
  const block: Block = { ...chain.mine(chain.world.register('adam', 'first')), transactions: many };
  const read = { weight: 0 };
  function* bodies() {
    for (let count = 0; count < length; count++) {
      read.weight += weightOf(block);
      yield block;
    }
  }
  const { chain: store } = await openRig(chain);
  const clock = { now: () => chain.now, after: () => ({ cancel() {} }) };
  const checker = new BlockChecker({ genesis: chain.world.genesis, signatures: new Signatures(inlineWorkers), clock });
  return { blocks: checker.withSignaturesAhead(bodies(), store.state), read, weight: weightOf(block) };
}

describe('the blocks of a branch', () => {
  test.each([
    ['without a transaction', 3_000, 0],
    ['of ten transactions', 300, 10],
    ['longer than what may lie ahead', 4, 1_100],
  ])('%s are not all read before the first of them is checked', async (_, length, perBlock) => {
    const { blocks, read, weight } = await readAhead(length, perBlock);
    let had = 0;
    for await (const block of blocks) {
      had += weightOf(block);
      expect(read.weight - had).toBeLessThanOrEqual(Math.max(signaturesAhead, weight));
      if (had < length * weight) expect(read.weight).toBeGreaterThan(had);
    }
    expect(had).toBe(length * weight);
  });

  test('leave others their turn while they are read', async () => {
    const { blocks } = await readAhead(1_000, 0);
    const turns = countTurns();
    await blocks[Symbol.asyncIterator]().next();
    expect(turns()).toBeGreaterThanOrEqual(1);
  });
});
