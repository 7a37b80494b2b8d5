/**
 * Asks peers one after another, and waits for none of them for long. Whoever has been waited for as long as patience lasts
 * goes on, and what it brings still counts, but others are asked beside it: as long as nobody brings anything, eight times
 * as many each time. So any number of peers that say nothing, or drip, hold up the one that has what is needed by two
 * patiences; and while one peer brings what is needed, it is the only one that is asked.
 *
 * Nobody is cut off for being slow, and everybody is asked in the end.
 */
import { type Clock, limits, type Timer } from '../base/index.ts';
import { networkLimits } from './network-limits.ts';
import type { Punctuality } from './punctuality.ts';

/** What one peer is asked for, as long as it takes. */
export interface Round {
  /** It has brought something of use: patience begins anew. */
  brought(): void;
  /** Our own work is not the peer's slowness. */
  working<Result>(task: () => Promise<Result>): Promise<Result>;
}

export interface SideBySidePorts {
  readonly clock: Clock;
  readonly punctuality: Punctuality;
  /**
   * Who could be asked now, those with the best prospects first. Looked at again after each round, so that whoever is not to
   * be asked once more must be missing.
   */
  candidates(): readonly string[];
  /** One round. Never rejects. */
  ask(peerId: string, round: Round): Promise<void>;
  /** Whether to end though some are still being asked. `isStuck`: all of them have been waited for as long as patience lasts. */
  isOver?(isStuck: boolean): boolean;
}

interface OwnRound extends Round {
  /** When it began, brought something last, or our own work for it ended. */
  since: number;
  works: number;
  hasBrought: boolean;
}

export class SideBySide {
  readonly #ports: SideBySidePorts;
  readonly #rounds = new Map<string, OwnRound>();
  /** How many are waited for at once. */
  #width = 1;
  #patience: Timer | null = null;
  #finish: (() => void) | null = null;

  constructor(ports: SideBySidePorts) {
    this.#ports = ports;
  }

  /** Resolves when nobody is left to ask, and nobody is being asked unless it is over. Once. */
  run(): Promise<void> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.wake();
    });
  }

  /** Somebody may be worth asking who was not before. */
  wake(): void {
    if (!this.#finish) return;
    while (this.#waitedFor() < this.#width) {
      const candidates = this.#ports.candidates().filter((peerId) => !this.#rounds.has(peerId));
      const [next] = this.#ports.punctuality.sorted(candidates);
      if (next === undefined) break;
      void this.#ask(next);
    }
    const finish = this.#finish;
    if (!finish || (this.#rounds.size > 0 && !this.#ports.isOver?.(this.#waitedFor() === 0))) return;
    this.#finish = null;
    this.#patience?.cancel();
    finish();
  }

  async #ask(peerId: string): Promise<void> {
    const { clock, punctuality, ask } = this.#ports;
    if (!this.#patience) this.#beginPatience();
    const round: OwnRound = {
      since: clock.now(),
      works: 0,
      hasBrought: false,
      brought: () => {
        round.since = clock.now();
        round.hasBrought = true;
        punctuality.wasUseful(peerId);
        this.#width = 1;
        this.#beginPatience();
      },
      working: async (task) => {
        round.works++;
        try {
          return await task();
        } finally {
          round.works--;
          round.since = clock.now();
        }
      },
    };
    this.#rounds.set(peerId, round);
    await ask(peerId, round);
    if (this.#isOverdue(round)) punctuality.wasLate(peerId);
    this.#rounds.delete(peerId);
    this.wake();
  }

  #beginPatience(): void {
    this.#patience?.cancel();
    if (this.#finish) this.#patience = this.#ports.clock.after(networkLimits.patienceMs, () => this.#endPatience());
  }

  #endPatience(): void {
    this.#beginPatience();
    const rounds = [...this.#rounds];
    // What has come is being looked at: nobody is late meanwhile.
    if (rounds.some(([, { works }]) => works > 0)) return;
    for (const [peerId, round] of rounds) if (this.#isOverdue(round)) this.#ports.punctuality.wasLate(peerId);
    this.#width *= networkLimits.patienceGrowth;
    this.wake();
  }

  #isOverdue({ works, since }: OwnRound): boolean {
    return works === 0 && this.#ports.clock.now() - since >= networkLimits.patienceMs;
  }

  #waitedFor(): number {
    return [...this.#rounds.values()].filter((round) => !this.#isOverdue(round)).length;
  }
}

/** Whether a peer gave all that it was asked for, or as much as an answer may hold. Who gives less, again and again, drips. */
export function isWholeAnswer(parts: readonly Uint8Array[], asked: number): boolean {
  const weight = parts.reduce((sum, { length }) => sum + length, 0);
  return parts.length === asked || weight > limits.responseBytes / 2;
}
