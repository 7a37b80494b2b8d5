/** Adds up what many simulations came to. */
import type { Outcome } from './simulate.ts';

export interface Tally {
  seeds: number;
  events: number;
  acknowledged: number;
  excused: number;
  blocks: number;
  slowestAgreementMs: number;
  /** How often each thing happened. */
  counts: Record<string, number>;
  /** Seeds that broke an invariant. */
  failed: { readonly seed: number; readonly what: string }[];
}

export function emptyTally(): Tally {
  return {
    seeds: 0,
    events: 0,
    acknowledged: 0,
    excused: 0,
    blocks: 0,
    slowestAgreementMs: 0,
    counts: {},
    failed: [],
  };
}

export function tallyOf(outcome: Outcome): Tally {
  const { scenario, violation, events, acknowledged, excused, height, agreedAfterMs, counts } = outcome;
  return {
    seeds: 1,
    events,
    acknowledged,
    excused,
    blocks: height,
    slowestAgreementMs: agreedAfterMs ?? 0,
    counts: Object.fromEntries(counts),
    failed: violation ? [{ seed: scenario.seed, what: violation.what }] : [],
  };
}

export function add(sum: Tally, more: Tally): Tally {
  const counts = { ...sum.counts };
  for (const [what, times] of Object.entries(more.counts)) counts[what] = (counts[what] ?? 0) + times;
  return {
    seeds: sum.seeds + more.seeds,
    events: sum.events + more.events,
    acknowledged: sum.acknowledged + more.acknowledged,
    excused: sum.excused + more.excused,
    blocks: sum.blocks + more.blocks,
    slowestAgreementMs: Math.max(sum.slowestAgreementMs, more.slowestAgreementMs),
    counts,
    failed: [...sum.failed, ...more.failed],
  };
}

export function tableOf({
  seeds,
  events,
  acknowledged,
  excused,
  blocks,
  slowestAgreementMs,
  counts,
  failed,
}: Tally): string[] {
  const rows = Object.entries(counts).sort(([left], [right]) => (left < right ? -1 : 1));
  const faults = rows.filter(([what]) => what.startsWith('fault: ')).reduce((sum, [, times]) => sum + times, 0);
  return [
    ...rows.map(([what, times]) => `  ${what.padEnd(36)} ${times}`),
    `${seeds} seeds, ${faults} faults, ${events} events, ${blocks} blocks`,
    `${acknowledged} acknowledged (${excused} went with a disk that was lost or damaged), ${failed.length} seeds with a violation`,
    `slowest agreement after the last fault: ${(slowestAgreementMs / 1_000).toFixed(1)} simulated s`,
  ];
}
