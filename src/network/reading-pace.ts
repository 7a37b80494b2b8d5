/**
 * How fast links are read. What a socket gives is decrypted, split into streams and taken to its handlers before the event
 * loop turns to anybody else: four hundred requests in a row take a quarter of a second. So it is measured for how long each
 * link keeps us busy, and one that takes more than half of the time is not read until the others have had as much. What it
 * sends meanwhile waits in the kernel, and then at the sender.
 */
import type { MultiaddrConnection } from '@libp2p/interface';
import type { Clock } from '../base/index.ts';
import { networkLimits } from './network-limits.ts';

export interface ReadingPace {
  /** @param socket what is below encryption and multiplexing. */
  watch(socket: MultiaddrConnection): void;
}

/** What a socket has and its published type does not say. */
interface Reader {
  readonly readStatus: 'readable' | 'paused' | 'closing' | 'closed';
  onData(bytes: Uint8Array): void;
}

interface Account {
  readonly socket: MultiaddrConnection & Reader;
  /** What it has worked beyond its share, in milliseconds, at `at`. */
  debtMs: number;
  at: number;
}

/** What one link may have of the time. */
const share = 0.5;
/** How far it may go beyond that before it rests. */
const sliceMs = 8;

export function createReadingPace(clock: Clock): ReadingPace {
  /** Whose bytes are being handled, and since when: what runs until the next bytes, or until the loop turns, is theirs. */
  let current: Account | null = null;
  let since = 0;
  let isTurning = false;

  function settle(now: number): void {
    if (current !== null) charge(current, Math.min(Math.max(0, now - since), networkLimits.longestRestMs), now);
    current = null;
  }

  function charge(account: Account, workedMs: number, now: number): void {
    const { socket, debtMs, at } = account;
    account.debtMs = Math.max(0, debtMs + workedMs - share * Math.max(0, now - at));
    account.at = now;
    if (account.debtMs <= sliceMs || socket.status !== 'open' || socket.readStatus !== 'readable') return;
    socket.pause();
    clock.after(Math.min(account.debtMs / share, networkLimits.longestRestMs), () => {
      if (socket.status === 'open' && socket.readStatus === 'paused') socket.resume();
    });
  }

  return {
    watch(socket) {
      const reader = socket as MultiaddrConnection & Reader;
      const take = reader.onData.bind(reader);
      const account: Account = { socket: reader, debtMs: 0, at: clock.now() };
      reader.onData = (bytes) => {
        const now = clock.now();
        settle(now);
        [current, since] = [account, now];
        if (!isTurning) {
          isTurning = true;
          setImmediate(() => {
            isTurning = false;
            settle(clock.now());
          });
        }
        take(bytes);
      };
    },
  };
}
