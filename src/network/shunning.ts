/**
 * Peers that did what only a liar does are refused for a while: longer each time, and after an hour of good behaviour
 * from the shortest again. Kept in memory only; a restart forgives.
 */
import { type Clock, limits } from '../base/index.ts';
import { networkLimits } from './network-limits.ts';

export interface Shunning {
  /** @returns for how long the peer is shunned now, in milliseconds. */
  shun(peerId: string): number;
  isShunned(peerId: string): boolean;
}

export function createShunning(clock: Clock): Shunning {
  const shunned = new Map<string, { until: number; lengthMs: number }>();

  return {
    shun(peerId) {
      const now = clock.now();
      const last = shunned.get(peerId);
      const isRepeated = last !== undefined && now < last.until + networkLimits.shunMemoryMs;
      const lengthMs = isRepeated ? Math.min(2 * last.lengthMs, limits.shunMaxMs) : limits.shunMs;
      // Put at the end: the map is in the order of the last offence, and the oldest goes first.
      shunned.delete(peerId);
      shunned.set(peerId, { until: now + lengthMs, lengthMs });
      if (shunned.size > networkLimits.shunnedPeers) shunned.delete(shunned.keys().next().value!);
      return lengthMs;
    },
    isShunned: (peerId) => (shunned.get(peerId)?.until ?? 0) > clock.now(),
  };
}
