import { expect, test } from 'vitest';
import { replay } from '../../src/node/replay.ts';
import { Chain, testGenesis } from '../support/ledger.ts';

test('others get a turn after each block that is large', async () => {
  const chain = new Chain(testGenesis());
  const blocks = [1, 2, 3].map((block) => {
    const patients = Array.from({ length: 100 }, (_, patient) => `${block} ${patient}`);
    return chain.mine(...patients.map((patient) => chain.world.register('alice', patient)));
  });
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const { height, failure } = await replay(blocks, { genesis: chain.world.genesis, now: chain.now });
  isOver = true;
  expect([height, failure]).toEqual([3, null]);
  expect(turns).toBeGreaterThanOrEqual(3);
});
