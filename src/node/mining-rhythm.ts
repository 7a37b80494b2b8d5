/** `--mine-every`: seals a block whenever something is pending or due, after a jittered wait. */
import { type Clock, describeError, every, type Logger, type Random, type Timer } from '../base/index.ts';
import type { MineOutcome } from './ledger-node.ts';

export interface MiningRhythmPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Whether a block could hold anything now. */
  isDue(): boolean;
  mine(): Promise<MineOutcome>;
}

export function startMiningRhythm(seconds: number, ports: MiningRhythmPorts): Timer {
  const { clock, random, logger, isDue, mine } = ports;
  const jitteredMs = () => Math.round(seconds * 1_000 * (0.5 + random.fraction()));
  return every(clock, jitteredMs, async () => {
    // Whatever fails here, the rhythm goes on: the disk may have room again by the next time.
    try {
      if (!isDue()) return;
      const outcome = await mine();
      if (!outcome.ok) logger.debug('nothing was mined', { code: outcome.code });
    } catch (error) {
      logger.error('mining failed', describeError(error));
    }
  });
}
