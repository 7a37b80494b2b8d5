/**
 * Who goes where there are more strangers than places. Identities cost nothing and addresses cost something: the newest
 * link of the address range that holds most of them gives way. So one machine with a thousand keys crowds out itself, and
 * a stranger from elsewhere still finds a place.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { parseAddress } from './address.ts';

export interface Stranger {
  readonly peerId: string;
  /** host:port. */
  readonly address: string;
}

/** Who must go, of links in the order in which they came; null where all may stay. */
export function whoGivesWay(strangers: readonly Stranger[], places: number): string | null {
  if (strangers.length <= places) return null;
  const crowds = new Map<string, Stranger[]>();
  for (const stranger of strangers) {
    const range = rangeOf(parseAddress(stranger.address).host);
    crowds.set(range, [...(crowds.get(range) ?? []), stranger]);
  }
  // Of crowds of one size the later one, whose last link is not older than that of the others.
  const largest = [...crowds.values()].reduce((most, crowd) => (crowd.length >= most.length ? crowd : most));
  return largest.at(-1)!.peerId;
}

/** The part of an address that its owner did not choose: /24 of IPv4, /48 of IPv6. */
function rangeOf(host: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(host)?.[1];
  const bare = mapped ?? host;
  if (isIPv4(bare)) return bare.split('.').slice(0, 3).join('.');
  if (!isIPv6(bare)) return bare;
  const [left = '', right] = bare.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros =
    right === undefined ? [] : Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, 3).join(':');
}
