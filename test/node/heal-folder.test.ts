/** What `scrub --heal` takes over from a folder that is larger than memory should be. */
import { expect, test } from 'vitest';
import { equalBytes, limits } from '../../src/base/index.ts';
import { rejection } from '../../src/ledger/index.ts';
import { healFolder } from '../../src/node/index.ts';
import {
  createStore,
  openChainStore,
  openLostStore,
  openOutbox,
  type Store,
  storeKeys,
} from '../../src/storage/index.ts';
import { Chain, testGenesis } from '../support/ledger.ts';
import { clockOf, memoryDatabase } from './rig.ts';

test('records are taken over piece by piece', async () => {
  const chain = new Chain(testGenesis());
  const { genesis } = chain.world;
  const source = createStore(await memoryDatabase());
  await openChainStore(source, genesis);
  const largest = new Uint8Array(limits.recordBytes);
  const keys = Array.from({ length: 40 }, (_, n) => storeKeys.record(`envelope/${n}`));
  for (const key of keys) await source.write([{ type: 'put', key, value: largest }]);
  const store = createStore(await memoryDatabase());
  let most = 0;
  const into: Store = {
    ...store,
    write(writes) {
      const bytes = writes.reduce((sum, write) => sum + (write.type === 'put' ? write.value.length : 0), 0);
      most = Math.max(most, bytes);
      return store.write(writes);
    },
  };
  const healed = await healFolder({ genesis, sources: [source], into, clock: clockOf(chain), onProgress() {} });
  expect(healed.kept).toEqual({ record: 40 });
  for (const key of keys) expect(equalBytes(store.get(key)!, largest)).toBe(true);
  expect(most).toBeLessThanOrEqual(limits.scrubPieceBytes + 2 * limits.recordBytes);
});

test('what users of this node wrote is marked again where it has become impossible or waits', async () => {
  const chain = new Chain(testGenesis());
  const { genesis } = chain.world;
  const source = createStore(await memoryDatabase());
  await openChainStore(source, genesis);
  const lost = await openLostStore(source);
  const [mine, others, waiting] = ['Ann', 'Ben', 'Cid'].map((name) => chain.world.register('alice', name));
  for (const [transaction, own] of [
    [mine!, true],
    [others!, false],
  ] as const)
    await source.write(lost.put({ transaction, rejection: rejection('patient-already-registered'), own }));
  const [row] = (await openOutbox(source)).put(waiting!);
  await source.write([row!]);
  const into = createStore(await memoryDatabase());
  await healFolder({ genesis, sources: [source], into, clock: clockOf(chain), onProgress() {} });
  const outbox = await openOutbox(into);
  expect([mine!, others!, waiting!].map(({ id }) => outbox.isOwn(id))).toEqual([true, false, true]);
});
