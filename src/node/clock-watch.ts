/** Says when this node's clock is not that of its peers. A wrong clock stamps blocks that others refuse, so it does not mine. */
import { limits } from '../base/index.ts';

export class ClockWatch {
  readonly #offsetMs: () => number | null;
  readonly #onSkew: (sentence: string) => void;
  #isSkewed = false;

  /** @param offsetMs median of the peers' clocks minus ours; null while none is known. */
  constructor(offsetMs: () => number | null, onSkew: (sentence: string) => void) {
    this.#offsetMs = offsetMs;
    this.#onSkew = onSkew;
  }

  get isSkewed(): boolean {
    return Math.abs(this.#offsetMs() ?? 0) > limits.clockSkewMs;
  }

  /** After a peer has told its clock: speaks when the clock has become wrong, once. */
  look(): void {
    const was = this.#isSkewed;
    this.#isSkewed = this.isSkewed;
    if (was || !this.#isSkewed) return;
    const offsetMs = this.#offsetMs() ?? 0;
    const seconds = Math.round(Math.abs(offsetMs) / 1_000);
    const side = offsetMs > 0 ? 'behind' : 'ahead of';
    this.#onSkew(
      `The clock of this node is ${seconds} s ${side} those of its peers. Set it right; until then it does not mine.`,
    );
  }
}

/**
 * The median of the peers' clocks minus ours, in milliseconds; null where none is known. Of two in the middle the one
 * nearer to ours counts: of two peers, one that is wrong or lies must not say that we are.
 */
export function medianOffset(offsetsMs: readonly (number | null)[]): number | null {
  const known = offsetsMs.filter((offset) => offset !== null).sort((left, right) => left - right);
  const [lower, upper] = [known[Math.floor((known.length - 1) / 2)], known[Math.floor(known.length / 2)]];
  if (lower === undefined || upper === undefined) return null;
  return Math.abs(lower) < Math.abs(upper) ? lower : upper;
}
