import { beforeEach, describe, expect, it, vi } from 'vitest';
import { limits } from '../../src/base/index.ts';
import { networkLimits } from '../../src/network/network-limits.ts';
import { encodeTransactions } from '../../src/network/wire.ts';
import { createMemoryHub, type MemoryHub } from '../support/memory-transport.ts';
import { createParty, type Party, someBlocks, someTransaction } from './party.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

const topic = `/carechain/${'aa'.repeat(8)}/transactions/1`;
const blocksTopic = `/carechain/${'aa'.repeat(8)}/blocks/1`;
let clock: VirtualClock;
let hub: MemoryHub;

beforeEach(() => {
  clock = createVirtualClock();
  hub = createMemoryHub({ clock });
});

const join = (name: string, configured: string[] = []) =>
  createParty({ transport: hub.transport(name), clock, configured });

async function pair(): Promise<[Party, Party]> {
  const [a, b] = [await join('a', ['127.0.0.1:7002']), await join('b')];
  await clock.advance(100);
  return [a, b];
}

describe('gossip', () => {
  it('gathers transactions for a moment, in messages within the limits', async () => {
    const [a, b] = await pair();
    const sizes: number[] = [];
    const { broadcast } = a.transport;
    a.transport.broadcast = async (name, bytes) => {
      sizes.push(bytes.length);
      await broadcast(name, bytes);
    };
    const many = Array.from({ length: 300 }, (_, number) => someTransaction(number));
    for (const one of many.slice(0, 10)) a.network.publishTransactions([one]);
    expect(sizes).toHaveLength(0);
    await clock.advance(10);
    expect(sizes).toHaveLength(1);
    a.network.publishTransactions(many.slice(10));
    await clock.advance(10);
    expect(sizes).toHaveLength(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.gossipBytes);
    expect(b.heard.transactions.map(({ id }) => id)).toEqual(many.map(({ id }) => id));
  });

  it('passes blocks on along a line, where they are accepted', async () => {
    const [a, b] = await pair();
    const c = await join('c', ['127.0.0.1:7002']);
    hub.cut(['a'], ['c']);
    await clock.advance(1_000);
    const [first, second] = someBlocks(2);
    a.network.publishBlock(first!);
    await clock.advance(10);
    b.verdict = 'ignore';
    a.network.publishBlock(second!);
    await clock.advance(10);
    expect([b.heard.blocks, c.heard.blocks]).toEqual([[first, second], [first]]);
  });

  it.each([
    ['malformed-message', topic, Uint8Array.of(1, 2, 3)],
    ['malformed-message', topic, encodeTransactions([])],
    ['malformed-message', topic, encodeTransactions(Array.from({ length: 257 }, () => Uint8Array.of(1)))],
    ['malformed-transaction', topic, encodeTransactions([someTransaction(1).bytes, Uint8Array.of(1)])],
    ['transaction-too-large', topic, encodeTransactions([new Uint8Array(limits.transactionBytes + 1)])],
    ['malformed-block', blocksTopic, Uint8Array.of(0xa0)],
    ['malformed-block', blocksTopic, someBlocks(1)[0]!.bytes.subarray(1)],
    ['block-too-large', blocksTopic, new Uint8Array(limits.blockBytes + limits.blockFramingBytes + 1)],
  ])('shuns whoever sends what cannot be decoded: %s', async (code, name, bytes) => {
    const [a, b] = await pair();
    await a.transport.broadcast(name, bytes);
    await clock.advance(10);
    expect(b.log).toEqual(['peer a', `shunned a ${code}`, 'gone a']);
    expect([b.heard.transactions, b.heard.blocks]).toEqual([[], []]);
  });

  it('passes a batch on only where it is accepted', async () => {
    const verdicts: ('accept' | 'ignore')[] = [];
    const a = await join('a', ['127.0.0.1:7002']);
    const handlers = { onTransactions: async () => verdicts.shift() ?? 'accept' };
    await createParty({ transport: hub.transport('b'), clock, handlers });
    const c = await join('c', ['127.0.0.1:7002']);
    hub.cut(['a'], ['c']);
    await clock.advance(1_000);
    const batches = [0, 1].map((at) => Array.from({ length: 130 }, (_, index) => someTransaction(200 * at + index)));
    verdicts.push('ignore', 'accept');
    a.network.publishTransactions(batches[0]!);
    await clock.advance(1_000);
    expect([verdicts, c.heard.transactions]).toEqual([['accept'], []]);
    a.network.publishTransactions(batches[1]!);
    await clock.advance(1_000);
    expect(c.heard.transactions).toEqual(batches[1]);
  });

  it('counts nothing of a peer that leaves while its message is read', async () => {
    const a = await join('a', ['127.0.0.1:7002']);
    const handlers = { onTransactions: vi.fn(async () => 'ignore' as const), known: vi.fn(() => undefined) };
    await createParty({ transport: hub.transport('b'), clock, handlers });
    await clock.advance(100);
    handlers.known.mockImplementationOnce(() => {
      void a.transport.disconnect('b');
      return undefined;
    });
    await a.transport.broadcast(topic, encodeTransactions([1, 2].map((number) => someTransaction(number).bytes)));
    await clock.advance(1_000);
    expect(handlers.known).toHaveBeenCalled();
    expect(handlers.onTransactions).not.toHaveBeenCalled();
  });

  it('does not blame the sender for a bug of ours', async () => {
    const [a, b] = await pair();
    Object.defineProperty(b, 'pending', {
      get() {
        throw new TypeError('a bug');
      },
    });
    await a.transport.broadcast(topic, encodeTransactions([someTransaction(1).bytes]));
    await clock.advance(10);
    expect(b.log).toEqual(['peer a']);
    expect(b.heard.transactions).toEqual([]);
  });

  it('drops what still waits of a peer that has left', async () => {
    const handlers = { onTransactions: vi.fn(() => new Promise<'ignore'>(() => {})) };
    const a = await join('a', ['127.0.0.1:7002']);
    await createParty({ transport: hub.transport('b'), clock, handlers });
    await clock.advance(100);
    let speak = () => {};
    handlers.onTransactions.mockImplementationOnce(
      () =>
        new Promise((resolve) => {
          speak = () => resolve('ignore');
        }),
    );
    for (const number of [1, 2, 3]) {
      await a.transport.broadcast(topic, encodeTransactions([someTransaction(number).bytes]));
      await clock.advance(1);
    }
    expect(handlers.onTransactions).toHaveBeenCalledTimes(1);
    await a.network.stop();
    await clock.advance(1);
    speak();
    await clock.advance(10);
    expect(handlers.onTransactions).toHaveBeenCalledTimes(1);
  });

  it('drops what is over budget, before decoding it, and does not punish', async () => {
    const [a, b] = await pair();
    const flood = networkLimits.gossipMessagesAtOnce + 500;
    for (let number = 0; number < flood; number += 1) {
      await a.transport.broadcast(topic, encodeTransactions([someTransaction(number).bytes]));
    }
    await a.transport.broadcast(topic, Uint8Array.of(1, 2, 3));
    await clock.advance(0);
    expect(b.heard.transactions).toHaveLength(networkLimits.gossipMessagesAtOnce);
    expect(b.log).toEqual(['peer a']);
    await clock.advance(1_000);
    a.network.publishTransactions([someTransaction(flood)]);
    await clock.advance(10);
    expect(b.heard.transactions).toHaveLength(networkLimits.gossipMessagesAtOnce + 1);
  });

  it('hangs up and redials a peer that has gone deaf', async () => {
    const [a, b] = await pair();
    const { subscribers } = a.transport;
    a.transport.subscribers = () => [];
    await clock.advance(networkLimits.deafMs + 2 * networkLimits.watchdogMs);
    expect(a.log.slice(0, 2)).toEqual(['peer b', 'gone b']);
    a.transport.subscribers = subscribers;
    await clock.advance(15_000);
    expect([a.log.at(-1), b.log.at(-1)]).toEqual(['peer b', 'peer a']);
  });
});
