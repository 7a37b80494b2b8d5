/**
 * What peers may ask of us on the protocols of the network. A request that cannot be read could come only from a liar or a
 * broken program: its stream is reset and the peer is shunned. A request over the peer's budget is refused and no more.
 */
import { CarechainError, limits } from '../base/index.ts';
import type { Budgets } from './budgets.ts';
import type { Breathe, FairShares } from './fair-shares.ts';
import type { NetworkHandlers } from './network.ts';
import { networkLimits } from './network-limits.ts';
import * as wire from './wire.ts';

/** Breathes between the pieces of its work. */
export type Answer = (message: Uint8Array, from: string, breathe: Breathe) => Promise<Uint8Array>;

export interface Answers {
  readonly protocol: string;
  readonly requestBytes: number;
  readonly answer: Answer;
}

export function createAnswers(
  handlers: Pick<NetworkHandlers, 'headersAfter' | 'blockBytes' | 'pendingIds' | 'pendingBytes'>,
  shun: (peerId: string, code: string) => void,
): Answers[] {
  function decoding<T>(from: string, message: Uint8Array, decode: (message: Uint8Array) => T): T {
    try {
      return decode(message);
    } catch (error) {
      // Anything else is a bug of ours, and the sender is not to blame for it.
      if (error instanceof CarechainError) shun(from, 'malformed-message');
      throw error;
    }
  }

  return [
    {
      protocol: 'headers/1',
      requestBytes: wire.wireBytes.locator,
      async answer(message, from, breathe) {
        const locator = decoding(from, message, wire.decodeLocator);
        const headers: Uint8Array[] = [];
        for (const header of handlers.headersAfter(locator)) {
          headers.push(header);
          await breathe();
        }
        return wire.encodeHeaders(headers.slice(0, limits.headersPerRequest));
      },
    },
    {
      protocol: 'blocks/1',
      requestBytes: wire.wireBytes.hashes,
      async answer(message, from, breathe) {
        const hashes = decoding(from, message, wire.decodeHashes);
        return wire.encodeBlocks(await blocksThatFit(hashes, breathe));
      },
    },
    {
      protocol: 'transactions/1',
      requestBytes: wire.wireBytes.wanted,
      async answer(message, from) {
        const wanted = decoding(from, message, wire.decodeWanted);
        if (typeof wanted === 'number')
          return wire.encodeIds(handlers.pendingIds(wanted).slice(0, limits.pendingIdsPerPage));
        return wire.encodeTransactions(handlers.pendingBytes(wanted).slice(0, networkLimits.transactionsPerRequest));
      },
    },
  ];

  /** One by one, so that a request for many large blocks reads no more of them than its answer can carry. */
  async function blocksThatFit(hashes: readonly string[], breathe: Breathe): Promise<Uint8Array[]> {
    const blocks: Uint8Array[] = [];
    let room: number = limits.responseBytes;
    for (const hash of hashes) {
      await breathe();
      const [block] = handlers.blockBytes([hash]);
      if (block === undefined) continue;
      room -= block.length;
      if (room < 0 && blocks.length > 0) break;
      blocks.push(block);
    }
    return blocks;
  }
}

/** An answer within the peer's budget, when its share of the work allows. */
export function budgeted(
  protocol: string,
  budgets: Budgets,
  shares: FairShares,
  answer: Answer,
): (message: Uint8Array, from: string) => Promise<Uint8Array> {
  return (message, from) =>
    budgets.whileAnswering(from, protocol, () =>
      shares.work(from, async (breathe) => {
        await breathe();
        return answer(message, from, breathe);
      }),
    );
}
