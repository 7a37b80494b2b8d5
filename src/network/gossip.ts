/**
 * Gossip: new transactions and blocks, pushed to everybody who listens. It is the fast path and no more. Messages are lost
 * while meshes form and links break; what must arrive is pulled.
 *
 *   /carechain/<network>/transactions/1   { transactions: [ bytes ] }, at most 256 and 1 MiB
 *   /carechain/<network>/blocks/1         the bytes of one block
 *
 * Size and shape are judged here, before anything is believed; the rest by the handlers. Who passes on what cannot be
 * decoded is shunned, since an honest peer passes on only what it has checked.
 */
import { assert, CarechainError, type Clock, describeError, type Logger } from '../base/index.ts';
import type { Block, Transaction } from '../ledger/index.ts';
import { createBatches } from './batches.ts';
import type { Budgets } from './budgets.ts';
import type { Breathe, FairShares } from './fair-shares.ts';
import { createLanes, type LaneKind } from './lanes.ts';
import type { NetworkHandlers } from './network.ts';
import { networkLimits } from './network-limits.ts';
import { readBlock, readTransactions } from './reading.ts';
import type { Tasks } from './tasks.ts';
import type { MessageVerdict, Transport } from './transport.ts';
import { decodeBatch, encodeTransactions, wireBytes } from './wire.ts';

/**
 * A block goes on for as long at a time as the work on a chain does. Where many wait for the event loop a turn takes tens of
 * milliseconds: with a slice of the usual length a block of two thousand transactions took seconds to be read, and whoever
 * had not read it mined another in its place.
 */
const blockSliceMs = 8;

export interface GossipSettings {
  readonly transport: Transport;
  readonly topics: { readonly transactions: string; readonly blocks: string };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tasks: Tasks;
  readonly budgets: Budgets;
  readonly shares: FairShares;
  isShunned(peerId: string): boolean;
  isLinked(peerId: string): boolean;
  shun(peerId: string, code: string): void;
}

export interface Gossip {
  listen(handlers: Pick<NetworkHandlers, 'known' | 'onTransactions' | 'onBlock'>): void;
  publishTransactions(transactions: readonly Transaction[]): void;
  publishBlock(block: Block): void;
  blocksJudged(): Promise<void>;
  stop(): void;
}

export function createGossip(settings: GossipSettings): Gossip {
  const { transport, topics, clock, tasks, budgets, shares, isShunned, isLinked, shun } = settings;
  const logger = settings.logger.child('gossip');
  const lanes = createLanes();
  const batches = createBatches(clock, (batch) => send(topics.transactions, encodeTransactions(batch)));
  let stopped = false;

  function send(topic: string, bytes: Uint8Array): void {
    tasks.run(async () => {
      try {
        await transport.broadcast(topic, bytes);
      } catch (error) {
        logger.warn('a message was not published', describeError(error));
      }
    });
  }

  /** Within the peer's budget, and when the messages that it sent before are judged. */
  async function judge<T>(
    from: string,
    kind: LaneKind,
    bytes: Uint8Array,
    decode: (bytes: Uint8Array, breathe: Breathe) => Promise<T>,
    handle: (value: T, breathe: Breathe) => Promise<MessageVerdict>,
  ): Promise<MessageVerdict> {
    if (stopped || isShunned(from) || !isLinked(from) || !budgets.admitsMessage(from, bytes.length)) return 'ignore';
    return lanes.take(from, kind, bytes.length, 'ignore', () =>
      shares.work(
        `${from} ${kind}`,
        async (breathe) => {
          await breathe();
          return judgeNow(
            from,
            () => decode(bytes, breathe),
            (value) => handle(value, breathe),
          );
        },
        kind === 'block' ? blockSliceMs : undefined,
      ),
    );
  }

  /** Decodes what a peer sent; what cannot be decoded is `reject`, and the peer is shunned. */
  async function judgeNow<T>(
    from: string,
    decode: () => Promise<T>,
    handle: (value: T) => Promise<MessageVerdict>,
  ): Promise<MessageVerdict> {
    // A message before this one may have given the peer away. And who leaves takes along what still waits: or one host
    // could come and go under new names, and leave more behind each time.
    if (stopped || isShunned(from) || !isLinked(from)) return 'ignore';
    let value: T;
    try {
      value = await decode();
    } catch (error) {
      if (error instanceof CarechainError) {
        shun(from, error.code);
        return 'reject';
      }
      // A bug of ours: the sender is not to blame for it.
      logger.error('a message was dropped, because reading it failed', describeError(error));
      return 'ignore';
    }
    try {
      return await handle(value);
    } catch (error) {
      logger.error('a message was dropped, because its check failed', describeError(error));
      return 'ignore';
    }
  }

  return {
    listen(handlers) {
      const known = (id: string) => handlers.known(id);
      const readBatch = (bytes: Uint8Array, breathe: Breathe) => readTransactions(decodeBatch(bytes), breathe, known);
      const readOne = (bytes: Uint8Array, breathe: Breathe) => readBlock(bytes, breathe, known);
      transport.subscribe(topics.transactions, (bytes, from) =>
        judge(from, laneOf(bytes), bytes, readBatch, async (transactions, breathe) => {
          // Reading took its time: of who has left meanwhile nothing is counted any more, or it would be for ever.
          if (!isLinked(from) || !budgets.admitsTransactions(from, transactions.length)) return 'ignore';
          return handlers.onTransactions(transactions, from, async () => {
            await breathe();
            return !stopped;
          });
        }),
      );
      transport.subscribe(topics.blocks, (bytes, from) =>
        judge(from, 'block', bytes, readOne, (block) => handlers.onBlock(block, from)),
      );
    },
    publishTransactions(transactions) {
      if (!stopped) batches.add(transactions.map(({ bytes }) => bytes));
    },
    publishBlock(block) {
      assert(block.bytes.length <= wireBytes.block, 'a block is within its limit');
      if (!stopped) send(topics.blocks, block.bytes);
    },
    blocksJudged: () => lanes.judged('block'),
    stop() {
      stopped = true;
      batches.stop();
    },
  };
}

/** By its size: nothing is decoded before it is its turn. */
function laneOf({ length }: Uint8Array): LaneKind {
  return length <= networkLimits.fewTransactionsBytes ? 'a few transactions' : 'many transactions';
}
