import { expect, test } from 'vitest';
import { type Block, checkBlock, type StateView } from '../../src/ledger/index.ts';
import { ReadOnce } from '../../src/ledger/read-once.ts';
import { Chain, testGenesis } from '../support/ledger.ts';

test('a key is asked for once, also where it has no value', () => {
  const asked: string[] = [];
  const below: StateView = {
    get(key) {
      asked.push(key);
      return key === 'here' ? 7 : undefined;
    },
  };
  const view = new ReadOnce(below);
  expect(['here', 'gone', 'here', 'gone'].map((key) => view.get(key))).toEqual([7, undefined, 7, undefined]);
  expect(asked).toEqual(['here', 'gone']);
});

test('what fails is asked again', () => {
  let fails = true;
  const view = new ReadOnce({
    get() {
      if (fails) throw new Error('a damaged value');
      return 7;
    },
  });
  expect(() => view.get('key')).toThrow('a damaged value');
  fails = false;
  expect(view.get('key')).toBe(7);
});

test('a block that is checked looks for each key of what is stored once, rewards apart', () => {
  const world = testGenesis();
  const chain = new Chain(world);
  const order = world.order('alice', 'zoe');
  chain.mine(world.register('alice', 'zoe'), order);
  const prescription = world.prescribe('alice', 'zoe');
  const before = chain.context();
  const block: Block = chain.mine(world.answer('bob', order), prescription, world.fill('charlie', prescription));
  const asked = new Map<string, number>();
  const state: StateView = {
    get(key) {
      asked.set(key, (asked.get(key) ?? 0) + 1);
      return before.state.get(key);
    },
  };
  expect(checkBlock(block, { ...before, now: chain.now, state }).ok).toBe(true);
  // Which rewards can be paid is read before the draft begins.
  const ofRewards = (key: string) => key.startsWith('due') || key.startsWith('balance/');
  expect([...asked].filter(([key, times]) => times > 1 && !ofRewards(key))).toEqual([]);
  expect(asked.size).toBeGreaterThan(8);
});
