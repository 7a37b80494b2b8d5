/**
 * How gossipsub is set. Its messages are unsigned, for what they carry is signed; a message is named by its content, so
 * that the same bytes are the same message whoever sends them. Nothing is passed on before the subscriber has said
 * `accept`. Scores are off: by default they punish nobody that lies and everybody behind one router; who misbehaves is
 * shunned by the network above.
 */
import { createHash } from 'node:crypto';
import { type GossipsubOpts, type Message, StrictNoSign } from '@libp2p/gossipsub';
import { networkLimits } from './network-limits.ts';

export function gossipOptions(topics: readonly string[]): Partial<GossipsubOpts> {
  return {
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: messageId,
    fallbackToFloodsub: false,
    floodPublish: true,
    emitSelf: false,
    asyncValidation: true,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    allowedTopics: [...topics],
    doPX: false,
    tagMeshPeers: false,
    seenTTL: networkLimits.gossipSeenMs,
    pruneBackoff: networkLimits.gossipBackoffMs,
    maxInboundDataLength: networkLimits.gossipFrameBytes,
    idontwantMinDataSize: networkLimits.gossipToldBytes,
    maxOutboundBufferSize: networkLimits.writeBufferBytes,
    decodeRpcLimits: {
      maxSubscriptions: 64,
      maxMessages: 1_024,
      maxIhaveMessageIDs: 5_000,
      maxIwantMessageIDs: 5_000,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 1_024,
      maxPeerInfos: 16,
    },
    maxTopicBytesPerPeer: 65_536,
    // What is remembered of a peer that has gone is of no use, and identities cost nothing.
    scoreParams: { IPColocationFactorWeight: 0, behaviourPenaltyWeight: 0, retainScore: 1_000 },
  };
}

/** The first 20 bytes of SHA-256(topic ‖ data), as the consensus clients of Ethereum do. */
function messageId({ topic, data }: Message): Uint8Array {
  return new Uint8Array(createHash('sha256').update(topic).update(data).digest().subarray(0, 20));
}
