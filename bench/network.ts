/**
 * Three nodes, on all of which people write as much as is taken, for half a minute. What counts is in blocks on all three.
 * Each of the three must check each signature that it did not make itself, on two cores: so if they did nothing else, they
 * would confirm two thirds of what one core verifies.
 */
import { assert } from '../src/base/index.ts';
import { pause } from '../test/support/waiting.ts';
import { beside, verifiesPerSecond } from './limit.ts';
import type { Confirmed } from './node-host.ts';
import { Nodes } from './nodes.ts';
import type { Question } from './question.ts';

const cores = 2;
const mineEverySeconds = 1;
/** Until blocks come as steadily as they will. */
const warmUpMs = 5_000;
const settleMs = 120_000;

export const network: Question = {
  name: 'network',
  asks: 'How many transactions per second do three nodes confirm while people write on all of them?',
  targets: [{ figure: 'ofCeilingTimes', atLeast: 0.5, quickly: { atLeast: 0.01 } }],
  async run({ isQuick }) {
    const measuredMs = isQuick ? 6_000 : 30_000;
    const { limit, result } = await beside(verifiesPerSecond, () => confirmWhileWriting(measuredMs));
    const ceiling = (cores * limit) / 3;
    return {
      ...result,
      verifyLimitPerSecond: limit,
      ceilingPerSecond: ceiling,
      ofCeilingTimes: result.confirmedPerSecond / ceiling,
    };
  },
};

async function confirmWhileWriting(measuredMs: number) {
  const nodes = await Nodes.trio(mineEverySeconds);
  try {
    const workMs = warmUpMs + measuredMs;
    await Promise.all(nodes.nodes.map((node) => node.call('sign', (workMs / 1_000) * mostPerSecond)));
    const writing = Promise.all(nodes.nodes.map((node) => node.call('write', workMs)));
    await pause(warmUpMs);
    const before = await confirmedOf(nodes);
    await pause(measuredMs);
    const after = await confirmedOf(nodes);
    const rates = after.map(({ transactions, at }, index) => {
      const begin = before[index]!;
      return ((transactions - begin.transactions) * 1_000) / (at - begin.at);
    });
    const over = (of: (confirmed: Confirmed) => number) => sum(after.map(of)) - sum(before.map(of));
    const confirmed = over(({ transactions }) => transactions);
    const writtenCount = sum(await writing);
    const beganAt = performance.now();
    await nodes.agree(settleMs);
    const agreedAfterMs = performance.now() - beganAt;
    await nodes.settle(settleMs);
    const settledAfterMs = performance.now() - beganAt;
    const inChain = (await confirmedOf(nodes)).map(({ transactions }) => transactions);
    assert(
      inChain.every((count) => count === writtenCount),
      'everything that was acknowledged is in the chain of each',
    );
    return {
      confirmedPerSecond: Math.min(...rates),
      writtenCount,
      // What joined the main chain of a node for each that stayed: forks cost what is above one.
      joinedTimes: over(({ joined }) => joined.transactions) / confirmed,
      blocksCount: over(({ height }) => height) / after.length,
      joinedBlocksTimes: over(({ joined }) => joined.blocks) / over(({ height }) => height),
      // Of all three together.
      processorOfEachMs: (over(({ processorMs }) => processorMs) * after.length) / confirmed,
      agreedAfterMs,
      settledAfterMs,
    };
  } finally {
    await nodes.stop();
  }
}

/** What one node's people could not write more than. */
const mostPerSecond = 3_000;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const confirmedOf = (nodes: Nodes) => Promise.all(nodes.nodes.map((node) => node.call('confirmed')));
