/**
 * How much of an address cost its owner something. Identities are free, and so are the addresses within the range that a
 * host was given; so whatever is counted or shared by host goes by these, and never by a peer id or an IPv6 address.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** One neighbourhood: /24 of IPv4, /48 of IPv6; of what is no address the text itself. */
export function rangeOf(host: string): string {
  const door = doorOf(host);
  return isIPv4(door) ? door.split('.').slice(0, 3).join('.') : door;
}

/** One host: an address of IPv4, which is dear, or /48 of IPv6, of which one host has at least 2^64 addresses. */
export function doorOf(host: string): string {
  const [address = ''] = host.split('%');
  if (!isIPv6(address)) return host;
  const groups = groupsOf(address);
  const [sixth, high, low] = groups.slice(5) as [number, number, number];
  const isIPv4Inside = sixth === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (isIPv4Inside) return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  return `${groups
    .slice(0, 3)
    .map((group) => group.toString(16))
    .join(':')}::`;
}

/** The first of each group, then the second of each, and so on: where only some are taken, no group has them all. */
export function inTurn<T>(all: readonly T[], groupOf: (one: T) => string): T[] {
  const sizes = new Map<string, number>();
  const placed = all.map((one) => {
    const group = groupOf(one);
    const place = sizes.get(group) ?? 0;
    sizes.set(group, place + 1);
    return { one, place };
  });
  return placed.sort((left, right) => left.place - right.place).map(({ one }) => one);
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  // In its canonical form it has no IPv4 in dots, and at most one gap.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [left = '', right = ''] = canonical.split('::');
  const [head, tail] = [left, right].map((part) => (part === '' ? [] : part.split(':')));
  const gap = Array.from({ length: 8 - head!.length - tail!.length }, () => '0');
  return [...head!, ...gap, ...tail!].map((group) => Number.parseInt(group, 16));
}
