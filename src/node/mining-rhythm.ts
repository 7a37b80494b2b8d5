/**
 * `--mine-every`: seals a block whenever something is pending or due, after a jittered wait, which a head that moves begins
 * anew.
 *
 * Miners take turns, so that two of them seldom seal on the same head: who has not sealed for the longest time goes first,
 * and each of the others waits a whole time longer, and as long as a block takes from head to head. Who sealed the head waits
 * that long too, since the others hear of it so much later. It is a courtesy and no rule of the chain: where the one whose
 * turn it is stays away the next one seals, and after ten heads of others a node waits no longer for them, and insists.
 */
import { type Clock, describeError, type Logger, type Random, type Timer } from '../base/index.ts';
import type { ChainStore } from '../storage/index.ts';
import type { MineAttempt } from './miner.ts';

/** Who sealed none of so many of the last blocks has no turn that others wait for. */
const recentBlocks = 8;

/** So often others come first: they must not be able to keep this node from sealing. */
const mostPostponed = 10;

/** No block takes longer, whatever the clock says. */
const longestMs = 10_000;

/** A wait has so many parts. It ends with the first after which what is pending fills a block: more would not fit. */
const partsOfWait = 4;

/** A block is planned and sealed here, and then told, checked and written by others: which takes about as long again. */
const travelTimes = 2;

export interface MiningRhythmPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly chain: Pick<ChainStore, 'tip' | 'header'>;
  /** Hex. */
  readonly nodeKey: string;
  /** Whether others may be mining too. */
  hasPeers(): boolean;
  /** Whether a block could hold anything now. */
  isDue(): boolean;
  /** Whether more is pending than a block holds. */
  isFull(): boolean;
  /** @param insists whether it goes on where another's block comes first. */
  mine(insists: boolean): Promise<MineAttempt>;
  /** Calls whenever the head moves, until the function returned is called. */
  onHeadMove(run: () => void): () => void;
}

export function startMiningRhythm(seconds: number, ports: MiningRhythmPorts): Timer {
  const { clock, random, logger, chain, nodeKey, hasPeers, isDue, isFull, mine, onHeadMove } = ports;
  const waitMs = seconds * 1_000;
  let timer: Timer;
  let postponed = 0;
  /** How long its last block took. */
  let tookMs = 0;
  let isMining = false;
  let isOver = false;

  function wait(): void {
    const partMs = (waitMs * (0.75 + random.fraction() / 2)) / partsOfWait;
    waitOn(Math.round(othersMs() + partMs), partsOfWait - 1, Math.round(partMs));
  }

  function waitOn(ms: number, parts: number, partMs: number): void {
    timer = clock.after(ms, async () => {
      if (parts > 0 && !isFull()) return waitOn(partMs, parts - 1, partMs);
      isMining = true;
      const cameFirst = await mineWhatIsDue();
      isMining = false;
      postponed = cameFirst ? Math.min(postponed + 1, mostPostponed) : 0;
      if (!isOver) wait();
    });
  }

  // Whatever fails in what follows, the rhythm goes on: the disk may have room again by the next time.

  /** How long others come first. */
  function othersMs(): number {
    try {
      const recent = recentMiners(chain);
      const travelMs = travelTimes * tookMs;
      const toldMs = recent[0] === nodeKey && hasPeers() ? travelMs : 0;
      return turnOf(nodeKey, recent) * (waitMs + travelMs) + toldMs;
    } catch (error) {
      logger.warn('whose turn it is cannot be read', describeError(error));
      return 0;
    }
  }

  /** @returns whether another's block came first. */
  async function mineWhatIsDue(): Promise<boolean> {
    try {
      if (!isDue()) return false;
      const beganAt = clock.now();
      const outcome = await mine(postponed === mostPostponed);
      if (outcome.ok) {
        // A clock that was set on is no slowness.
        tookMs = Math.min(Math.max(0, clock.now() - beganAt), longestMs);
        return false;
      }
      logger.debug('nothing was mined', { code: outcome.code });
      return outcome.code === 'head-moved';
    } catch (error) {
      logger.error('mining failed', describeError(error));
      return false;
    }
  }

  const unwatch = onHeadMove(() => {
    if (isOver || isMining || postponed === mostPostponed) return;
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
