/** Where an entry stands: `in #5 · 3 deep · held by 2 of 2 peers`. One confirmation is weak, and a screen says so. */
import { type RejectionCode, rejections } from '../../ledger/index.ts';
import { count } from './plain-words.ts';

export interface Standing {
  readonly where: 'pending' | 'waiting' | 'in-block' | 'lost';
  readonly height: number | null;
  readonly confirmations: number;
  readonly holders: number | null;
  readonly peers: number | null;
  readonly code: string | null;
}

export function standingWords({ where, height, confirmations, holders, peers, code }: Standing): string {
  if (where === 'pending') return 'waiting for a block';
  if (where === 'waiting') return `waiting: ${whyWords(code)}`;
  if (where === 'lost') return `✗ lost: ${whyWords(code)}`;
  const held = peers ? `held by ${holders ?? 0} of ${count(peers, 'peer')}` : 'held by this node alone';
  return `in #${height} · ${confirmations} deep · ${held}`;
}

/** The sentence of a rejection; the code itself where this version has none. */
export function whyWords(code: string | null): string {
  if (code === null) return 'unknown';
  return Object.hasOwn(rejections, code) ? rejections[code as RejectionCode].sentence : code;
}
