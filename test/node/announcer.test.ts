import { expect, test, vi } from 'vitest';
import { Announcer, type AnnouncerPorts } from '../../src/node/announcer.ts';
import type { Switch } from '../../src/node/chain-keeper.ts';
import { Emitter } from '../../src/node/emitter.ts';
import type { NodeEvents } from '../../src/node/index.ts';
import { Chain, testGenesis } from '../support/ledger.ts';

/** Tells of a block with three transactions: this node's users wrote the first and second, and the first is not settled. */
function announced(over: Partial<Pick<Switch, 'removed'>> = {}) {
  const chain = new Chain(testGenesis());
  const transactions = ['a', 'b', 'c'].map((name) => chain.world.register('alice', name));
  const [unsettled, settled] = transactions.map(({ id }) => id) as [string, string];
  const isOwn = vi.fn((id: string) => id === unsettled || id === settled);
  const emitter = new Emitter<NodeEvents>(() => {});
  const told: (readonly string[])[] = [];
  emitter.on('block', ({ own }) => told.push(own));
  const parts = {
    nodeKey: '',
    emitter,
    transactions: {
      isOwn,
      isUnsettled: (id: string) => id === unsettled,
      afterSwitch: () => ({ returned: [], lost: [] }),
    },
    solitude: { blocksCame() {} },
    chain: { tip: () => ({}) },
    store: { write: async () => {} },
    reorgLog: { append: () => [] },
    clock: { now: () => 0 },
    onFault() {},
  };
  const block = chain.mine(...transactions);
  const added = [{ block, work: 1, effect: { changes: [], rewards: [], patients: [] } }];
  const change = { ancestor: { hash: '', height: 0 }, removed: [], added, returned: [], changes: [], ...over };
  new Announcer(parts as unknown as AnnouncerPorts).switched(change);
  return { told, isOwn, unsettled, settled };
}

test('a block names what users of this node wrote, without a look at the disk for each of its transactions', () => {
  const { told, isOwn, unsettled } = announced();
  expect(told).toEqual([[unsettled]]);
  expect(isOwn).not.toHaveBeenCalled();
});

test('where it takes the place of others, it may also confirm once more what was settled', () => {
  const chain = new Chain(testGenesis());
  const block = chain.mine(chain.world.register('alice', 'z'));
  const { told, unsettled, settled } = announced({ removed: [block] });
  expect(told).toEqual([[unsettled, settled]]);
});
