/** A clinic joins late: its node has nothing, and fetches 100,000 transactions from one peer, and from two. */
import { until } from '../test/support/waiting.ts';
import { builtHistory } from './built-chain.ts';
import { beside, verifiesPerSecond } from './limit.ts';
import { Nodes } from './nodes.ts';
import type { Question } from './question.ts';
import { copyOf, type Folder } from './workplace.ts';

const perBlock = 500;

export const sync: Question = {
  name: 'sync',
  asks: 'How fast does an empty node fetch a chain of 100,000 transactions from one peer, and from two?',
  targets: [
    { figure: 'ofVerifyLimitTimes', atLeast: 0.8, quickly: { atLeast: 0.05 } },
    { figure: 'twoOverOneTimes', atLeast: 1, quickly: { atLeast: 0.3 } },
  ],
  async run({ isQuick }) {
    const blocks = isQuick ? 20 : 200;
    const history = await builtHistory({ blocks, perBlock });
    const { limit, result } = await beside(verifiesPerSecond, async () => {
      const ms = { one: 0, two: 0 };
      // A machine that grows slower or faster meanwhile does the same to both.
      for (const peers of ['one', 'two', 'two', 'one'] as const) {
        ms[peers] += await fetchFrom(peers === 'one' ? 1 : 2, history, blocks);
      }
      return ms;
    });
    const perSecond = (ms: number) => (2 * blocks * perBlock * 1_000) / ms;
    return {
      onePerSecond: perSecond(result.one),
      twoPerSecond: perSecond(result.two),
      verifyLimitPerSecond: limit,
      ofVerifyLimitTimes: perSecond(result.one) / limit,
      twoOverOneTimes: result.one / result.two,
    };
  },
};

const fetchMs = 300_000;

/** @returns milliseconds from the start of the empty node until it has the whole chain. */
async function fetchFrom(peers: number, history: string, blocks: number): Promise<number> {
  const nodes = new Nodes();
  const copies: Folder[] = [];
  try {
    for (let count = 0; count < peers; count++) {
      const copy = await copyOf(history);
      copies.push(copy);
      await nodes.start({ dataDir: copy.path, peers: nodes.ports.map((port) => `127.0.0.1:${port}`) });
    }
    const beganAt = performance.now();
    const node = await nodes.start({ peers: nodes.ports.slice(0, peers).map((port) => `127.0.0.1:${port}`) });
    await until(async () => (await node.call('view')).height === blocks, 'the whole chain', fetchMs);
    return performance.now() - beganAt;
  } finally {
    await nodes.stop();
    for (const copy of copies) await copy.remove();
  }
}
