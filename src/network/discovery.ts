/**
 * What becomes of peers that were found on the local network. Anybody there can answer with as many names as it likes, so
 * only a few are dialled at a time, and of those that are not linked then nothing is kept: they are found again when they
 * answer the next question.
 */
import { networkLimits } from './network-limits.ts';

export interface DiscoverySettings<Found> {
  isLinked(found: Found): boolean;
  /** Throws where nobody answers. */
  dial(found: Found): Promise<void>;
  /** Drops what libp2p has written down of it. */
  forget(found: Found): Promise<void>;
}

/** @returns what is to be done with each that is found. */
export function createDiscovery<Found>({ isLinked, dial, forget }: DiscoverySettings<Found>) {
  let dialling = 0;

  return async (found: Found): Promise<void> => {
    if (isLinked(found)) return;
    if (dialling >= networkLimits.discoveredDials) return forget(found);
    dialling += 1;
    try {
      await dial(found);
    } finally {
      dialling -= 1;
      if (!isLinked(found)) await forget(found);
    }
  };
}
