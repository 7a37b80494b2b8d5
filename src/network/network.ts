/** The face of the network for the node above it: typed messages, and peers that are looked after. */
import type { Block, SealedHeader, Transaction } from '../ledger/index.ts';
import type { Breathe } from './fair-shares.ts';
import type { MessageVerdict } from './transport.ts';

/** Of the transactions that are pending somewhere: how many, and the exclusive or of their ids. */
export interface PendingClaim {
  readonly count: number;
  /** 32 bytes in hex. */
  readonly sum: string;
}

/** What a node tells of itself. All of it is a claim. */
export interface Status {
  readonly genesis: string;
  /** Version of the rules. */
  readonly rules: number;
  readonly tip: { readonly hash: string; readonly height: number; readonly work: number };
  readonly pending: PendingClaim;
  /** Its clock, in milliseconds since 1970 UTC. */
  readonly time: number;
  /** Its name for people, such as DoctorNode-5001. */
  readonly nodeId: string;
  /** Where it can be dialled, as host:port. */
  readonly addresses: readonly string[];
}

export interface Peer {
  readonly peerId: string;
  readonly address: string;
  /** What it said last; null until it has said anything. */
  readonly status: Status | null;
  /** Its clock minus ours, as far as a slow link does not explain it; null while unknown. */
  readonly clockOffsetMs: number | null;
  /** Whether it was found where a person has told this node to look for a peer. */
  readonly isConfigured: boolean;
}

export interface ConfiguredPeer {
  readonly address: string;
  readonly state: 'connected' | 'dialling' | 'waiting' | 'self' | 'other-network' | 'offline';
  /** When a link to it stood last, in milliseconds since 1970 UTC; null for never. */
  readonly lastSeen: number | null;
}

/** What the node above answers when peers ask, and how it hears from them. */
export interface NetworkHandlers {
  status(): Omit<Status, 'addresses'>;
  /** A transaction that is here and not in a block yet. */
  known(id: string): Transaction | undefined;
  /**
   * A batch of transactions by gossip. `reject` where one could come only from a liar, `accept` where all of it was judged and
   * may be passed on as it is. `goOn` is waited for between two pieces of the work, and says whether there shall be another.
   */
  onTransactions(
    transactions: readonly Transaction[],
    from: string,
    goOn: () => Promise<boolean>,
  ): Promise<MessageVerdict>;
  onBlock(block: Block, from: string): Promise<MessageVerdict>;
  /** A peer is linked and its first status is here; it is of this network. */
  onPeer(peer: Peer): void;
  onPeerGone(peerId: string, address: string): void;
  /** A peer has told its status again. */
  onStatus(peer: Peer): void;
  /**
   * Encoded headers of the main chain after the highest locator hash that is on it; at most `limits.headersPerRequest`. Each
   * is read when it is asked for, and they follow each other also where the chain is switched meanwhile.
   */
  headersAfter(locator: readonly string[]): Iterable<Uint8Array>;
  /** Encoded blocks of these hashes, as far as they are here, in the order asked. */
  blockBytes(hashes: readonly string[]): Uint8Array[];
  /** At most `limits.pendingIdsPerPage` ids of what is pending, without the first `from` of them. */
  pendingIds(from: number): string[];
  /** Encoded pending transactions of these ids, as far as they are here. */
  pendingBytes(ids: readonly string[]): Uint8Array[];
}

export interface NetworkEvents {
  /** A peer of another genesis was turned away. */
  otherNetwork: [{ address: string; genesis: string }];
  /** `forMs`: for how long it is refused. */
  shunned: [{ peerId: string; code: string; forMs: number }];
}

export interface Network {
  readonly peerId: string;
  start(handlers: NetworkHandlers): Promise<void>;
  stop(): Promise<void>;
  addresses(): string[];
  /** Linked peers of this network. */
  peers(): Peer[];
  configured(): ConfiguredPeer[];

  /** By gossip; never throws. Batches what comes close together. */
  publishTransactions(transactions: readonly Transaction[]): void;
  publishBlock(block: Block): void;
  /** Resolves once the blocks that peers have pushed by now are judged. */
  blocksJudged(): Promise<void>;

  /** Each throws CarechainError: `request-failed`, or `bad-answer` where the answer is not of the protocol (the peer is shunned). */
  exchangeStatus(peerId: string): Promise<Status>;
  fetchHeaders(peerId: string, locator: readonly string[]): Promise<SealedHeader[]>;
  /** Blocks in the order asked; the answer may stop early, after at least one. Blocks that were not asked for are a `bad-answer`. */
  fetchBlocks(peerId: string, hashes: readonly string[]): Promise<Block[]>;
  /** A page of the ids that are pending there, without the first `from`; one that is not full is the last. */
  fetchPendingIds(peerId: string, from: number): Promise<string[]>;
  fetchPending(peerId: string, ids: readonly string[]): Promise<Transaction[]>;

  /**
   * A protocol of a room above, such as `vault/1`: the network prefixes it with /carechain/<network>/. Whoever answers
   * breathes between the pieces of the work.
   */
  serve(
    protocol: string,
    requestBytes: number,
    onRequest: (bytes: Uint8Array, from: string, breathe: Breathe) => Promise<Uint8Array>,
  ): void;
  request(peerId: string, protocol: string, bytes: Uint8Array, answerBytes: number): Promise<Uint8Array>;

  /** Cuts the link and refuses it for a while, longer each time. `code` says what only a liar could have done. */
  shun(peerId: string, code: string): void;
  setOffline(offline: boolean): Promise<void>;
  isOffline(): boolean;
  on<Name extends keyof NetworkEvents>(name: Name, listener: (...event: NetworkEvents[Name]) => void): void;
}
