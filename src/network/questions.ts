/**
 * What we ask of a peer, and the checks that need nothing but the answer: it is of the protocol, it is what was asked for,
 * headers follow one another. Whether any of it is valid is for the rules. An answer that fails here could come only from
 * a liar or a broken program: the peer is shunned and the asker gets `bad-answer`.
 */
import { CarechainError, portions } from '../base/index.ts';
import {
  type Block,
  decodeSealedHeader,
  type KnownTransactions,
  type SealedHeader,
  type Transaction,
} from '../ledger/index.ts';
import type { Breathe, FairShares } from './fair-shares.ts';
import { networkLimits } from './network-limits.ts';
import { readable, readBlock, readTransactions } from './reading.ts';
import { requestFailed } from './transport-errors.ts';
import * as wire from './wire.ts';

export interface QuestionsSettings {
  readonly genesis: string;
  readonly shares: FairShares;
  readonly known: KnownTransactions;
  /** Sends to one of the protocols of the network. @throws CarechainError `request-failed`. */
  ask(peerId: string, protocol: string, message: Uint8Array, answerBytes: number): Promise<Uint8Array>;
  shun(peerId: string, code: string): void;
}

export interface Questions {
  fetchHeaders(peerId: string, locator: readonly string[]): Promise<SealedHeader[]>;
  fetchBlocks(peerId: string, hashes: readonly string[]): Promise<Block[]>;
  fetchPendingIds(peerId: string, from: number): Promise<string[]>;
  fetchPending(peerId: string, ids: readonly string[]): Promise<Transaction[]>;
}

export function createQuestions({ genesis, shares, known, ask, shun }: QuestionsSettings): Questions {
  /** Reads an answer; what `read` refuses is held against the peer. */
  async function reading<T>(peerId: string, read: (breathe: Breathe) => Promise<T> | T): Promise<T> {
    try {
      return await shares.work(peerId, async (breathe) => read(breathe));
    } catch (error) {
      // A bug of ours: the peer is passed over, and not to blame.
      if (!(error instanceof CarechainError)) throw requestFailed('its answer could not be read', error);
      shun(peerId, 'bad-answer');
      throw new CarechainError('bad-answer', 'The peer answered with something that was not asked for.', {}, error);
    }
  }

  return {
    async fetchHeaders(peerId, locator) {
      const answer = await ask(peerId, 'headers/1', wire.encodeLocator(locator), wire.wireBytes.headers);
      return reading(peerId, async (breathe) => {
        const headers: SealedHeader[] = [];
        for (const bytes of wire.decodeHeaders(answer)) {
          await breathe();
          headers.push(readable(decodeSealedHeader(bytes)));
        }
        for (const [index, { header }] of headers.entries()) {
          const before = headers[index - 1];
          const follows =
            before === undefined
              ? locator.includes(header.parent)
              : header.parent === before.hash && header.height === before.header.height + 1;
          insist(follows && header.network === genesis);
        }
        return headers;
      });
    },
    async fetchBlocks(peerId, hashes) {
      if (hashes.length === 0) return [];
      const answer = await ask(peerId, 'blocks/1', wire.encodeHashes(hashes), wire.wireBytes.blocks);
      const blocks = await reading(peerId, async (breathe) => {
        const read: Block[] = [];
        for (const bytes of wire.decodeBlocks(answer)) read.push(await readBlock(bytes, breathe, known));
        const found = read.map(({ hash }) => hash);
        insist(isPartInOrder(found, hashes));
        return read;
      });
      if (blocks.length === 0) throw requestFailed('the peer has none of these blocks');
      return blocks;
    },
    async fetchPendingIds(peerId, from) {
      const answer = await ask(peerId, 'transactions/1', wire.encodeWanted(from), wire.wireBytes.ids);
      return reading(peerId, () => wire.decodeIds(answer));
    },
    async fetchPending(peerId, ids) {
      const found: Transaction[] = [];
      // In portions whose answer always fits, so that an answer never has to stop early.
      for (const wanted of portions(ids, networkLimits.transactionsPerRequest)) {
        const answer = await ask(peerId, 'transactions/1', wire.encodeWanted(wanted), wire.wireBytes.transactions);
        await reading(peerId, async (breathe) => {
          const read = await readTransactions(wire.decodeFetched(answer), breathe, known);
          const readIds = read.map(({ id }) => id);
          insist(isPartInOrder(readIds, wanted));
          found.push(...read);
        });
      }
      return found;
    },
  };
}

/** Whether `part` is `whole` with some left out. */
function isPartInOrder(part: readonly string[], whole: readonly string[]): boolean {
  let next = 0;
  for (const one of part) {
    const index = whole.indexOf(one, next);
    if (index === -1) return false;
    next = index + 1;
  }
  return true;
}

function insist(holds: boolean): void {
  if (!holds) throw new CarechainError('not-asked-for', 'A part of the answer was not asked for.');
}
