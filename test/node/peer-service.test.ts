import { expect, test } from 'vitest';
import { silentLogger } from '../../src/base/index.ts';
import { rejection } from '../../src/ledger/index.ts';
import type { Offer } from '../../src/node/chain-keeper.ts';
import { PeerService, type PeerServicePorts } from '../../src/node/peer-service.ts';
import { createVirtualClock } from '../network/virtual-clock.ts';
import { Chain, testGenesis } from '../support/ledger.ts';

/** A service whose keeper answers what the test says, and whose peers answer when the test says. */
function serve(offer: Offer) {
  const chain = new Chain(testGenesis());
  const block = chain.mine(chain.world.register('alice', 'jane'));
  const clock = createVirtualClock();
  const told = { shunned: [] as string[], exchanges: 0, nudges: 0, offers: 0 };
  let answer = () => {};
  const network = {
    peers: () => [{ peerId: 'lab' }],
    shun: (peerId: string, code: string) => void told.shunned.push(`${peerId}: ${code}`),
    exchangeStatus() {
      told.exchanges++;
      return new Promise<void>((resolve) => {
        answer = resolve;
      });
    },
  };
  const keeper = {
    async offer() {
      told.offers++;
      return offer;
    },
  };
  const sync = { isRunning: false, nudge: () => void told.nudges++ };
  const ports = { network, keeper, sync, clock, logger: silentLogger, genesis: chain.world.genesis };
  const service = new PeerService(ports as unknown as PeerServicePorts);
  return { service, block, clock, told, sync, answer: () => answer() };
}

test.each<[string, Offer, string, string[]]>([
  ['a new head', { verdict: 'accepted', onMainChain: true }, 'accept', []],
  ['a side block, which was not checked whole', { verdict: 'accepted', onMainChain: false }, 'ignore', []],
  ['a known block', { verdict: 'ignored', rejection: null }, 'ignore', []],
  ['a lie', { verdict: 'rejected', rejection: rejection('not-enough-work') }, 'reject', ['lab: not-enough-work']],
  ['another’s lie', { verdict: 'ignored', rejection: rejection('wrong-transactions-root') }, 'ignore', []],
])('%s is told to gossip as it is', async (_name, offer, verdict, shunned) => {
  const { service, block, told } = serve(offer);
  expect(await service.onBlock(block, 'lab')).toBe(verdict);
  expect(told.shunned).toEqual(shunned);
});

test('a flood of orphans asks for one status at a time', async () => {
  const { service, block, clock, told, answer } = serve({ verdict: 'ignored', rejection: rejection('unknown-parent') });
  for (let count = 0; count < 100; count++) expect(await service.onBlock(block, 'lab')).toBe('ignore');
  expect(told.exchanges).toBe(1);
  answer();
  await clock.advance(0);
  expect(told.exchanges).toBe(2);
  answer();
  await clock.advance(0);
  expect(told.exchanges).toBe(2);
  expect(told.nudges).toBeGreaterThan(0);
});

test('a burst of blocks is told once, and once more where the head moved while it was told', async () => {
  const { service, clock, told, answer } = serve({ verdict: 'ignored', rejection: null });
  for (let count = 0; count < 50; count++) service.tellHead();
  await clock.advance(1_000);
  expect(told.exchanges).toBe(1);
  for (let count = 0; count < 50; count++) service.tellHead();
  await clock.advance(1_000);
  expect(told.exchanges).toBe(1);
  answer();
  await clock.advance(0);
  expect(told.exchanges).toBe(2);
});

test('while a sync runs the head is told once a second, and soon when it has ended', async () => {
  const { service, clock, told, sync, answer } = serve({ verdict: 'ignored', rejection: null });
  sync.isRunning = true;
  for (let tenths = 0; tenths < 30; tenths++) {
    service.tellHead();
    await clock.advance(100);
    answer();
  }
  expect(told.exchanges).toBe(3);
  service.tellHead();
  await clock.advance(100);
  expect(told.exchanges).toBe(3);
  sync.isRunning = false;
  await clock.advance(100);
  expect(told.exchanges).toBe(4);
  expect(clock.armed()).toBe(0);
});

test('a block from the future is offered again at its time, and not after a stop', async () => {
  const future: Offer = { verdict: 'ignored', rejection: rejection('block-from-the-future') };
  for (const isStopped of [false, true]) {
    const { service, block, clock, told } = serve(future);
    const soon = { ...block, header: { ...block.header, time: clock.now() + 20_000 } };
    await service.onBlock(soon, 'lab');
    await service.onBlock(soon, 'lab');
    if (isStopped) service.stop();
    await clock.advance(5_000);
    expect(told.offers).toBe(isStopped ? 2 : 3);
    service.stop();
    expect(clock.armed()).toBe(0);
  }
});
