/**
 * What a user is told "ok" about is on the disk, synced. One at a time each submission waits for a sync of its own; where many
 * wait they share one. The transactions are signed beforehand: that is the user's work, and not the node's.
 */
import { assert } from '../src/base/index.ts';
import type { Transaction } from '../src/ledger/index.ts';
import type { LedgerNode } from '../src/node/index.ts';
import { createMemoryHub } from '../test/support/memory-transport.ts';
import { beside, syncedBatchesPerSecond } from './limit.ts';
import { createLoneNode } from './lone-node.ts';
import type { Question } from './question.ts';
import { QuickWorld, registrations } from './quick-world.ts';
import { emptyFolder } from './workplace.ts';

const atOnce = 64;

export const durable: Question = {
  name: 'durable',
  asks: 'How many submissions per second does one node acknowledge, each synced to the disk?',
  targets: [
    { figure: 'oneOfBatchLimitTimes', atLeast: 0.8, quickly: { atLeast: 0.1 } },
    { figure: 'manyOfBatchLimitTimes', atLeast: 5, quickly: { atLeast: 0.5 } },
    { figure: 'manyOverOneTimes', quickly: { atLeast: 1.2 } },
  ],
  async run({ isQuick }) {
    const world = new QuickWorld('durable');
    const count = isQuick ? 500 : 3_000;
    const one = registrations(world, count, 'alone');
    const many = registrations(world, 4 * count, 'together');
    const folder = await emptyFolder();
    const node = await createLoneNode(folder.path, createMemoryHub());
    try {
      await node.start();
      // The first few compile what is measured.
      await submitAll(node, registrations(world, count, 'first'), 1);
      const alone = await beside(syncedBatchesPerSecond, () => submitAll(node, one, 1));
      const together = await beside(syncedBatchesPerSecond, () => submitAll(node, many, atOnce));
      const limit = (alone.limit + together.limit) / 2;
      return {
        onePerSecond: alone.result,
        manyPerSecond: together.result,
        batchLimitPerSecond: limit,
        oneOfBatchLimitTimes: alone.result / alone.limit,
        manyOfBatchLimitTimes: together.result / together.limit,
        manyOverOneTimes: together.result / alone.result,
      };
    } finally {
      await node.stop();
      await folder.remove();
    }
  },
};

/** Keeps so many submissions under way. @returns how many were acknowledged in a second. */
async function submitAll(node: LedgerNode, transactions: readonly Transaction[], underWay: number): Promise<number> {
  const left = transactions.values();
  const submitRest = async () => {
    for (const transaction of left) {
      const verdict = await node.submit(transaction);
      assert(verdict.ok, 'what is submitted holds');
    }
  };
  const beganAt = performance.now();
  await Promise.all(Array.from({ length: underWay }, submitRest));
  return (transactions.length * 1_000) / (performance.now() - beganAt);
}
