/**
 * Wires the ledger node: what it is made of, straight down, in the order in which the parts need each other. Everything
 * that touches the world is an argument, so that a test, a simulation and production run the same code.
 */
import { signingKeyPair } from '../crypto/index.ts';
import { createNetwork } from '../network/index.ts';
import { openChainStore, openLostStore, openOutbox, openReorgLog } from '../storage/index.ts';
import type { LedgerNode } from './ledger-node.ts';
import { Node } from './node.ts';
import type { NodeSettings, NodeWorld } from './node-settings.ts';

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
  return new Node(settings, world, {
    store,
    chain: await openChainStore(store, genesis),
    outbox: await openOutbox(store),
    lost: await openLostStore(store),
    reorgLog: await openReorgLog(store),
    network,
    nodeKey: signingKeyPair(settings.nodeSeed),
  });
}
