import { expect, test } from 'vitest';
import { Chain, testGenesis } from '../support/ledger.ts';

test('the books of the story, block by block', () => {
  const world = testGenesis();
  const chain = new Chain(world);
  const order = world.order('alice', 'zoe');
  const prescription = world.prescribe('alice', 'zoe');
  const row = () => [chain.balance('alice'), chain.balance('bob'), chain.balance('charlie'), chain.balance('SYSTEM')];

  chain.mine(world.register('alice', 'zoe'), order);
  expect([row(), chain.due()]).toEqual([[0, 0, 0, 1_000_000], []]);
  chain.mine(world.answer('bob', order));
  expect([row(), chain.due()]).toEqual([[0, 0, 0, 1_000_000], [500]]);
  chain.mine();
  expect([row(), chain.due()]).toEqual([[500, 0, 0, 999_500], []]);
  chain.mine(prescription, world.pay('alice', 'bob', world.genesis.prices.reportAccess));
  expect([row(), chain.due()]).toEqual([[400, 100, 0, 999_500], []]);
  chain.mine(world.fill('charlie', prescription));
  expect([row(), chain.due()]).toEqual([[400, 100, 0, 999_500], [700]]);
  chain.mine();
  expect([row(), chain.due()]).toEqual([[1_100, 100, 0, 998_800], []]);
  expect(chain.tip.header.height).toBe(6);
});
