import { expect, test } from 'vitest';
import { DueList } from '../../src/node/due-list.ts';
import { Chain, testGenesis } from '../support/ledger.ts';
import { openRig } from './rig.ts';

test('what is due is made once for each head, and is what the next block pays', async () => {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const rig = await openRig(chain);
  let reads = 0;
  const state = {
    get(key: string) {
      reads++;
      return rig.chain.state.get(key);
    },
  };
  const due = new DueList({ state, tip: () => rig.chain.tip() }, world.genesis);
  const orders = Array.from({ length: 20 }, () => world.order('alice', 'zoe'));
  await rig.offer(chain.mine(world.register('alice', 'zoe'), ...orders));
  expect(due.all()).toEqual([]);
  await rig.offer(chain.mine(...orders.map((order) => world.answer('bob', order))));
  const owed = due.all();
  expect(owed).toHaveLength(20);
  reads = 0;
  for (let times = 0; times < 10; times++) expect(due.get('unheard of')).toBeUndefined();
  expect(due.get(owed[3]!.id)).toEqual(owed[3]);
  expect(reads).toBeLessThanOrEqual(11);
  await rig.offer(chain.mine());
  expect(chain.tip.rewards).toEqual(owed);
  expect(due.all()).toEqual([]);
});
