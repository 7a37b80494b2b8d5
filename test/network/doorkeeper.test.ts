import { isIPv6 } from 'node:net';
import type { MultiaddrConnection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { expect, test } from 'vitest';
import { createDoorkeeper } from '../../src/network/doorkeeper.ts';
import { networkLimits } from '../../src/network/network-limits.ts';

const { unfinishedPerHost, connectionsPerHost } = networkLimits;

/** As much of a socket as the doorkeeper looks at. */
function socketFrom(host: string) {
  const target = new EventTarget();
  let isOpen = true;
  const close = () => {
    isOpen = false;
    target.dispatchEvent(new Event('close'));
  };
  const socket = Object.assign(target, {
    remoteAddr: multiaddr(`/${isIPv6(host) ? 'ip6' : 'ip4'}/${host}/tcp/9`),
    abort: close,
  });
  return { socket: socket as unknown as MultiaddrConnection, close, isOpen: () => isOpen };
}

test('the oldest unfinished socket of a host gives way', () => {
  const door = createDoorkeeper();
  const foes = Array.from({ length: unfinishedPerHost + 3 }, () => socketFrom('10.0.0.1'));
  expect(foes.every(({ socket }) => door.admits(socket))).toBe(true);
  expect(foes.map(({ isOpen }) => isOpen())).toEqual(foes.map((_, index) => index >= 3));
});

test('what is finished stays, up to so many of a host; other hosts are not asked to pay for it', () => {
  const door = createDoorkeeper();
  const sybils = Array.from({ length: connectionsPerHost }, () => socketFrom('10.0.0.1'));
  for (const { socket } of sybils) {
    expect(door.admits(socket)).toBe(true);
    door.finished(socket);
  }
  expect(door.admits(socketFrom('10.0.0.1').socket)).toBe(false);
  expect(door.admits(socketFrom('10.0.0.2').socket)).toBe(true);
  sybils[0]!.close();
  expect(door.admits(socketFrom('10.0.0.1').socket)).toBe(true);
  expect(sybils.slice(1).every(({ isOpen }) => isOpen())).toBe(true);
});

test('a host that changes its address of IPv6 for each socket is one host', () => {
  const door = createDoorkeeper();
  const foes = Array.from({ length: 512 }, (_, index) => socketFrom(`2001:db8:1:2::${(index + 1).toString(16)}`));
  const neighbour = socketFrom('2001:db8:2::1');
  for (const { socket } of [neighbour, ...foes]) expect(door.admits(socket)).toBe(true);
  expect(foes.filter(({ isOpen }) => isOpen())).toHaveLength(unfinishedPerHost);
  expect(neighbour.isOpen()).toBe(true);
});
