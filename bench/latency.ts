/**
 * A network in which nothing else happens: how long until what one does is known to all three. A block counts from `mine`
 * on, so the search for its nonce is a part; what is submitted counts from the moment when its author sends it off.
 */
import { assert } from '../src/base/index.ts';
import { quantile } from '../test/support/quantile.ts';
import { Nodes } from './nodes.ts';
import type { Question } from './question.ts';

/** Rounds that only compile what is measured. */
const warmUp = 20;

export const latency: Question = {
  name: 'latency',
  asks: 'How long until a block is the tip, and a transaction in the mempool, on all three nodes of an idle network?',
  targets: [
    { figure: 'mineP50Ms', atMost: 30 },
    { figure: 'mineP99Ms', atMost: 100 },
    { figure: 'submitP99Ms', atMost: 50 },
  ],
  async run({ isQuick }) {
    const nodes = await Nodes.trio();
    try {
      const submitted: number[] = [];
      const mined: number[] = [];
      const rounds = isQuick ? 20 : 200;
      for (let round = -warmUp; round < rounds; round++) {
        const node = nodes.nodes[Math.abs(round) % nodes.nodes.length]!;
        const { id, at } = await node.call('submitOne', round);
        const submittedMs = (await nodes.everywhere('pending', id)) - at;
        const block = await node.call('mine');
        assert(block, 'there is something to mine');
        const minedMs = (await nodes.everywhere('tip', block.hash)) - block.at;
        if (round < 0) continue;
        submitted.push(submittedMs);
        mined.push(minedMs);
      }
      return {
        mineP50Ms: quantile(mined, 0.5)!,
        mineP99Ms: quantile(mined, 0.99)!,
        submitP50Ms: quantile(submitted, 0.5)!,
        submitP99Ms: quantile(submitted, 0.99)!,
      };
    } finally {
      await nodes.stop();
    }
  },
};
