/**
 * One node that has nothing meets a peer that has a chain: it fetches, checks, applies and stores all of it. The peer is in the
 * same process and the wire in memory, so this is all of a node but libp2p.
 */
import { createMemoryHub } from '../test/support/memory-transport.ts';
import { builtHistory, type EncodedChain, readChain } from './built-chain.ts';
import { startChainPeer } from './chain-peer.ts';
import { beside, verifiesPerSecond } from './limit.ts';
import { createLoneNode } from './lone-node.ts';
import type { Question } from './question.ts';
import { QuickWorld } from './quick-world.ts';
import { emptyFolder } from './workplace.ts';

export const importChain: Question = {
  name: 'import',
  asks: 'How fast does one node check, apply and store a foreign chain of 200 blocks of 500 transactions of all kinds?',
  targets: [{ figure: 'ofVerifyLimitTimes', atLeast: 1, quickly: { atLeast: 0.1 } }],
  async run({ isQuick }) {
    const folder = await builtHistory({ blocks: isQuick ? 20 : 200, perBlock: 500 });
    const chain = await readChain(folder);
    const { limit, result: tookMs } = await beside(verifiesPerSecond, () => fetchAll(chain));
    const transactionsPerSecond = (chain.transactions * 1_000) / tookMs;
    return { transactionsPerSecond, verifyLimitPerSecond: limit, ofVerifyLimitTimes: transactionsPerSecond / limit };
  },
};

/** @returns milliseconds from the start of a new node until it has the whole chain on its disk. */
async function fetchAll(chain: EncodedChain): Promise<number> {
  const { genesis } = new QuickWorld('import');
  const folder = await emptyFolder();
  const hub = createMemoryHub();
  const address = '127.0.0.1:7001';
  const peer = await startChainPeer(hub.transport('peer', address), genesis, chain);
  const node = await createLoneNode(folder.path, hub, [address]);
  try {
    const hasAll = new Promise<void>((resolve) => {
      node.on('tip', ({ hash }) => hash === chain.tip.hash && resolve());
    });
    const beganAt = performance.now();
    await node.start();
    await hasAll;
    return performance.now() - beganAt;
  } finally {
    await node.stop();
    await peer.stop();
    await folder.remove();
  }
}
