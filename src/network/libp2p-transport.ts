/**
 * The transport of production: libp2p over TCP. Links are encrypted and each side proves its node key (Noise), so a peer
 * id cannot be borrowed. Either side may open the link; after that both ask and both gossip.
 *
 * NOT guaranteed: that a broadcast arrives, that it arrives once, or in which order; that a request is carried out only
 * once where the link broke before its answer. What the bytes say is nobody's business here.
 */
import { setMaxListeners } from 'node:events';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import type { GossipsubMessage } from '@libp2p/gossipsub';
import type { Connection, PeerInfo, Stream } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { assert, CarechainError, type Clock, describeError, type Logger, limits } from '../base/index.ts';
import { formatAddress, hostAndPortOf, hostOf, isLoopback, parseAddress, toMultiaddr } from './address.ts';
import { createDeadline, unlessAborted } from './deadline.ts';
import { createDiscovery } from './discovery.ts';
import { readFrame, writeFrame } from './framing.ts';
import { watchGossipFrames } from './gossip-frames.ts';
import { createHost, type Host, startHost } from './libp2p-host.ts';
import { createLinks, type Links } from './libp2p-links.ts';
import { watchFrames } from './link-frames.ts';
import { networkLimits } from './network-limits.ts';
import { createTasks } from './tasks.ts';
import type { Gate, MessageVerdict, Transport, TransportEvents } from './transport.ts';
import { dialFailed, dialledSelf, requestFailed } from './transport-errors.ts';

export interface Libp2pTransportSettings {
  /** The 32-byte Ed25519 seed of the node key. */
  readonly seed: Uint8Array;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Whether to look for peers on the local network, and dial them. */
  readonly discover?: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

type OnMessage = Parameters<Transport['subscribe']>[1];
type OnRequest = Parameters<Transport['handle']>[2];
/** What gossipsub can do and its published type does not say. The peer id must be its text: an object changes nothing. */
type Judging = { reportMessageValidationResult(messageId: string, from: string, verdict: MessageVerdict): void };

export async function createLibp2pTransport(settings: Libp2pTransportSettings): Promise<Transport> {
  const { seed, host, port, discover = false, clock } = settings;
  const logger = settings.logger.child('transport');
  const privateKey = await generateKeyPairFromSeed('Ed25519', seed);
  const ownPeerId = peerIdFromPrivateKey(privateKey).toString();
  const subscriptions = new Map<string, OnMessage>();
  const protocols = new Map<string, { requestBytes: number; onRequest: OnRequest }>();
  const tasks = createTasks((error) => logger.debug('a task of the transport failed', describeError(error)));
  let admits: Gate = () => true;
  let events: TransportEvents | null = null;
  let offline = false;
  let answerBytesUnderWay = 0;
  let running: { libp2p: Host; links: Links } | null = null;
  let givenUp = new AbortController();

  async function answer(stream: Stream, from: string, requestBytes: number, onRequest: OnRequest): Promise<void> {
    try {
      const request = await within(limits.requestMs, (signal) => readFrame(stream, requestBytes, signal));
      const bytes = await unlessAborted(onRequest(request, from), givenUp.signal);
      await send(stream, bytes);
    } catch (error) {
      noteViolation(from, error);
      logger.debug('a request was not answered', { peer: from, code: describeError(error).code });
      stream.abort(error as Error);
    }
  }

  /** Sends an answer. What a slow reader makes us hold is bounded for all of them together. */
  async function send(stream: Stream, bytes: Uint8Array): Promise<void> {
    if (answerBytesUnderWay + bytes.length > networkLimits.answerBytesUnderWay)
      throw requestFailed('too much is under way');
    answerBytesUnderWay += bytes.length;
    try {
      await within(limits.requestMs, async (signal) => {
        await writeFrame(stream, bytes, signal);
        await stream.close({ signal });
      });
    } finally {
      answerBytesUnderWay -= bytes.length;
    }
  }

  /** A frame that is longer than the protocol allows is no accident. */
  function noteViolation(peerId: string, error: unknown): void {
    if (error instanceof CarechainError && error.code === 'frame-too-long') events?.violated?.(peerId, error.code);
  }

  async function judge({ msgId, propagationSource, msg }: GossipsubMessage, pubsub: Judging): Promise<void> {
    const from = propagationSource.toString();
    const onMessage = subscriptions.get(msg.topic);
    // The bytes are a window on a larger buffer, which must not stay in memory because a part of it does.
    const asked = onMessage?.(new Uint8Array(msg.data), from) ?? Promise.resolve('ignore' as const);
    const verdict = await unlessAborted(asked.catch(dropped), givenUp.signal);
    pubsub.reportMessageValidationResult(msgId, from, verdict);
  }

  function dropped(error: unknown): MessageVerdict {
    logger.error('a message was dropped, because its check failed', describeError(error));
    return 'ignore';
  }

  async function within<T>(delayMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = createDeadline(clock, delayMs, givenUp.signal);
    try {
      return await work(deadline.signal);
    } finally {
      deadline.cancel();
    }
  }

  function register(libp2p: Host, protocol: string): Promise<void> {
    const { requestBytes, onRequest } = protocols.get(protocol)!;
    const onStream = (stream: Stream, connection: Connection) =>
      tasks.run(() => answer(stream, connection.remotePeer.toString(), requestBytes, onRequest));
    return libp2p.handle(protocol, onStream, {
      maxInboundStreams: 2 * limits.requestsPerPeer,
      maxOutboundStreams: 2 * limits.requestsPerPeer,
      force: true,
    });
  }

  const addresses = () => [...new Set((running?.libp2p.getMultiaddrs() ?? []).map(hostAndPortOf))];

  return {
    peerId: ownPeerId,
    async start(given) {
      assert(running === null, 'a transport is started once at a time');
      events = given;
      givenUp = new AbortController();
      // Everything that is under way listens: as many as the budgets of all peers allow.
      setMaxListeners(0, givenUp.signal);
      const topics = [...subscriptions.keys()];
      const isOpen = () => !offline && !givenUp.signal.aborted;
      const isAdmitted: Gate = (...candidate) => admits(...candidate);
      const libp2p = await createHost({ privateKey, host, port, discover, topics, admits: isAdmitted, isOpen, clock });
      const links = createLinks(given);
      libp2p.addEventListener('connection:open', ({ detail }) => {
        const peerId = detail.remotePeer.toString();
        watchFrames(detail, () => given.violated?.(peerId, 'malformed-frame'));
        links.opened(detail);
      });
      libp2p.addEventListener('connection:close', ({ detail }) => links.closed(detail));
      // It is dialled by its address alone. What libp2p remembers of strangers would only grow.
      libp2p.addEventListener('peer:disconnect', ({ detail }) => tasks.run(() => libp2p.peerStore.delete(detail)));
      const found = createDiscovery<PeerInfo>({
        isLinked: ({ id }) => links.connectionTo(id.toString()) !== undefined,
        async dial({ multiaddrs }) {
          // Who listens on this machine alone, as the demo network does, does not go out to others either.
          const near = multiaddrs.filter((address) => !isLoopback(host) || isLoopback(hostOf(address)));
          if (near.length > 0 && isOpen()) await within(limits.dialMs, (signal) => libp2p.dial(near, { signal }));
        },
        forget: ({ id }) => libp2p.peerStore.delete(id),
      });
      libp2p.addEventListener('peer:discovery', ({ detail }) => tasks.run(() => found(detail)));
      const { pubsub } = libp2p.services;
      const judging = pubsub as unknown as Judging;
      watchGossipFrames(pubsub, {
        onViolation: (peerId) => given.violated?.(peerId, 'malformed-gossip'),
        onDeaf: (peerId) => tasks.run(() => links.close(peerId)),
      });
      pubsub.addEventListener('gossipsub:message', ({ detail }) => tasks.run(() => judge(detail, judging)));
      for (const protocol of protocols.keys()) await register(libp2p, protocol);
      running = { libp2p, links };
      try {
        await startHost(libp2p, { host, port });
      } catch (error) {
        running = null;
        throw error;
      }
      for (const topic of topics) pubsub.subscribe(topic);
    },
    async stop() {
      if (running === null) return;
      const { libp2p, links } = running;
      givenUp.abort();
      await links.closeAll();
      await libp2p.stop();
      await tasks.settle();
      running = null;
    },
    addresses,
    async dial(text) {
      const address = parseAddress(text);
      const hostAndPort = formatAddress(address.host === 'localhost' ? '127.0.0.1' : address.host, address.port);
      if (address.peerId === ownPeerId || addresses().includes(hostAndPort)) throw dialledSelf();
      if (running === null || offline) throw dialFailed('this node is offline');
      const { libp2p, links } = running;
      const standing = links.dialledAt(hostAndPort);
      if (standing !== undefined) return standing;
      try {
        const connection = await within(limits.dialMs, (signal) => libp2p.dial(toMultiaddr(address), { signal }));
        return connection.remotePeer.toString();
      } catch (error) {
        if (error instanceof Error && /dial(ed)? self/i.test(error.message)) throw dialledSelf();
        throw dialFailed('nobody answered there', error);
      }
    },
    async disconnect(peerId) {
      await running?.links.close(peerId);
    },
    setGate(gate) {
      admits = gate;
    },
    async setOffline(wanted) {
      offline = wanted;
      if (offline) await running?.links.closeAll();
    },
    subscribe(topic, onMessage) {
      assert(running === null, 'topics are subscribed to before the start');
      subscriptions.set(topic, onMessage);
    },
    async broadcast(topic, bytes) {
      // What is too long would break the stream of every peer that reads it, without a word to the sender.
      assert(bytes.length <= networkLimits.gossipBytes, 'a message is within its limit');
      if (running !== null) await running.libp2p.services.pubsub.publish(topic, bytes);
    },
    subscribers: (topic) => running?.libp2p.services.pubsub.getSubscribers(topic).map(String) ?? [],
    handle(protocol, requestBytes, onRequest) {
      protocols.set(protocol, { requestBytes, onRequest });
      const libp2p = running?.libp2p;
      if (libp2p !== undefined) tasks.run(() => register(libp2p, protocol));
    },
    async request(peerId, protocol, bytes, { timeoutMs, answerBytes }) {
      const connection = running?.links.connectionTo(peerId);
      if (connection === undefined) throw requestFailed('there is no link to the peer');
      return within(timeoutMs, async (signal) => {
        let stream: Stream | undefined;
        try {
          stream = await connection.newStream(protocol, { signal });
          await writeFrame(stream, bytes, signal);
          const read = await readFrame(stream, answerBytes, signal);
          await stream.close({ signal });
          return read;
        } catch (error) {
          stream?.abort(error as Error);
          noteViolation(peerId, error);
          throw requestFailed(signal.aborted ? 'it took too long' : 'the peer refused it, or the link broke', error);
        }
      });
    },
  };
}
