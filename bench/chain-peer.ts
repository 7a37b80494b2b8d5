/** A peer that has a chain in memory, encoded: it costs next to nothing, so what is measured is the node that fetches it. */
import { silentLogger, systemClock, systemRandom } from '../src/base/index.ts';
import type { Genesis } from '../src/ledger/index.ts';
import { createNetwork, type Network, type NetworkHandlers, type Transport } from '../src/network/index.ts';
import type { EncodedChain } from './built-chain.ts';

const nothingPending = { count: 0, sum: '00'.repeat(32) };

/** Offers `chain` to whoever is linked to `transport`. */
export async function startChainPeer(transport: Transport, genesis: Genesis, chain: EncodedChain): Promise<Network> {
  const network = createNetwork({
    transport,
    genesis,
    configured: [],
    loopbackOnly: true,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
  await network.start(answersOf(genesis, chain));
  return network;
}

function answersOf(genesis: Genesis, { headers, blocks, hashes, tip }: EncodedChain): NetworkHandlers {
  const heights = new Map(hashes.map((hash, index) => [hash, index + 1]));
  return {
    status: () => ({
      genesis: genesis.hash,
      rules: genesis.rules,
      tip,
      pending: nothingPending,
      time: systemClock.now(),
      nodeId: 'chain',
    }),
    known: () => undefined,
    onTransactions: async () => 'ignore',
    onBlock: async () => 'ignore',
    onPeer: () => {},
    onPeerGone: () => {},
    onStatus: () => {},
    headersAfter: (locator) => headers.slice(Math.max(0, ...locator.map((hash) => heights.get(hash) ?? 0))),
    blockBytes: (wanted) => wanted.map((hash) => blocks[heights.get(hash)! - 1]!),
    pendingIds: () => [],
    pendingBytes: () => [],
  };
}
