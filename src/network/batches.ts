/**
 * Transactions on their way out share messages: to a node a message of one costs some times as much as one more in a message
 * of many. The first waits a few milliseconds for company. Where some came the next waits twice as long, up to a bound, and
 * where none did as long as at first: whoever writes now and then is heard at once, and where many write, all that they
 * write in a twenty-fifth of a second goes out together.
 */
import { type Clock, limits, type Timer } from '../base/index.ts';
import { networkLimits } from './network-limits.ts';
import { wireBytes } from './wire.ts';

export interface Batches {
  /** @param transactions their bytes. */
  add(transactions: readonly Uint8Array[]): void;
  stop(): void;
}

/** @param send is given what fits into one message. */
export function createBatches(clock: Clock, send: (batch: readonly Uint8Array[]) => void): Batches {
  let waiting: Uint8Array[] = [];
  let timer: Timer | null = null;
  let waitMs: number = networkLimits.batchMs;

  function flush(): void {
    timer?.cancel();
    timer = null;
    waitMs = waiting.length > 1 ? Math.min(2 * waitMs, networkLimits.batchMostMs) : networkLimits.batchMs;
    for (const batch of batchesOf(waiting)) send(batch);
    waiting = [];
  }

  return {
    add(transactions) {
      // One by one: a switch may bring back as many as an argument list does not hold.
      for (const bytes of transactions) waiting.push(bytes);
      if (waiting.length >= limits.transactionsPerMessage) flush();
      else if (waiting.length > 0) timer ??= clock.after(waitMs, flush);
    },
    stop() {
      timer?.cancel();
    },
  };
}

/** Portions that are within the limits of a message, in the order given. */
function batchesOf(transactions: readonly Uint8Array[]): Uint8Array[][] {
  const room = wireBytes.batch - 64;
  const batches: Uint8Array[][] = [];
  let weight = 0;
  for (const bytes of transactions) {
    const cost = bytes.length + networkLimits.framingBytesPerPart;
    const last = batches.at(-1);
    if (last === undefined || last.length === limits.transactionsPerMessage || weight + cost > room) {
      batches.push([bytes]);
      weight = cost;
    } else {
      last.push(bytes);
      weight += cost;
    }
  }
  return batches;
}
