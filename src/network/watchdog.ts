/**
 * A gossip stream can die for good while its link stays up, and nobody is told. So whoever is linked and does not listen
 * to our topics for a while is hung up; the dialer links it again, with new streams.
 */
import { type Clock, every, type Logger, type Timer } from '../base/index.ts';
import type { Peer } from './network.ts';
import { networkLimits } from './network-limits.ts';
import type { Tasks } from './tasks.ts';

export function startWatchdog(settings: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tasks: Tasks;
  peers(): Peer[];
  /** Peers that listen to all our topics. */
  listeners(): ReadonlySet<string>;
  hangUp(peerId: string): Promise<void>;
}): Timer {
  const { clock, logger } = settings;
  const deafSince = new Map<string, number>();

  return every(
    clock,
    () => networkLimits.watchdogMs,
    () => settings.tasks.track(look),
  );

  async function look(): Promise<void> {
    const listeners = settings.listeners();
    const deaf = settings
      .peers()
      .map(({ peerId }) => peerId)
      .filter((peerId) => !listeners.has(peerId));
    for (const peerId of deafSince.keys()) if (!deaf.includes(peerId)) deafSince.delete(peerId);
    for (const peerId of deaf) {
      const since = deafSince.get(peerId) ?? clock.now();
      deafSince.set(peerId, since);
      if (clock.now() - since < networkLimits.deafMs) continue;
      logger.warn('a peer does not hear our gossip: it is hung up and dialled again', { peer: peerId });
      deafSince.delete(peerId);
      await settings.hangUp(peerId);
    }
  }
}
