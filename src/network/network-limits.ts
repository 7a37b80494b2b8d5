/** Limits that only the network has; the ones that other rooms share are in `base/limits.ts`. Times are milliseconds. */
import { limits } from '../base/index.ts';

/** What a gossip message may weigh: a whole block is the heaviest. */
const gossipBytes = Math.max(limits.gossipBytes, limits.blockBytes + limits.blockFramingBytes);

export const networkLimits = {
  gossipBytes,
  /** One frame of gossipsub may bundle messages that a peer has asked for. */
  gossipFrameBytes: 4 * gossipBytes,
  /** Fields in it, those inside others counted: what honest peers announce and ask for at once has some 16,000. */
  gossipFrameFields: 20_000,
  /** Of longer messages peers are told at once that we have them. Of shorter ones, telling costs as much as a second copy. */
  gossipToldBytes: 16_384,
  /** What may wait to be written to one stream before it is given up. */
  writeBufferBytes: 16_000_000,
  /** How long gossipsub leaves a peer alone that wants to be left alone, however long that is. */
  gossipBackoffMs: 60_000,
  /** How long gossip remembers that it has seen a message. */
  gossipSeenMs: 30_000,
  /** Transactions that come closer together than this travel in one message; where many come, than that. */
  batchMs: 5,
  batchMostMs: 40,

  /** A status, with its addresses. */
  statusBytes: 16_384,
  nodeIdBytes: 64,
  addressBytes: 512,
  /** Ids in one request for pending transactions: their answer always fits. */
  transactionsPerRequest: Math.floor((limits.responseBytes * 0.99) / (limits.transactionBytes + 8)),
  /** CBOR around a list of byte strings, for each of them. */
  framingBytesPerPart: 8,

  /** A side that was dialled asks for the status itself when the dialler has not told its own by then. */
  statusGraceMs: 1_000,
  /** A peer that fails this many status exchanges in a row is hung up. */
  statusFailures: 3,
  /** A linked peer that does not hear our topics for so long is hung up and dialled again. */
  deafMs: 10_000,
  watchdogMs: 2_500,

  /** Ping, and how long its answer may take: a dead link is noticed within the sum. */
  pingEveryMs: 4_000,
  pingTimeoutMs: 8_000,
  /** How long a link may take to be encrypted and multiplexed. */
  upgradeMs: 5_000,
  /** New links from one host, a second. */
  linksPerHostPerSecond: 100,
  pendingLinks: 256,
  /** Sockets from one host whose handshake is not over: the oldest gives way. */
  unfinishedPerHost: 16,
  /** Connections that one host may have opened to us: several nodes may live behind one address. */
  connectionsPerHost: 40,
  /** Connections of one peer: two where both sides dial at once, and one that is about to go. */
  connectionsPerPeer: 3,
  connections: 4 * limits.peers,
  sockets: 8 * limits.peers,
  /** Strangers beyond `limits.peers` that are let in, so that it can be decided who goes. */
  spareLinks: 8,
  /**
   * Streams that a peer may have open to us on one connection: of each of eight protocols as many as it may have requests
   * under way, and those of libp2p itself.
   */
  streamsPerConnection: 8 * limits.requestsPerPeer + 16,
  /** What a peer may send on one stream before we have read it. */
  streamWindowBytes: 1_048_576,
  /** A frame of the multiplexer: an honest one is never longer than the window. */
  frameBytes: 2 * 1_048_576,

  /** A link that stood so long counts as good, and its next dial starts from the shortest wait. */
  steadyLinkMs: 10_000,
  /** An address of another network is tried this rarely. */
  otherNetworkRedialMs: 60_000,
  /** Where a linked peer alone says that it can be found, and was not, is tried this rarely. */
  confirmEveryMs: 60_000,
  /** Learnt addresses are dialled only below so many links; configured ones always. */
  wantedLinks: 16,
  /** A learnt address that never led to a peer is forgotten after so many dials. */
  learntDialFailures: 8,
  /** Addresses that are known from one peer, whatever was found there. */
  addressesPerTeller: 64,
  /** The longest wait before a learnt address is dialled again. */
  learntRedialMaxMs: 10_000,
  /** Learnt addresses that are dialled at once. */
  learntDials: 8,
  /** Peers found on the local network that are dialled at once. */
  discoveredDials: 8,

  /** A peer that has brought nothing for so long is no longer the only one that is asked. */
  patienceMs: 3_000,
  /** So many times as many are asked side by side each time patience ends: all that there may be, after the second. */
  patienceGrowth: 8,
  /** Peers of which is remembered whether they were of use lately or late, and for how long. */
  experiences: 1_000,
  experienceMs: 600_000,

  shunnedPeers: 1_000,
  /** Good behaviour after which the next shun starts from the shortest again. */
  shunMemoryMs: 3_600_000,

  /** The longest that a peer's socket is not read at a time: a clock that was set on must not stop a peer. */
  longestRestMs: 250,

  /** What one peer may gossip to us: a refill rate, and what may come at once. */
  gossipMessagesPerSecond: 500,
  gossipMessagesAtOnce: 2_000,
  gossipBytesPerSecond: 4_000_000,
  gossipBytesAtOnce: 16_000_000,
  /** Transactions among them: each may cost a check of a signature. */
  gossipTransactionsPerSecond: 2_000,
  gossipTransactionsAtOnce: 10_000,
  /** A gossip message of transactions up to this size does not wait for longer ones. */
  fewTransactionsBytes: 8_192,
  /** Bytes of gossip that wait for their turn to be checked: of one peer, and of all together. */
  gossipWaitingBytesPerPeer: 4_000_000,
  gossipWaitingBytes: 24_000_000,
  /** Answers that are being sent, all together: who reads slowly makes us hold them. */
  answerBytesUnderWay: 128_000_000,
} as const;
