/**
 * Wires the ledger node: what it is made of, straight down, in the order in which the parts need each other. Everything
 * that touches the world is an argument, so that a test, a simulation and production run the same code.
 */
import type { Clock, Logger, Random } from '../base/index.ts';
import { signingKeyPair } from '../crypto/index.ts';
import type { Genesis } from '../ledger/index.ts';
import { createNetwork, type Transport } from '../network/index.ts';
import { openChainStore, openLostStore, openOutbox, openReorgLog, type Store } from '../storage/index.ts';
import type { LedgerNode } from './ledger-node.ts';
import { Node } from './node.ts';
import type { Workers } from './workers.ts';

export interface NodeSettings {
  readonly genesis: Genesis;
  /** Its name for people, such as DoctorNode-5001. */
  readonly nodeId: string;
  /** Ed25519 seed of the node key. */
  readonly nodeSeed: Uint8Array;
  /** host:port or multiaddrs. */
  readonly peers: readonly string[];
  /** Seals a block whenever something is pending, after a jittered wait of about this long; null for only on demand. */
  readonly mineEverySeconds: number | null;
  /** Only loopback addresses are dialled: the demo network, whose keys everybody has. */
  readonly loopbackOnly: boolean;
}

export interface NodeWorld {
  readonly clock: Clock;
  readonly random: Random;
  /** Over the opened database. The node closes it when it stops. */
  readonly store: Store;
  readonly transport: Transport;
  readonly workers: Workers;
  readonly logger: Logger;
}

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
