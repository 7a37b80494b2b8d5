/** A block of some thousand transactions leaves rows that hold more values than anything of a stranger may. */
import { expect, test } from 'vitest';
import { limits } from '../../src/base/index.ts';
import { readRowAnyway } from '../../src/node/scrub-chain.ts';
import { createStore, storeKeys } from '../../src/storage/index.ts';
import { putRow } from '../../src/storage/rows.ts';
import { memoryDatabase } from '../storage/databases.ts';

test('a scrub reads a row that is as long as an undo record may be', async () => {
  const store = createStore(await memoryDatabase());
  const key = storeKeys.undo('ab'.repeat(32));
  const row = Array.from({ length: limits.encodedValues + 1 }, (_, n) => n);
  await store.write([putRow(key, row)]);
  expect(readRowAnyway(store, key)).toEqual(row);
});
