/**
 * What one peer may cost us. Gossip: a token bucket of messages and one of bytes, asked before a byte is decoded, and one of
 * transactions, asked before a signature is checked. Requests: so many under way at once. What is over budget is dropped and not punished, since an honest peer that catches
 * up can be over it too; pulling makes good what was dropped.
 */
import { CarechainError, type Clock, limits } from '../base/index.ts';
import { networkLimits } from './network-limits.ts';

export interface Budgets {
  /** Whether a gossip message of this size may be looked at; takes it off the peer's budget. */
  admitsMessage(peerId: string, byteLength: number): boolean;
  /** Whether so many transactions may be checked; takes them off the peer's budget. */
  admitsTransactions(peerId: string, count: number): boolean;
  /** @throws CarechainError `over-budget`. */
  whileAnswering<T>(peerId: string, protocol: string, answer: () => Promise<T>): Promise<T>;
  forget(peerId: string): void;
}

export function createBudgets(clock: Clock): Budgets {
  const purses = new Map<string, Purse>();
  const underWay = new Map<string, number>();

  function purseOf(peerId: string): Purse {
    const purse = purses.get(peerId) ?? createPurse(clock);
    purses.set(peerId, purse);
    return purse;
  }

  return {
    admitsMessage(peerId, byteLength) {
      const { messages, bytes } = purseOf(peerId);
      return messages.take(1) && bytes.take(byteLength);
    },
    admitsTransactions: (peerId, count) => purseOf(peerId).transactions.take(count),
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
    forget: (peerId) => void purses.delete(peerId),
  };
}

interface Purse {
  readonly messages: Bucket;
  readonly bytes: Bucket;
  readonly transactions: Bucket;
}

function createPurse(clock: Clock): Purse {
  const { gossipMessagesPerSecond, gossipMessagesAtOnce, gossipBytesPerSecond, gossipBytesAtOnce } = networkLimits;
  return {
    messages: createBucket(clock, gossipMessagesPerSecond, gossipMessagesAtOnce),
    bytes: createBucket(clock, gossipBytesPerSecond, gossipBytesAtOnce),
    transactions: createBucket(
      clock,
      networkLimits.gossipTransactionsPerSecond,
      networkLimits.gossipTransactionsAtOnce,
    ),
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
