/**
 * One round of sync with one peer: what it brought, and how many bodies it is asked for at a time. A peer that is not known
 * to be of use shows first that it has one; then each is asked for about as many as it gives in a second. So a link that is
 * slow is not taken for a peer that is silent, and where it is our own, those that are asked beside do not use it up.
 */
import { type Clock, limits } from '../base/index.ts';
import type { Block } from '../ledger/index.ts';
import type { Round } from '../network/index.ts';

const rangeMs = 1_000;
/** Who drips must not have us ask for ever fewer. */
const fewestBlocks = 32;

export class SyncRound {
  /** Blocks that were of use, and when the last thing was that was. */
  blocks = 0;
  usefulAt = 0;
  /** How many blocks to ask for next. */
  nextRange: number;
  readonly #clock: Clock;
  readonly #round: Round;
  #workedMs = 0;
  #workingSince: number | null = null;

  /** @param isKnown whether the peer has been of use before. */
  constructor(clock: Clock, round: Round, isKnown: boolean) {
    this.#clock = clock;
    this.#round = round;
    this.nextRange = isKnown ? limits.blocksPerRequest : 1;
  }

  /** Asks for bodies. */
  async time(ask: () => Promise<Block[]>): Promise<Block[]> {
    const askedAt = this.#notWorkedMs();
    const blocks = await ask();
    const tookMs = Math.max(1, this.#notWorkedMs() - askedAt);
    const inTime = Math.floor((blocks.length * rangeMs) / tookMs);
    this.nextRange = Math.min(Math.max(inTime, fewestBlocks), limits.blocksPerRequest);
    return blocks;
  }

  countBlock(): void {
    this.blocks++;
    this.usefulAt = this.#clock.now();
  }

  /** It has told what was not known, or given all that it was asked for: so long the others are not asked. */
  brought(): void {
    this.usefulAt = this.#clock.now();
    this.#round.brought();
  }

  /** Our own work, of which there may be much while an answer is on its way, is not the peer's slowness. */
  working<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.#round.working(async () => {
      this.#workingSince = this.#clock.now();
      try {
        return await task();
      } finally {
        this.#workedMs += this.#clock.now() - this.#workingSince;
        this.#workingSince = null;
      }
    });
  }

  /** This clock, but for the time of our own work. */
  #notWorkedMs(): number {
    const now = this.#clock.now();
    return now - this.#workedMs - (this.#workingSince === null ? 0 : now - this.#workingSince);
  }
}
