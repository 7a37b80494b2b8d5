/**
 * Who goes where there are more strangers than places. Identities cost nothing and addresses cost something: the newest
 * link of the address range that holds most of them gives way. So one machine with a thousand keys crowds out itself, and
 * a stranger from elsewhere still finds a place.
 */
import { parseAddress } from './address.ts';
import { rangeOf } from './address-range.ts';

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
