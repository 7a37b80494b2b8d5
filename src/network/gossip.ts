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
  const { transport, topics, clock, tasks, budgets, isShunned, shun } = settings;
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
    decode: (bytes: Uint8Array) => T,
    handle: (value: T) => Promise<MessageVerdict>,
  ): Promise<MessageVerdict> {
    if (stopped || isShunned(from) || !budgets.admitsMessage(from, bytes.length)) return 'ignore';
    return lanes.take(from, bytes.length, 'ignore', () => judgeNow(from, bytes, decode, handle));
  }

  /** Decodes what a peer sent; what cannot be decoded is `reject`, and the peer is shunned. */
  async function judgeNow<T>(
    from: string,
    bytes: Uint8Array,
    decode: (bytes: Uint8Array) => T,
    handle: (value: T) => Promise<MessageVerdict>,
  ): Promise<MessageVerdict> {
    // A message before this one may have given the peer away.
    if (stopped || isShunned(from)) return 'ignore';
    let value: T;
    try {
      value = decode(bytes);
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
        judge(from, bytes, decodeTransactions, async (transactions) =>
          budgets.admitsTransactions(from, transactions.length)
            ? handlers.onTransactions(transactions, from)
            : 'ignore',
        ),
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

function decodeTransactions(message: Uint8Array): Transaction[] {
  return decodeBatch(message).map((bytes) => {
    const transaction = decodeTransaction(bytes);
    if (!transaction.ok) throw undecodable(transaction.rejection.code);
    return transaction.value;
  });
}

function decodeOneBlock(message: Uint8Array): Block {
  const block = decodeBlock(message);
  if (!block.ok) throw undecodable(block.rejection.code);
  return block.value;
}

function undecodable(code: string): CarechainError {
  return new CarechainError(code, 'A message by gossip cannot be decoded.');
}
