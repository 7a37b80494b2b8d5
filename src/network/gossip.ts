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
  shun(peerId: string, code: string): void;
}

export interface Gossip {
  listen(handlers: Pick<NetworkHandlers, 'onTransactions' | 'onBlock'>): void;
  publishTransactions(transactions: readonly Transaction[]): void;
  publishBlock(block: Block): void;
  stop(): void;
}

export function createGossip({ transport, topics, clock, tasks, budgets, shun, ...rest }: GossipSettings): Gossip {
  const logger = rest.logger.child('gossip');
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

  /** Decodes what a peer sent; what cannot be decoded is `reject`, and the peer is shunned. */
  async function judge<T>(
    from: string,
    bytes: Uint8Array,
    decode: (bytes: Uint8Array) => T,
    handle: (value: T) => Promise<MessageVerdict>,
  ): Promise<MessageVerdict> {
    if (stopped || !budgets.admitsMessage(from, bytes.length)) return 'ignore';
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
        judge(from, bytes, decodeTransactions, (transactions) => handlers.onTransactions(transactions, from)),
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
