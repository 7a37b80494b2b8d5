/** What peers say of addresses is a claim: it is tried, within bounds, and believed once a dial has confirmed it. */
import { expect, test } from 'vitest';
import { limits, silentLogger } from '../../src/base/index.ts';
import { createDialer, type Dialer } from '../../src/network/dialer.ts';
import { networkLimits } from '../../src/network/network-limits.ts';
import { createTasks } from '../../src/network/tasks.ts';
import { random } from './party.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

const { addressesPerTeller, confirmEveryMs } = networkLimits;

interface Rig {
  readonly dialer: Dialer;
  readonly clock: VirtualClock;
  readonly linked: Set<string>;
  /** In the order in which they were dialled. */
  readonly dialled: string[];
  learn(teller: string, whose: 'its own' | 'of others', ...addresses: string[]): void;
}

/** A dialer in a world where `found` says who listens at which address. */
function createRig(found: Readonly<Record<string, string>>, linked: readonly string[]): Rig {
  const clock = createVirtualClock();
  const links = new Set(linked);
  const dialled: string[] = [];
  const dialer = createDialer({
    ...{ configured: [], loopbackOnly: false, clock, random, logger: silentLogger },
    tasks: createTasks(() => undefined),
    async dial(address) {
      dialled.push(address);
      const peerId = found[address];
      if (peerId === undefined) throw new Error('nobody is there');
      links.add(peerId);
      return peerId;
    },
    isLinked: (peerId) => links.has(peerId),
    linkCount: () => 1,
    admits: () => true,
    isOtherNetwork: () => false,
  });
  dialer.start();
  const learn: Rig['learn'] = (peerId, whose, ...addresses) =>
    dialer.learn(addresses, { peerId, isLocal: true, tellsOwn: whose === 'its own' });
  return { dialer, clock, linked: links, dialled, learn };
}

const invented = (count: number, host = '127.0.0.2') =>
  Array.from({ length: count }, (_, index) => `${host}:${1_024 + index}`);

test('a linked liar that tells a thousand addresses as its own keeps no later address out', async () => {
  const { dialer, clock, dialled, learn } = createRig({ '10.0.0.1:1': 'friend', '10.0.0.2:1': 'other' }, ['liar']);
  const lies = invented(limits.knownAddresses);
  for (let told = 0; told < lies.length; told += limits.addressesPerPeer)
    learn('liar', 'its own', ...lies.slice(told, told + limits.addressesPerPeer));
  learn('friend', 'its own', '10.0.0.1:1');
  learn('friend', 'of others', '10.0.0.2:1');
  await clock.advance(600_000);
  dialer.stop();
  expect(dialled).toEqual(expect.arrayContaining(['10.0.0.1:1', '10.0.0.2:1']));
  expect(new Set(dialled).size).toBe(addressesPerTeller + 2);
  expect(dialer.linkedAddresses().sort()).toEqual(['10.0.0.1:1', '10.0.0.2:1']);
});

test('as many linked liars as it takes to know all addresses keep no later address out', async () => {
  const liars = Array.from({ length: Math.ceil(limits.knownAddresses / addressesPerTeller) }, (_, index) => `${index}`);
  const { dialer, clock, dialled, learn } = createRig({ '10.0.0.1:1': 'friend' }, liars);
  for (const liar of liars) learn(liar, 'its own', ...invented(addressesPerTeller, `127.0.1.${liar}`));
  learn('friend', 'its own', '10.0.0.1:1');
  await clock.advance(10_000);
  dialer.stop();
  expect(dialled).toContain('10.0.0.1:1');
});

test('a thousand addresses where one linked peer is found keep no later address out', async () => {
  const tellers = Array.from({ length: Math.ceil(limits.knownAddresses / addressesPerTeller) }, (_, index) => index);
  const told = tellers.map((index) => invented(addressesPerTeller, `127.0.1.${index}`));
  const found = Object.fromEntries(told.flat().map((address) => [address, 'octopus']));
  const { dialer, clock, dialled, learn } = createRig({ ...found, '10.0.0.1:1': 'friend' }, []);
  for (const [index, addresses] of told.entries()) {
    learn(`teller ${index}`, 'of others', ...addresses);
    await clock.advance(5_000);
  }
  expect(new Set(dialled).size).toBeGreaterThanOrEqual(limits.knownAddresses);
  learn('friend', 'its own', '10.0.0.1:1');
  await clock.advance(60_000);
  dialer.stop();
  expect(dialled).toContain('10.0.0.1:1');
});

test('a claim keeps nobody from being dialled', async () => {
  const { dialer, clock, dialled, learn } = createRig({ '10.0.9.9:1': 'liar' }, ['liar']);
  learn('liar', 'its own', '10.0.9.9:1');
  learn('friend', 'of others', '10.0.0.1:1');
  await clock.advance(1_000);
  learn('liar', 'its own', '10.0.0.1:1', '10.0.0.2:1');
  learn('friend', 'its own', '10.0.0.2:1');
  await clock.advance(60_000);
  dialer.stop();
  expect(new Set(dialled)).toEqual(new Set(['10.0.9.9:1', '10.0.0.1:1', '10.0.0.2:1']));
  expect(dialer.linkedAddresses()).toEqual(['10.0.9.9:1']);
});

test('of what a linked peer says of itself, one address is confirmed; the others once it has gone', async () => {
  const found: Record<string, string> = { '10.0.0.2:1': 'friend', '10.0.0.3:1': 'friend' };
  const { dialer, clock, linked, dialled, learn } = createRig(found, ['friend']);
  learn('friend', 'its own', '10.0.0.1:1', '10.0.0.2:1', '10.0.0.3:1');
  await clock.advance(confirmEveryMs / 2);
  expect(dialled).toEqual(['10.0.0.1:1', '10.0.0.2:1']);
  expect(dialer.linkedAddresses()).toEqual(['10.0.0.2:1']);
  linked.delete('friend');
  delete found['10.0.0.2:1'];
  dialer.unlinked('friend');
  await clock.advance(limits.redialMaxMs);
  dialer.stop();
  expect(dialer.linkedAddresses()).toContain('10.0.0.3:1');
});

test('a linked peer that cannot be dialled is looked for rarely', async () => {
  const { dialer, clock, dialled, learn } = createRig({}, ['guest']);
  const minutes = 20;
  for (let told = 0; told * limits.reconcileMs < minutes * 60_000; told++) {
    learn('guest', 'its own', '10.0.0.1:1');
    await clock.advance(limits.reconcileMs);
  }
  dialer.stop();
  expect(dialled.length).toBeGreaterThan(minutes / 2);
  expect(dialled.length).toBeLessThanOrEqual(minutes + 1);
});

test('others are told addresses of each range in turn', async () => {
  const found = Object.fromEntries(invented(40).map((address) => [address, `identity at ${address}`]));
  const { dialer, clock, learn } = createRig({ ...found, '10.0.0.1:1': 'friend', '10.0.7.1:1': 'other' }, []);
  learn('liar', 'of others', ...invented(40));
  await clock.advance(10_000);
  learn('friend', 'of others', '10.0.0.1:1', '10.0.7.1:1');
  await clock.advance(10_000);
  dialer.stop();
  const told = dialer.linkedAddresses();
  expect(told).toHaveLength(42);
  expect(told.slice(0, 3).sort()).toEqual(['10.0.0.1:1', '10.0.7.1:1', '127.0.0.2:1024']);
});
