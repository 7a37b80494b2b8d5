/**
 * Slows down whoever writes faster than blocks take it. What waits is checked, kept and passed on by every node, which takes
 * the time that blocks need: the more waits, the less is confirmed. So a submission waits for the next block where much of
 * what this node's users wrote is not in one yet. It never waits long, and not at all where no blocks come: a clinic that is
 * alone for a month writes as quickly as ever.
 */
import { type Clock, limits } from '../base/index.ts';

export interface BackPressurePorts {
  readonly clock: Clock;
  /** How much of what users of this node wrote is not in a block. */
  unsettled(): number;
}

export class BackPressure {
  readonly #ports: BackPressurePorts;
  #lastBlockAt = Number.NEGATIVE_INFINITY;
  readonly #waiting = new Set<() => void>();

  constructor(ports: BackPressurePorts) {
    this.#ports = ports;
  }

  /** A block joined the main chain. */
  relieve(): void {
    this.#lastBlockAt = this.#ports.clock.now();
    for (const goOn of [...this.#waiting]) goOn();
  }

  /** @returns what the next submission is to wait for; null where it need not wait. */
  holdBack(): Promise<void> | null {
    const { clock, unsettled } = this.#ports;
    const sinceBlockMs = clock.now() - this.#lastBlockAt;
    if (unsettled() < limits.unsettledAtEase || sinceBlockMs > limits.blocksComeMs) return null;
    return new Promise((resolve) => {
      const goOn = () => {
        timer.cancel();
        this.#waiting.delete(goOn);
        resolve();
      };
      const timer = clock.after(limits.submissionDelayMs, goOn);
      this.#waiting.add(goOn);
    });
  }
}
