/**
 * What one peer may cost us. Gossip: a token bucket of messages and one of bytes, asked before a byte is decoded.
 * Requests: so many under way at once. What is over budget is dropped and not punished, since an honest peer that catches
 * up can be over it too; pulling makes good what was dropped.
 */
import { CarechainError, type Clock, limits } from '../base/index.ts';
import { networkLimits } from './network-limits.ts';

export interface Budgets {
  /** Whether a gossip message of this size may be looked at; takes it off the peer's budget. */
  admitsMessage(peerId: string, byteLength: number): boolean;
  /** @throws CarechainError `over-budget`. */
  whileAnswering<T>(peerId: string, protocol: string, answer: () => Promise<T>): Promise<T>;
  forget(peerId: string): void;
}

export function createBudgets(clock: Clock): Budgets {
  const buckets = new Map<string, { messages: Bucket; bytes: Bucket }>();
  const underWay = new Map<string, number>();

  return {
    admitsMessage(peerId, byteLength) {
      const { gossipMessagesPerSecond, gossipMessagesAtOnce, gossipBytesPerSecond, gossipBytesAtOnce } = networkLimits;
      let bucket = buckets.get(peerId);
      if (bucket === undefined) {
        bucket = {
          messages: createBucket(clock, gossipMessagesPerSecond, gossipMessagesAtOnce),
          bytes: createBucket(clock, gossipBytesPerSecond, gossipBytesAtOnce),
        };
        buckets.set(peerId, bucket);
      }
      return bucket.messages.take(1) && bucket.bytes.take(byteLength);
    },
    async whileAnswering(peerId, protocol, answer) {
      const key = `${peerId} ${protocol}`;
      const count = underWay.get(key) ?? 0;
      if (count >= limits.requestsPerPeer)
        throw new CarechainError('over-budget', 'The peer asks for too much at once.');
      underWay.set(key, count + 1);
      try {
        return await answer();
      } finally {
        const left = underWay.get(key)! - 1;
        if (left === 0) underWay.delete(key);
        else underWay.set(key, left);
      }
    },
    forget: (peerId) => void buckets.delete(peerId),
  };
}

interface Bucket {
  take(amount: number): boolean;
}

function createBucket(clock: Clock, perSecond: number, atOnce: number): Bucket {
  let level = atOnce;
  let filledAt = clock.now();
  return {
    take(amount) {
      const now = clock.now();
      // A clock that was set back fills nothing and takes nothing away.
      level = Math.min(atOnce, level + (Math.max(0, now - filledAt) / 1_000) * perSecond);
      filledAt = now;
      if (amount > level) return false;
      level -= amount;
      return true;
    },
  };
}
