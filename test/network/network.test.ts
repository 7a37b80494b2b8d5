import { beforeEach, describe, expect, it } from 'vitest';
import { limits } from '../../src/base/index.ts';
import { createMemoryHub, type MemoryHub } from '../support/memory-transport.ts';
import { createParty, otherGenesis, type Party, someBlocks, someTransaction } from './party.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

const toA = '127.0.0.1:7001';
const toB = '127.0.0.1:7002';
let clock: VirtualClock;
let hub: MemoryHub;

beforeEach(() => {
  clock = createVirtualClock();
  hub = createMemoryHub({ clock });
});

type Extra = Partial<Parameters<typeof createParty>[0]>;
const join = (name: string, extra: Extra = {}) => createParty({ transport: hub.transport(name), clock, ...extra });
const codeOf = (work: Promise<unknown>) => work.then(String, (error) => error.code);

/** Two that are linked: a has dialled b. */
async function pair(ofA: Extra = {}, ofB: Extra = {}): Promise<[Party, Party]> {
  const [a, b] = [await join('a', { configured: [toB], ...ofA }), await join('b', ofB)];
  await clock.advance(100);
  return [a, b];
}

describe('peers', () => {
  it('know each other from one exchange', async () => {
    const [a, b] = await pair({}, { clockAheadMs: 7_000 });
    expect([a.log, b.log]).toEqual([['peer b'], ['peer a']]);
    expect(b.network.peers()[0]!.status!.nodeId).toBe('Node-a');
    expect(a.network.peers()).toMatchObject([{ peerId: 'b', address: toB, clockOffsetMs: 7_000 }]);
    expect(a.network.configured()).toMatchObject([{ address: toB, state: 'connected', lastSeen: clock.now() }]);
  });

  it('tell their status again and again', async () => {
    const [a, b] = await pair();
    b.chain.push(...someBlocks(3));
    await clock.advance(2 * limits.reconcileMs);
    expect(a.network.peers()[0]!.status!.tip.height).toBe(3);
    a.chain.push(...someBlocks(2));
    expect((await b.network.exchangeStatus('a')).tip.height).toBe(2);
  });

  it('of another genesis are turned away by name, on both sides, and tried again rarely', async () => {
    const [a, b] = await pair({}, { network: otherGenesis });
    expect([a.log, b.log]).toEqual([['other-network bbbb'], ['other-network aaaa']]);
    await clock.advance(5_000);
    expect([a.network.peers(), b.network.peers(), hub.links()]).toEqual([[], [], []]);
    expect(a.network.configured()).toEqual([{ address: toB, state: 'other-network', lastSeen: null }]);
    await clock.advance(115_000);
    expect(a.log.length).toBeLessThan(4);
    expect(a.log.length).toBeGreaterThan(1);
  });

  it('tell each other whom they know', async () => {
    const [a, b] = await pair();
    const c = await join('c', { configured: [toB] });
    await clock.advance(3 * limits.reconcileMs);
    expect(hub.links().sort()).toEqual(['a-b', 'a-c', 'b-c']);
    expect([a, b, c].map(({ network }) => network.peers().length)).toEqual([2, 2, 2]);
  });

  it('that say nothing readable are shunned', async () => {
    const liar = hub.transport('b');
    liar.handle('/carechain/status/1', 100_000, async () => Uint8Array.of(1, 2, 3));
    await liar.start({ connected() {}, disconnected() {} });
    const a = await join('a', { configured: ['127.0.0.1:7001'] });
    await clock.advance(1_000);
    expect(a.log).toEqual(['shunned b bad-answer']);
    expect(hub.links()).toEqual([]);
    expect(await codeOf(liar.dial(toB))).toBe('dial-failed');
  });
});

describe('the dialer', () => {
  it('heals a link within 15 s of the wire coming back, however long it was cut', async () => {
    for (const cutMs of [1_000, 120_000, 3_600_000]) {
      hub = createMemoryHub({ clock });
      const [a, b] = await pair();
      await clock.advance(20_000);
      const cutAt = clock.now();
      hub.cut(['a'], ['b']);
      await clock.advance(cutMs);
      expect(a.log).toEqual(['peer b', 'gone b']);
      expect(a.network.configured()[0]).toMatchObject({ lastSeen: cutAt });
      hub.heal();
      await clock.advance(15_000);
      expect([a.log.at(-1), b.log.at(-1)]).toEqual(['peer b', 'peer a']);
      await Promise.all([a.network.stop(), b.network.stop()]);
    }
  });

  it('finds a peer that starts later', async () => {
    const a = await join('a', { configured: [toB] });
    await clock.advance(60_000);
    expect(a.network.configured()).toEqual([{ address: toB, state: 'waiting', lastSeen: null }]);
    await join('b');
    await clock.advance(10_000);
    expect(a.log).toEqual(['peer b']);
  });

  it('leaves its own address alone, and dials one peer once under two addresses', async () => {
    const [a] = await pair({ configured: [toA, toB, 'localhost:7002'] });
    expect(a.network.configured().map(({ state }) => state)).toEqual(['self', 'connected', 'connected']);
  });

  it('works where both have configured each other', async () => {
    const [a, b] = await pair({}, { configured: [toA] });
    expect([a.log, b.log]).toEqual([['peer b'], ['peer a']]);
    hub.cut(['a'], ['b']);
    hub.heal();
    await clock.advance(15_000);
    expect([a.log, b.log]).toEqual([
      ['peer b', 'gone b', 'peer b'],
      ['peer a', 'gone a', 'peer a'],
    ]);
  });

  it('rests while offline', async () => {
    const [a] = await pair();
    await a.network.setOffline(true);
    await clock.advance(60_000);
    expect([a.network.isOffline(), a.network.peers(), a.network.configured()[0]!.state]).toEqual([true, [], 'offline']);
    await a.network.setOffline(false);
    await clock.advance(1_000);
    expect(a.network.configured()[0]!.state).toBe('connected');
  });

  it('dials this machine only where it is told so', async () => {
    const outside = { configured: ['10.0.0.1:5001'] };
    expect(await codeOf(join('x', outside))).toBe('not-loopback');
    expect((await join('y', { ...outside, loopbackOnly: false })).network.configured()).toHaveLength(1);
  });
});

describe('questions and answers', () => {
  it('fetch headers, blocks and pending transactions', async () => {
    const [a, b] = await pair();
    b.chain.push(...someBlocks(5));
    b.pending.push(...Array.from({ length: 600 }, (_, number) => someTransaction(number)));
    const genesisHash = 'aa'.repeat(32);
    const headers = await a.network.fetchHeaders('b', [genesisHash]);
    expect(headers.map(({ hash }) => hash)).toEqual(b.chain.map(({ hash }) => hash));
    const hashes = headers.map(({ hash }) => hash);
    expect(await a.network.fetchBlocks('b', [hashes[3]!, 'ee'.repeat(32), hashes[1]!])).toEqual([
      b.chain[3],
      b.chain[1],
    ]);
    expect(await codeOf(a.network.fetchBlocks('b', ['ee'.repeat(32)]))).toBe('request-failed');
    const ids = await a.network.fetchPendingIds('b', 0);
    expect(ids).toEqual(b.pending.map(({ id }) => id));
    expect(await a.network.fetchPendingIds('b', 590)).toEqual(ids.slice(590));
    expect(await a.network.fetchPendingIds('b', 600)).toEqual([]);
    expect(await a.network.fetchPending('b', ids)).toEqual(b.pending);
    expect(a.log).toEqual(['peer b']);
  });

  const [first, second, third] = someBlocks(3);
  const lies: [string, Partial<Party>, (party: Party) => Promise<unknown>][] = [
    ['headers with a gap', { chain: [first!, third!] }, ({ network }) => network.fetchHeaders('b', ['aa'.repeat(32)])],
    ['headers from elsewhere', { chain: [second!] }, ({ network }) => network.fetchHeaders('b', ['aa'.repeat(32)])],
    [
      'headers of another network',
      { chain: someBlocks(1, 'bb'.repeat(32)) },
      ({ network }) => network.fetchHeaders('b', ['aa'.repeat(32), 'bb'.repeat(32)]),
    ],
  ];
  it.each(lies)('shun a peer that answers with %s', async (_name, { chain }, ask) => {
    const [a, b] = await pair();
    b.chain.push(...chain!);
    expect(await codeOf(ask(a))).toBe('bad-answer');
    await clock.advance(1_000);
    expect([a.log, hub.links()]).toEqual([['peer b', 'shunned b bad-answer', 'gone b'], []]);
    await clock.advance(limits.shunMs + 15_000);
    expect(hub.links()).toEqual(['a-b']);
  });

  it.each([
    ['a block that was not asked for', 'blocks', (party: Party) => party.network.fetchBlocks('b', [first!.hash])],
    ['bytes that are no block', 'garbage', (party: Party) => party.network.fetchBlocks('b', [first!.hash])],
    [
      'a transaction that was not asked for',
      'transactions',
      (party: Party) => party.network.fetchPending('b', ['aa'.repeat(32)]),
    ],
  ] as const)('shun a peer that answers with %s', async (_name, lie, ask) => {
    const blockBytes = () => [lie === 'garbage' ? Uint8Array.of(1) : second!.bytes];
    const [a] = await pair({}, { handlers: { blockBytes, pendingBytes: () => [someTransaction(1).bytes] } });
    expect(await codeOf(ask(a))).toBe('bad-answer');
    expect(a.log).toContain('shunned b bad-answer');
  });

  it('shun longer each time', async () => {
    const [a] = await pair();
    for (const minutes of [1, 2, 4]) {
      a.network.shun('b', 'a-lie');
      await clock.advance(minutes * 60_000 - 1_000);
      expect(a.network.peers()).toEqual([]);
      await clock.advance(20_000);
      expect(a.network.peers()).toHaveLength(1);
    }
  });

  it('carry the protocols of the rooms above', async () => {
    const [a, b] = await pair();
    b.network.serve('vault/1', 100, async (bytes, from) => Uint8Array.from([...bytes, from.length]));
    expect(await a.network.request('b', 'vault/1', Uint8Array.of(5), 10)).toEqual(Uint8Array.of(5, 1));
    expect(await codeOf(a.network.request('b', 'vault/2', Uint8Array.of(5), 10))).toBe('request-failed');
    expect(await codeOf(a.network.request('b', 'vault/1', new Uint8Array(101), 10))).toBe('request-failed');
  });

  it('wait their turn, so that no request of ours is over budget', async () => {
    const [a, b] = await pair();
    let underWay = 0;
    let most = 0;
    b.network.serve('slow/1', 10, async (bytes) => {
      most = Math.max(most, ++underWay);
      // They are begun one in a turn of the event loop.
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return bytes;
    });
    const requests = Array.from({ length: 50 }, () => a.network.request('b', 'slow/1', Uint8Array.of(1), 10));
    expect(await Promise.all(requests)).toHaveLength(50);
    expect(most).toBe(limits.requestsPerPeer);
  });

  it('refuse a peer that asks for too much at once, and keep its link', async () => {
    const [a, b] = await pair();
    b.network.serve('never/1', 10, () => new Promise(() => {}));
    const protocol = `/carechain/${'aa'.repeat(8)}/never/1`;
    const ask = () => a.transport.request('b', protocol, Uint8Array.of(1), { timeoutMs: 1_000, answerBytes: 10 });
    const asked = Array.from({ length: limits.requestsPerPeer }, () => codeOf(ask()));
    expect(await codeOf(ask())).toBe('request-failed');
    await clock.advance(1_000);
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['request-failed']));
    expect([a.log, b.log]).toEqual([['peer b'], ['peer a']]);
  });
});

it('stops with no timer left', async () => {
  const [a, b] = await pair();
  a.network.publishTransactions([someTransaction(1)]);
  await Promise.all([a.network.stop(), b.network.stop()]);
  expect(clock.armed()).toBe(0);
});
