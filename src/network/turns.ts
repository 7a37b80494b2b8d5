/**
 * Our own requests wait for their turn, so that a peer of our kind never has to refuse one for being over its budget:
 * per peer and protocol, at most `limits.requestsPerPeer` under way, the rest in the order in which they came.
 */
import { limits } from '../base/index.ts';

export interface Turns {
  take<T>(peerId: string, protocol: string, work: () => Promise<T>): Promise<T>;
}

export function createTurns(): Turns {
  const lanes = new Map<string, { underWay: number; waiting: (() => void)[] }>();

  return {
    async take(peerId, protocol, work) {
      const key = `${peerId} ${protocol}`;
      const lane = lanes.get(key) ?? { underWay: 0, waiting: [] };
      lanes.set(key, lane);
      // A turn is handed over, not given back, so that nobody who comes later can slip in between.
      if (lane.underWay >= limits.requestsPerPeer) await new Promise<void>((resolve) => lane.waiting.push(resolve));
      else lane.underWay += 1;
      try {
        return await work();
      } finally {
        const next = lane.waiting.shift();
        if (next !== undefined) next();
        else {
          lane.underWay -= 1;
          if (lane.underWay === 0) lanes.delete(key);
        }
      }
    },
  };
}
