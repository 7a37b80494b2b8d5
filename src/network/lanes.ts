/**
 * The messages of one peer are judged one after the other, and those of many peers side by side: so the first lie of a
 * flood is known before the second costs anything, and who sends much waits for itself alone. What waits is bounded in
 * bytes, and what finds no room is dropped; pulling makes good what was dropped.
 */
import { networkLimits } from './network-limits.ts';

export interface Lanes {
  /** What `judge` says once it is this message's turn; `dropped` where there is no room to wait. */
  take<Verdict>(peerId: string, byteLength: number, dropped: Verdict, judge: () => Promise<Verdict>): Promise<Verdict>;
}

interface Lane {
  bytes: number;
  last: Promise<unknown>;
}

export function createLanes(): Lanes {
  const lanes = new Map<string, Lane>();
  let allBytes = 0;

  return {
    async take(peerId, byteLength, dropped, judge) {
      const lane = lanes.get(peerId) ?? { bytes: 0, last: Promise.resolve() };
      if (lane.bytes + byteLength > networkLimits.gossipWaitingBytesPerPeer) return dropped;
      if (allBytes + byteLength > networkLimits.gossipWaitingBytes) return dropped;
      lanes.set(peerId, lane);
      lane.bytes += byteLength;
      allBytes += byteLength;
      const turn = lane.last.then(judge, judge);
      lane.last = turn;
      try {
        return await turn;
      } finally {
        lane.bytes -= byteLength;
        allBytes -= byteLength;
        if (lane.last === turn) lanes.delete(peerId);
      }
    },
  };
}
