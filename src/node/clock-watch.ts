/** Says when this node's clock is not that of its peers. A wrong clock stamps blocks that others refuse, so it does not mine. */
import { limits } from '../base/index.ts';
import { type Peer, parseAddress, rangeOf } from '../network/index.ts';

export type Voter = Pick<Peer, 'address' | 'clockOffsetMs' | 'isConfigured'>;

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
 * By how much our clock is off those of the peers, in milliseconds: the median of theirs minus ours; null while none is
 * known. Where peers that a person has configured have told their clocks, only these vote, and each for itself. Otherwise
 * each address range has one vote, the median of those who come from it: one host with a thousand identities must not say
 * what time it is.
 */
export function offsetOf(peers: readonly Voter[]): number | null {
  const known = peers.filter((peer) => peer.clockOffsetMs !== null);
  const configured = known.filter((peer) => peer.isConfigured);
  if (configured.length > 0) return medianOf(configured.map((peer) => peer.clockOffsetMs!));
  const ranges = new Map<string, number[]>();
  for (const { address, clockOffsetMs } of known) {
    const range = rangeOf(parseAddress(address).host);
    ranges.set(range, [...(ranges.get(range) ?? []), clockOffsetMs!]);
  }
  return medianOf([...ranges.values()].map((offsets) => medianOf(offsets)!));
}

/** Of two in the middle the one nearer to ours: of two peers, one that is wrong or lies must not say that we are. */
function medianOf(offsetsMs: readonly number[]): number | null {
  const sorted = offsetsMs.toSorted((left, right) => left - right);
  const [lower, upper] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (lower === undefined || upper === undefined) return null;
  return Math.abs(lower) < Math.abs(upper) ? lower : upper;
}
