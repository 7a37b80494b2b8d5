/**
 * The transport port: broadcast, request and peer events, below the peer manager. libp2p in production; wires in memory
 * in tests and simulations. It carries bytes and never judges them.
 */

/** What a subscriber says of a message: pass it on, drop it, or drop it and hold it against the sender. */
export type MessageVerdict = 'accept' | 'ignore' | 'reject';

export interface RequestLimits {
  readonly timeoutMs: number;
  /** The longest answer that is read. */
  readonly answerBytes: number;
}

export interface TransportEvents {
  /** A link that is ready for requests. `address` is where the peer was dialled, or came from, as host:port. */
  connected(peer: { peerId: string; address: string; dialled: boolean }): void;
  disconnected(peerId: string): void;
  /** The peer broke the protocol below the messages, as only a liar or a broken program does. */
  violated?(peerId: string, code: string): void;
}

/** Whether a peer may have a link. `dialledAt`: the host:port where we dialled it; absent where it dialled us. */
export type Gate = (peerId: string, dialledAt?: string | null) => boolean;

export interface Transport {
  /** This node's own peer id, in its text form. */
  readonly peerId: string;
  start(events: TransportEvents): Promise<void>;
  stop(): Promise<void>;
  /** Where it listens, as host:port. */
  addresses(): string[];
  /**
   * Opens a link to host:port or a multiaddr; one that stands already will do.
   * @returns the peer id found there.
   * @throws CarechainError `dial-failed`, `dialled-self` or `bad-peer-address`.
   */
  dial(address: string): Promise<string>;
  disconnect(peerId: string): Promise<void>;
  /** Which peers may have a link: asked for each new one, in both directions. */
  setGate(admits: Gate): void;
  /** Whether links are made and taken at all. Turning it off closes all. */
  setOffline(offline: boolean): Promise<void>;

  subscribe(topic: string, onMessage: (bytes: Uint8Array, from: string) => Promise<MessageVerdict>): void;
  /** Resolves once the message is handed to the links; nobody may be there to hear it. */
  broadcast(topic: string, bytes: Uint8Array): Promise<void>;
  /** Connected peers that are subscribed to `topic`. */
  subscribers(topic: string): string[];

  handle(
    protocol: string,
    requestBytes: number,
    onRequest: (bytes: Uint8Array, from: string) => Promise<Uint8Array>,
  ): void;
  /** @throws CarechainError `request-failed` (timed out, refused, link lost, answer too long). */
  request(peerId: string, protocol: string, bytes: Uint8Array, limits: RequestLimits): Promise<Uint8Array>;
}
