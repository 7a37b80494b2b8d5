/** Places are for strangers to share; whom a person has configured finds one always. */
import { expect, test } from 'vitest';
import { limits, silentLogger } from '../../src/base/index.ts';
import { parseAddress } from '../../src/network/address.ts';
import { createDialer } from '../../src/network/dialer.ts';
import { networkLimits } from '../../src/network/network-limits.ts';
import { createTasks } from '../../src/network/tasks.ts';
import { createMemoryHub } from '../support/memory-transport.ts';
import { createParty, random } from './party.ts';
import { createVirtualClock } from './virtual-clock.ts';

test('a configured peer is linked though strangers hold every place', async () => {
  const clock = createVirtualClock();
  const hub = createMemoryHub({ clock });
  const friendAddress = '127.0.0.1:9000';
  const node = await createParty({
    ...{ transport: hub.transport('node', '127.0.0.1:7000'), clock, configured: [friendAddress] },
  });
  for (let number = 0; number < limits.peers + 20; number += 1) {
    const stranger = hub.transport(`stranger ${number}`);
    await stranger.start({ connected: () => undefined, disconnected: () => undefined });
    await stranger.dial('127.0.0.1:7000').catch(() => undefined);
  }
  const linksOfNode = () => hub.links().filter((link) => link.split('-').includes('node')).length;
  await clock.advance(1);
  expect(linksOfNode()).toBe(limits.peers);
  const friend = await createParty({ transport: hub.transport('friend', friendAddress), clock });
  await clock.advance(limits.redialMaxMs);
  expect(node.network.configured()).toMatchObject([{ address: friendAddress, state: 'connected' }]);
  await node.network.stop();
  await friend.network.stop();
});

test('a peer that tells a thousand addresses makes nobody knock at a thousand doors', async () => {
  const clock = createVirtualClock();
  let underWay = 0;
  let mostUnderWay = 0;
  const dialled = new Set<string>();
  const dialer = createDialer({
    ...{ configured: [], loopbackOnly: true, clock, random, logger: silentLogger, tasks: createTasks(() => undefined) },
    async dial(address) {
      dialled.add(parseAddress(address).text);
      underWay += 1;
      mostUnderWay = Math.max(mostUnderWay, underWay);
      await new Promise<void>((resolve) => clock.after(limits.dialMs, resolve));
      underWay -= 1;
      throw new Error('nobody is there');
    },
    isLinked: () => false,
    linkCount: () => 1,
    admits: () => true,
    isOtherNetwork: () => false,
  });
  dialer.start();
  const spam = Array.from({ length: 1_000 }, (_, index) => `127.0.0.1:${1_024 + index}`);
  dialer.learn(spam, { peerId: 'spammer', isLocal: true, tellsOwn: false });
  dialer.learn(['127.0.0.1:9999'], { peerId: 'honest', isLocal: true, tellsOwn: true });
  await clock.advance(120_000);
  dialer.stop();
  expect(dialled.size).toBe(networkLimits.addressesPerTeller + 1);
  expect(dialled).toContain('127.0.0.1:9999');
  expect(mostUnderWay).toBe(networkLimits.learntDials);
});

test('a linked peer that tells a thousand addresses as its own leaves no more of them when it goes', async () => {
  const clock = createVirtualClock();
  let isUp = true;
  const dialled = new Set<string>();
  const dialer = createDialer({
    ...{ configured: [], loopbackOnly: true, clock, random, logger: silentLogger, tasks: createTasks(() => undefined) },
    async dial(address) {
      dialled.add(address);
      throw new Error('nobody is there');
    },
    isLinked: () => isUp,
    linkCount: () => 1,
    admits: () => true,
    isOtherNetwork: () => false,
  });
  dialer.start();
  const spam = Array.from({ length: 1_000 }, (_, index) => `127.0.0.1:${1_024 + index}`);
  // A status holds sixteen.
  for (let start = 0; start < spam.length; start += limits.addressesPerPeer) {
    const some = spam.slice(start, start + limits.addressesPerPeer);
    dialer.learn(some, { peerId: 'spammer', isLocal: true, tellsOwn: true });
  }
  isUp = false;
  dialer.unlinked('spammer');
  await clock.advance(120_000);
  dialer.stop();
  expect(dialled.size).toBe(networkLimits.addressesPerTeller);
});

test('addresses that led somewhere once do not keep later ones out', async () => {
  const clock = createVirtualClock();
  const linked = new Set<string>();
  const dialled = new Set<string>();
  const dialer = createDialer({
    ...{ configured: [], loopbackOnly: true, clock, random, logger: silentLogger, tasks: createTasks(() => undefined) },
    async dial(address) {
      dialled.add(address);
      linked.add(address);
      return address;
    },
    isLinked: (peerId) => linked.has(peerId),
    linkCount: () => 1,
    admits: () => true,
    isOtherNetwork: () => false,
  });
  dialer.start();
  const unlink = () => {
    for (const peerId of linked) {
      linked.delete(peerId);
      dialer.unlinked(peerId);
    }
  };
  // As many tellers as it takes, each of which leads to nodes that go again.
  for (let number = 0; number * networkLimits.addressesPerTeller < limits.knownAddresses; number += 1) {
    const told = Array.from(
      { length: networkLimits.addressesPerTeller },
      (_, port) => `127.0.0.2:${2_000 + 64 * number + port}`,
    );
    dialer.learn(told, { peerId: `teller ${number}`, isLocal: true, tellsOwn: false });
    await clock.advance(1_000);
    unlink();
  }
  expect(dialled.size).toBeGreaterThanOrEqual(limits.knownAddresses);
  dialer.learn(['127.0.0.1:9999'], { peerId: 'honest', isLocal: true, tellsOwn: true });
  await clock.advance(60_000);
  dialer.stop();
  expect(dialled).toContain('127.0.0.1:9999');
});
