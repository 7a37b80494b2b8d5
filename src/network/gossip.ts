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
import { assert, CarechainError, type Clock, describeError, type Logger, limits, type Timer } from '../base/index.ts';
import { type Block, decodeBlock, decodeTransaction, type Transaction } from '../ledger/index.ts';
import type { Budgets } from './budgets.ts';
import type { Breathe, FairShares } from './fair-shares.ts';
import { createLanes } from './lanes.ts';
import type { NetworkHandlers } from './network.ts';
import { networkLimits } from './network-limits.ts';
import type { Tasks } from './tasks.ts';
import type { MessageVerdict, Transport } from './transport.ts';
import { decodeBatch, encodeTransactions, wireBytes } from './wire.ts';

export interface GossipSettings {
  readonly transport: Transport;
  readonly topics: { readonly transactions: string; readonly blocks: string };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tasks: Tasks;
  readonly budgets: Budgets;
  readonly shares: FairShares;
  isShunned(peerId: string): boolean;
  shun(peerId: string, code: string): void;
}

export interface Gossip {
  listen(handlers: Pick<NetworkHandlers, 'onTransactions' | 'onBlock'>): void;
  publishTransactions(transactions: readonly Transaction[]): void;
  publishBlock(block: Block): void;
  stop(): void;
}

export function createGossip(settings: GossipSettings): Gossip {
  const { transport, topics, clock, tasks, budgets, shares, isShunned, shun } = settings;
  const logger = settings.logger.child('gossip');
  const lanes = createLanes();
  let waiting: Uint8Array[] = [];
  let timer: Timer | null = null;
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

  function flush(): void {
    timer?.cancel();
    timer = null;
    for (const batch of batchesOf(waiting)) send(topics.transactions, encodeTransactions(batch));
    waiting = [];
  }

  /** Within the peer's budget, and when the messages that it sent before are judged. */
  async function judge<T>(
    from: string,
    bytes: Uint8Array,
    decode: (bytes: Uint8Array, breathe: Breathe) => Promise<T>,
    handle: (value: T, breathe: Breathe) => Promise<MessageVerdict>,
  ): Promise<MessageVerdict> {
    if (stopped || isShunned(from) || !budgets.admitsMessage(from, bytes.length)) return 'ignore';
    return lanes.take(from, bytes.length, 'ignore', () =>
      shares.work(from, async (breathe) => {
        await breathe();
        return judgeNow(
          from,
          () => decode(bytes, breathe),
          (value) => handle(value, breathe),
        );
      }),
    );
  }

  /** Decodes what a peer sent; what cannot be decoded is `reject`, and the peer is shunned. */
  async function judgeNow<T>(
    from: string,
    decode: () => Promise<T>,
    handle: (value: T) => Promise<MessageVerdict>,
  ): Promise<MessageVerdict> {
    // A message before this one may have given the peer away.
    if (stopped || isShunned(from)) return 'ignore';
    let value: T;
    try {
      value = await decode();
    } catch (error) {
      shun(from, describeError(error).code);
      return 'reject';
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
      transport.subscribe(topics.transactions, (bytes, from) =>
        judge(from, bytes, decodeTransactions, async (transactions, breathe) => {
          if (!budgets.admitsTransactions(from, transactions.length)) return 'ignore';
          let verdict: MessageVerdict = 'ignore';
          for (let start = 0; start < transactions.length && !stopped; start += networkLimits.gossipPortion) {
            await breathe();
            const portion = transactions.slice(start, start + networkLimits.gossipPortion);
            const ofPortion = await handlers.onTransactions(portion, from);
            if (ofPortion === 'reject') return 'reject';
            if (ofPortion === 'accept') verdict = 'accept';
          }
          return verdict;
        }),
      );
      transport.subscribe(topics.blocks, (bytes, from) =>
        judge(from, bytes, decodeOneBlock, (block) => handlers.onBlock(block, from)),
      );
    },
    publishTransactions(transactions) {
      if (stopped) return;
      for (const { bytes } of transactions) waiting.push(bytes);
      if (waiting.length >= limits.transactionsPerMessage) flush();
      else timer ??= clock.after(networkLimits.batchMs, flush);
    },
    publishBlock(block) {
      assert(block.bytes.length <= wireBytes.block, 'a block is within its limit');
      if (!stopped) send(topics.blocks, block.bytes);
    },
    stop() {
      stopped = true;
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

async function decodeTransactions(message: Uint8Array, breathe: Breathe): Promise<Transaction[]> {
  const transactions: Transaction[] = [];
  for (const bytes of decodeBatch(message)) {
    await breathe();
    const transaction = decodeTransaction(bytes);
    if (!transaction.ok) throw undecodable(transaction.rejection.code);
    transactions.push(transaction.value);
  }
  return transactions;
}

async function decodeOneBlock(message: Uint8Array): Promise<Block> {
  const block = decodeBlock(message);
  if (!block.ok) throw undecodable(block.rejection.code);
  return block.value;
}

function undecodable(code: string): CarechainError {
  return new CarechainError(code, 'A message by gossip cannot be decoded.');
}
