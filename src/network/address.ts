/**
 * Addresses of peers as people write them: `127.0.0.1:5002`, `[::1]:5002`, `clinic.example:5002`, or a multiaddr such as
 * `/ip4/127.0.0.1/tcp/5002` with or without `/p2p/…`. TCP is the only way to reach a peer, so every address is a host, a
 * port and at most a peer id, and has one canonical text by which it is known.
 */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { peerIdFromString } from '@libp2p/peer-id';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { CarechainError } from '../base/index.ts';

export interface PeerAddress {
  /** A host name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** The peer id that must be found there; null where anybody will do. */
  readonly peerId: string | null;
  /** The canonical text: host:port, or a multiaddr where it names a peer. */
  readonly text: string;
}

const longestText = 512;
const hostName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** @throws CarechainError `bad-peer-address` with a sentence that shows what is expected. */
export function parseAddress(text: string): PeerAddress {
  if (text.length > longestText) throw badAddress();
  return text.startsWith('/') ? parseMultiaddr(text) : parseHostAndPort(text);
}

/**
 * An address that a person has configured.
 * @throws CarechainError `bad-peer-address`, or `not-loopback` where only this machine may be dialled.
 */
export function checkConfigured(text: string, loopbackOnly: boolean): PeerAddress {
  const address = parseAddress(text);
  if (loopbackOnly && !isLoopback(address.host)) {
    throw new CarechainError(
      'not-loopback',
      'A node of the demo network, whose keys everybody has, dials this machine only. Start it with --expose-demo, or found a network of your own.',
      { host: address.host },
    );
  }
  return address;
}

/** The canonical text of a host and a port. */
export function formatAddress(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

export function toMultiaddr({ host, port, peerId }: Pick<PeerAddress, 'host' | 'port' | 'peerId'>): Multiaddr {
  const kind = isIPv4(host) ? 'ip4' : isIPv6(host) ? 'ip6' : 'dns';
  const suffix = peerId === null ? '' : `/p2p/${peerId}`;
  // `localhost` needs no name server, and not every machine has ::1.
  if (host === 'localhost') return multiaddr(`/ip4/127.0.0.1/tcp/${port}${suffix}`);
  return multiaddr(`/${kind}/${host}/tcp/${port}${suffix}`);
}

/** The host:port in a multiaddr of TCP. */
export function hostAndPortOf(address: Multiaddr): string {
  const [network, transport] = address.getComponents();
  return formatAddress(network?.value ?? '', Number(transport?.value ?? 0));
}

/** The host in a multiaddr of any kind. */
export function hostOf(address: Multiaddr): string {
  return address.getComponents()[0]?.value ?? '';
}

/** Whether a host is this machine itself, for certain. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  if (isIPv4(host)) return host.startsWith('127.');
  return isIPv6(host) && (canonicalIPv6(host) === '::1' || /^::ffff:127\./i.test(host));
}

function parseHostAndPort(text: string): PeerAddress {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+)):([0-9]{1,5})$/.exec(text);
  if (parts === null) throw badAddress();
  const port = parsePort(parts[3]!);
  if (parts[1] !== undefined) {
    if (!isIPv6(parts[1])) throw badAddress();
    return address(canonicalIPv6(parts[1]), port, null);
  }
  const host = parts[2]!.toLowerCase();
  if (!isIPv4(host) && !isHostName(host)) throw badAddress();
  return address(host, port, null);
}

function parseMultiaddr(text: string): PeerAddress {
  let components: { name: string; value?: string }[];
  try {
    components = multiaddr(text).getComponents();
    const peerId = components.find(({ name }) => name === 'p2p')?.value;
    if (peerId !== undefined) peerIdFromString(peerId);
  } catch (error) {
    throw badAddress(error);
  }
  const [network, transport, peer] = components;
  const host = network?.value?.toLowerCase();
  if (host === undefined || transport?.name !== 'tcp' || components.length > 3) throw badAddress();
  if (peer !== undefined && (peer.name !== 'p2p' || peer.value === undefined)) throw badAddress();
  const port = parsePort(transport.value ?? '');
  const peerId = peer?.value ?? null;
  if (network!.name === 'ip4' && isIPv4(host)) return address(host, port, peerId);
  if (network!.name === 'ip6' && isIPv6(host)) return address(canonicalIPv6(host), port, peerId);
  if (/^dns[46]?$/.test(network!.name) && isHostName(host)) return address(host, port, peerId);
  throw badAddress();
}

function address(host: string, port: number, peerId: string | null): PeerAddress {
  const text = peerId === null ? formatAddress(host, port) : toMultiaddr({ host, port, peerId }).toString();
  return { host, port, peerId, text };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw badAddress();
  return port;
}

/** A name whose last label is a number is a mistyped IP address. */
function isHostName(host: string): boolean {
  return host.length <= 253 && isIP(host) === 0 && hostName.test(host) && !/(^|\.)[0-9]+$/.test(host);
}

function canonicalIPv6(host: string): string {
  return new URL(`http://[${host}]`).hostname.slice(1, -1);
}

/** The text itself stays out of the sentence: a peer may have sent it. */
function badAddress(cause?: unknown): CarechainError {
  return new CarechainError(
    'bad-peer-address',
    'That is not the address of a peer. Expected host:port such as 127.0.0.1:5002 or [::1]:5002, or a multiaddr such as /ip4/127.0.0.1/tcp/5002.',
    {},
    cause,
  );
}
