/** What strikes, whom, when and for how long: drawn from the seed before anything starts, so that a seed is one plan. */

import type { Cut } from '../support/cable.ts';
import { Chance } from '../support/chance.ts';
import { type Role, roles } from './roles.ts';

export const faultClasses = ['kill', 'pause', 'cut', 'namespace', 'full-disk', 'damage', 'start-stop'] as const;
export type FaultClass = (typeof faultClasses)[number];

export interface Kill {
  readonly role: Role;
  /** How long everybody works before it strikes. */
  readonly workMs: number;
  /** How long the node stays away, while the others go on. */
  readonly downMs: number;
  /** Each strikes the next process of the same node before it is itself again. */
  readonly again: readonly SecondKill[];
}

export type SecondKill =
  /** At this share of the time that a start takes from where it has its folder open. */
  | { readonly during: 'start'; readonly share: number }
  /** So long after `ready`, while it still fetches what it missed. */
  | { readonly during: 'catching-up'; readonly afterMs: number };

export interface Pause {
  readonly role: Role;
  readonly workMs: number;
  readonly pauseMs: number;
}

/** Which cables: all of a node that stands in the middle or between two, one of three, or every one. */
export type CutShape = 'hub' | 'middle' | 'one-link' | 'all';

export interface PlannedCut {
  readonly kind: Cut;
  readonly shape: CutShape;
  readonly cutMs: number;
}

export interface NamespaceCut {
  readonly role: Role;
  readonly cutMs: number;
}

export interface FullDisk {
  readonly role: Role;
  readonly fullMs: number;
}

export interface Plan {
  readonly kills: readonly Kill[];
  readonly pauses: readonly Pause[];
  readonly cuts: readonly PlannedCut[];
  readonly namespaceCuts: readonly NamespaceCut[];
  readonly fullDisks: readonly FullDisk[];
  readonly damages: number;
  /** Stops of a starting node, so many milliseconds after its start. */
  readonly stopsAfterMs: readonly number[];
}

export function planOf(seed: number, isFull: boolean): Plan {
  return {
    kills: drawKills(new Chance(`${seed}/kills`), isFull ? 78 : 6, isFull ? 3 : 2),
    pauses: drawPauses(new Chance(`${seed}/pauses`), isFull ? [5_000, 12_000, 20_000, 30_000] : [5_000]),
    cuts: drawCuts(new Chance(`${seed}/cuts`), isFull),
    namespaceCuts: drawNamespaceCuts(new Chance(`${seed}/namespaces`), isFull ? [10_000, 60_000, 300_000] : [10_000]),
    fullDisks: drawFullDisks(new Chance(`${seed}/full-disk`), isFull ? 3 : 1),
    damages: isFull ? 304 : 6,
    stopsAfterMs: Array.from({ length: isFull ? 26 : 4 }, (_, index) => index * (isFull ? 50 : 300)),
  };
}

/** Every third kill of the whole run is followed by one during recovery, of either kind. */
function drawKills(chance: Chance, count: number, everyNth: number): Kill[] {
  return Array.from({ length: count }, (_, index) => {
    const again: SecondKill[] = [];
    if (index % everyNth === everyNth - 1) {
      if ((index / everyNth) % 2 < 1) again.push({ during: 'start', share: chance.fraction() });
      else again.push({ during: 'catching-up', afterMs: chance.between(0, 60) });
    }
    const downMs = again[0]?.during === 'catching-up' ? chance.between(1_000, 2_500) : chance.between(0, 200);
    return { role: chance.pick(roles), workMs: chance.between(50, 1_500), downMs, again };
  });
}

function drawPauses(chance: Chance, lengths: readonly number[]): Pause[] {
  return lengths.map((pauseMs) => ({ role: chance.pick(roles), workMs: chance.between(500, 1_500), pauseMs }));
}

function drawCuts(chance: Chance, isFull: boolean): PlannedCut[] {
  if (!isFull) return [{ kind: 'silent', shape: chance.pick(['hub', 'middle']), cutMs: 10_000 }];
  // Around the node in the middle, which is dialled by one and dials the other, what is heard one way goes round in a ring.
  const partitionsOf = (kind: Cut): readonly CutShape[] =>
    kind === 'silent-forth' || kind === 'silent-back' ? ['hub', 'all'] : ['hub', 'middle', 'all'];
  const cut = (kind: Cut, cutMs: number, shape = chance.pick(partitionsOf(kind))): PlannedCut => {
    return { kind, shape, cutMs };
  };
  return [
    cut('silent', 300_000),
    cut('silent', 60_000),
    cut('silent-forth', 60_000),
    cut('reset', 60_000),
    cut('silent', 10_000, 'one-link'),
    ...chance
      .shuffled(['silent', 'silent-forth', 'silent-back', 'reset', 'trickle'] as const)
      .map((kind) => cut(kind, 10_000)),
  ];
}

function drawNamespaceCuts(chance: Chance, lengths: readonly number[]): NamespaceCut[] {
  return lengths.map((cutMs) => ({ role: chance.pick(roles), cutMs }));
}

function drawFullDisks(chance: Chance, count: number): FullDisk[] {
  return Array.from({ length: count }, () => ({ role: chance.pick(roles), fullMs: chance.between(1_000, 4_000) }));
}
