/**
 * `--mine-every`: seals a block whenever something is pending or due, after a jittered wait since the head last moved.
 *
 * Miners take turns, so that two of them seldom seal on the same head: who has not sealed for the longest time goes first,
 * and each of the others waits a whole time longer. It is a courtesy and no rule of the chain: where the one whose turn it
 * is stays away the next one seals, and after ten blocks of others everybody may.
 */
import { type Clock, describeError, type Logger, type Random, type Timer } from '../base/index.ts';
import type { ChainStore } from '../storage/index.ts';
import type { MineAttempt } from './miner.ts';

/** Who sealed none of so many of the last blocks has no turn that others wait for. */
const recentBlocks = 8;

/** So often a head that moved begins the wait anew: others must not be able to keep this node from sealing. */
const mostPostponed = 10;

export interface MiningRhythmPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly chain: Pick<ChainStore, 'tip' | 'header'>;
  /** Hex. */
  readonly nodeKey: string;
  /** Whether a block could hold anything now. */
  isDue(): boolean;
  mine(): Promise<MineAttempt>;
  /** Calls whenever the head moves, until the function returned is called. */
  onHeadMove(run: () => void): () => void;
}

export function startMiningRhythm(seconds: number, ports: MiningRhythmPorts): Timer {
  const { clock, random, logger, chain, nodeKey, isDue, mine, onHeadMove } = ports;
  let timer: Timer;
  let postponed = 0;
  let isMining = false;
  let isOver = false;

  function wait(): void {
    const times = turnOf(nodeKey, recentMiners(chain)) + 0.75 + random.fraction() / 2;
    timer = clock.after(Math.round(seconds * 1_000 * times), async () => {
      isMining = true;
      await mineWhatIsDue();
      isMining = false;
      postponed = 0;
      if (!isOver) wait();
    });
  }

  async function mineWhatIsDue(): Promise<void> {
    // Whatever fails here, the rhythm goes on: the disk may have room again by the next time.
    try {
      if (!isDue()) return;
      const outcome = await mine();
      if (!outcome.ok) logger.debug('nothing was mined', { code: outcome.code });
    } catch (error) {
      logger.error('mining failed', describeError(error));
    }
  }

  const unwatch = onHeadMove(() => {
    if (isMining || postponed === mostPostponed) return;
    postponed += 1;
    timer.cancel();
    wait();
  });
  wait();
  return {
    cancel() {
      isOver = true;
      unwatch();
      timer.cancel();
    },
  };
}

/** How many miners of recent blocks go before `miner`. @param recent of each of the last blocks, the latest first. */
export function turnOf(miner: string, recent: readonly string[]): number {
  const sealers = [...new Set(recent)];
  const own = sealers.indexOf(miner);
  return own === -1 ? 0 : sealers.length - 1 - own;
}

function recentMiners(chain: MiningRhythmPorts['chain']): string[] {
  const miners: string[] = [];
  for (let { header } = chain.tip(); header.height > 0 && miners.length < recentBlocks; ) {
    miners.push(header.miner);
    const parent = chain.header(header.parent);
    if (!parent) break;
    header = parent.header;
  }
  return miners;
}
