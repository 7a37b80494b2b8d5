/** The checks of a header that need no body: sync makes them before it fetches one. */
import { limits } from '../base/index.ts';
import { type Header, hasEnoughWork, isSignedByMiner, type SealedHeader } from './block.ts';
import type { OnCheck } from './check-transaction.ts';
import type { Genesis } from './genesis.ts';
import { type Rejection, type RejectionCode, type RejectionFacts, rejection } from './rejection.ts';

export interface HeaderContext {
  readonly genesis: Genesis;
  /** The block before it, and its hash. */
  readonly parent: { readonly hash: string; readonly header: Header };
  /** Times of the last eleven blocks up to the parent, in any order; fewer where the chain is shorter. */
  readonly medianTimes: readonly number[];
  /** This node's clock, in milliseconds since 1970 UTC. */
  readonly now: number;
  readonly onCheck?: OnCheck | undefined;
}

/**
 * Why a header could follow no parent whatever; null where it could follow one. An orphan costs its sender work, or is a
 * lie.
 */
export function checkOrphan(sealed: SealedHeader, genesis: Genesis): Rejection | null {
  const { header } = sealed;
  // As if the one before it were just what it claims, at a time that is over.
  const parent = { hash: header.parent, header: { ...header, height: header.height - 1 } };
  return checkHeader(sealed, { genesis, parent, medianTimes: [], now: header.time });
}

/** Why the header may not follow its parent; null where it may. */
export function checkHeader(sealed: SealedHeader, context: HeaderContext): Rejection | null {
  const { header } = sealed;
  const { genesis, parent, now } = context;
  const median = medianOf(context.medianTimes);
  const checks: [RejectionCode, () => boolean, RejectionFacts?][] = [
    ['unknown-rules', () => header.rules === genesis.rules, { rules: header.rules }],
    ['wrong-network', () => header.network === genesis.hash, { network: header.network }],
    ['wrong-parent', () => header.parent === parent.hash, { parent: header.parent, expected: parent.hash }],
    [
      'wrong-height',
      () => header.height === parent.header.height + 1,
      { height: header.height, expected: parent.header.height + 1 },
    ],
    [
      'wrong-difficulty',
      () => header.difficulty === genesis.difficulty,
      { difficulty: header.difficulty, expected: genesis.difficulty },
    ],
    ['not-enough-work', () => hasEnoughWork(sealed), { hash: sealed.hash, difficulty: header.difficulty }],
    [
      'miner-not-allowed',
      () => genesis.miners === 'open' || genesis.miners.includes(header.miner),
      { miner: header.miner },
    ],
    ['bad-miner-signature', () => isSignedByMiner(sealed), { miner: header.miner }],
    ['time-not-after-median', () => header.time > median, { time: header.time, median }],
    ['block-from-the-future', () => header.time <= now + limits.futureBlockMs, { time: header.time, now }],
  ];
  for (const [code, passes, facts = {}] of checks) {
    const passed = passes();
    context.onCheck?.(code, facts, passed);
    if (!passed) return rejection(code, facts);
  }
  return null;
}

/** The times of the last eleven blocks up to `header`, the latest first. @param before those up to the block before it. */
export function medianTimesAfter(before: readonly number[], { time }: Header): readonly number[] {
  return [time, ...before].slice(0, limits.medianHeaders);
}

/** The time that the next block must exceed: the median, of an even number the later of the two in the middle. */
export function medianOf(times: readonly number[]): number {
  const sorted = [...times].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** What the miner stamps: its clock, but always after the median. */
export function nextTime(medianTimes: readonly number[], now: number): number {
  return Math.max(now, medianOf(medianTimes) + 1);
}
