/**
 * Wires the ledger node: what it is made of, straight down, in the order in which the parts need each other. Everything
 * that touches the world is an argument, so that a test, a simulation and production run the same code.
 */
import { signingKeyPair } from '../crypto/index.ts';
import { createNetwork } from '../network/index.ts';
import { openChainStore, openEquivocationLog, openLostStore, openOutbox, openReorgLog } from '../storage/index.ts';
import { ReadWatch } from './heal-on-read.ts';
import type { LedgerNode } from './ledger-node.ts';
import { Node } from './node.ts';
import type { NodeSettings, NodeWorld } from './node-settings.ts';
import { insistOnRecentRows } from './scrub-heights.ts';

export async function createNode(settings: NodeSettings, world: NodeWorld): Promise<LedgerNode> {
  const { genesis } = settings;
  const { clock, random, store, transport, logger } = world;
  const network = createNetwork({
    transport,
    genesis,
    configured: settings.peers,
    loopbackOnly: settings.loopbackOnly,
    clock,
    random,
    logger: logger.child('network'),
  });
  const watch = new ReadWatch();
  const watched = watch.store(store);
  const chain = await openChainStore(watched, genesis);
  insistOnRecentRows(store, chain, genesis);
  return new Node(settings, world, {
    store: watched,
    chain: watch.chain(chain),
    watch,
    unwatched: { store, chain },
    outbox: await openOutbox(watched),
    lost: watch.lost(await openLostStore(watched)),
    reorgLog: await openReorgLog(watched),
    equivocationLog: await openEquivocationLog(watched),
    network,
    nodeKey: signingKeyPair(settings.nodeSeed),
  });
}
