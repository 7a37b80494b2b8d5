/**
 * How libp2p is set: TCP, Noise, yamux, identify, ping, gossipsub, and nothing that acts on its own. It dials nobody
 * unasked, retries nothing, keeps nothing on disk. Links are watched with ping, because a pulled cable says nothing.
 */
import { noise } from '@chainsafe/libp2p-noise';
import { type GossipSub, gossipsub } from '@libp2p/gossipsub';
import { identify } from '@libp2p/identify';
import type { ConnectionGater, Ed25519PrivateKey, Libp2p, MultiaddrConnection, PeerId } from '@libp2p/interface';
import { mdns } from '@libp2p/mdns';
import { ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { type Clock, limits } from '../base/index.ts';
import { hostAndPortOf, toMultiaddr } from './address.ts';
import { corkWrites } from './corked-writes.ts';
import { createDoorkeeper } from './doorkeeper.ts';
import { gossipOptions } from './gossip-options.ts';
import { networkLimits } from './network-limits.ts';
import { createReadingPace } from './reading-pace.ts';
import { listenFailure } from './reserve-port.ts';
import type { Gate } from './transport.ts';

export type Host = Libp2p<{ pubsub: GossipSub }>;

export interface HostSettings {
  readonly privateKey: Ed25519PrivateKey;
  readonly host: string;
  readonly port: number;
  readonly discover: boolean;
  readonly topics: readonly string[];
  /** Whether a peer may have a link now. */
  readonly admits: Gate;
  /** Whether any link may be made or taken now. */
  readonly isOpen: () => boolean;
  readonly clock: Clock;
}

/** A host that has not been started. A stopped one is not started again: make a new one. */
export function createHost(settings: HostSettings): Promise<Host> {
  const { privateKey, host, port, discover, topics } = settings;
  return createLibp2p({
    start: false,
    privateKey,
    nodeInfo: { name: 'carechain', version: '1', userAgent: 'carechain' },
    addresses: { listen: [toMultiaddr({ host, port, peerId: null }).toString()] },
    transports: [
      tcp({ maxConnections: networkLimits.sockets, dialOpts: { noDelay: true }, listenOpts: { noDelay: true } }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: networkLimits.streamsPerConnection,
        streamOptions: {
          maxStreamWindowSize: networkLimits.streamWindowBytes,
          maxWriteBufferLength: networkLimits.writeBufferBytes,
        },
      }),
    ],
    connectionGater: createGater(settings),
    connectionManager: {
      // Above what the gate lets in, for beyond it libp2p closes connections of its own choice.
      maxConnections: networkLimits.connections,
      inboundConnectionThreshold: networkLimits.linksPerHostPerSecond,
      maxIncomingPendingConnections: networkLimits.pendingLinks,
      inboundUpgradeTimeout: networkLimits.upgradeMs,
      dialTimeout: limits.dialMs,
      addressDialTimeout: limits.dialMs,
      reconnectRetries: 0,
    },
    connectionMonitor: {
      pingInterval: networkLimits.pingEveryMs,
      pingTimeout: { minTimeout: networkLimits.pingTimeoutMs, maxTimeout: networkLimits.pingTimeoutMs },
    },
    peerDiscovery: discover ? [mdns({ serviceTag: '_carechain._udp.local' })] : [],
    services: {
      identify: identify({ maxInboundStreams: 4 }),
      // The pings of two connections may overlap while an answer is late.
      ping: ping({ maxInboundStreams: 8, maxOutboundStreams: 8 }),
      pubsub: gossipsub(gossipOptions(topics)),
    },
  });
}

/** @throws CarechainError `port-in-use` or `listen-failed`. */
export async function startHost(libp2p: Host, { host, port }: Pick<HostSettings, 'host' | 'port'>): Promise<void> {
  try {
    await libp2p.start();
  } catch (error) {
    await libp2p.stop();
    throw listenFailure(error, { host, port });
  }
}

/** Only Ed25519 peers: their key is in their id, and no other key type has to be parsed from a stranger. */
function createGater({ admits, isOpen, clock }: HostSettings): ConnectionGater {
  const door = createDoorkeeper();
  const pace = createReadingPace(clock);
  const welcome = (socket: MultiaddrConnection) => {
    pace.watch(socket);
    corkWrites(socket);
  };
  const denies = (peerId: PeerId, dialledAt: string | null) =>
    !isOpen() || peerId.type !== 'Ed25519' || !admits(peerId.toString(), dialledAt);
  const deniesInbound = (peerId: PeerId) => denies(peerId, null);
  const deniesOutbound = (peerId: PeerId, { remoteAddr }: MultiaddrConnection) =>
    denies(peerId, hostAndPortOf(remoteAddr));
  return {
    denyDialMultiaddr: () => !isOpen(),
    denyInboundConnection(socket) {
      if (!isOpen() || !door.admits(socket)) return true;
      welcome(socket);
      return false;
    },
    denyOutboundConnection: deniesOutbound,
    denyInboundEncryptedConnection: deniesInbound,
    // The first moment at which each link that was dialled passes by: where its address names no peer id none does before.
    denyOutboundEncryptedConnection(peerId, socket) {
      if (deniesOutbound(peerId, socket)) return true;
      welcome(socket);
      return false;
    },
    denyInboundUpgradedConnection(peerId, socket) {
      if (deniesInbound(peerId)) return true;
      door.finished(socket);
      return false;
    },
    denyOutboundUpgradedConnection: deniesOutbound,
  };
}
