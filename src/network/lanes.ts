/**
 * The messages of one peer are judged one after the other, and those of many peers side by side: so the first lie of a
 * flood is known before the second costs anything, and who sends much waits for itself alone. A peer has a lane for each
 * kind of message, so that the one transaction that somebody has just submitted does not wait for a batch of hundreds, nor
 * a block for either. What waits is bounded in bytes, and what finds no room is dropped; pulling makes good what was dropped.
 */
import { networkLimits } from './network-limits.ts';

export type LaneKind = 'a few transactions' | 'many transactions' | 'block';

export interface Lanes {
  /** What `judge` says once it is this message's turn; `dropped` where there is no room to wait. */
  take<Verdict>(
    peerId: string,
    kind: LaneKind,
    byteLength: number,
    dropped: Verdict,
    judge: () => Promise<Verdict>,
  ): Promise<Verdict>;
  /** Resolves once the messages of a kind that have come by now are judged. */
  judged(kind: LaneKind): Promise<void>;
}

interface Waiting {
  bytes: number;
  readonly lanes: Map<LaneKind, Promise<unknown>>;
}

export function createLanes(): Lanes {
  const peers = new Map<string, Waiting>();
  let allBytes = 0;

  return {
    async take(peerId, kind, byteLength, dropped, judge) {
      const peer = peers.get(peerId) ?? { bytes: 0, lanes: new Map() };
      if (peer.bytes + byteLength > networkLimits.gossipWaitingBytesPerPeer) return dropped;
      if (allBytes + byteLength > networkLimits.gossipWaitingBytes) return dropped;
      peers.set(peerId, peer);
      peer.bytes += byteLength;
      allBytes += byteLength;
      const turn = (peer.lanes.get(kind) ?? Promise.resolve()).then(judge, judge);
      peer.lanes.set(kind, turn);
      try {
        return await turn;
      } finally {
        peer.bytes -= byteLength;
        allBytes -= byteLength;
        if (peer.lanes.get(kind) === turn) peer.lanes.delete(kind);
        if (peer.lanes.size === 0) peers.delete(peerId);
      }
    },
    async judged(kind) {
      await Promise.allSettled([...peers.values()].map(({ lanes }) => lanes.get(kind)));
    },
  };
}
