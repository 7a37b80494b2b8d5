/**
 * What a seed stands for: who takes part, what goes wrong when, and what the users do. All of it is a list, so that a
 * failing run can be cut down to the few lines that matter.
 */
import { Chance } from '../support/chance.ts';
import type { Weather } from './wires.ts';

/** What goes wrong. Times are milliseconds; `forMs` says after how long it is over. */
export type Fault =
  | { readonly fault: 'kill'; readonly node: string; readonly forMs: number; readonly power: boolean }
  /** Killed once more, so long after it was started again. */
  | { readonly fault: 'kill-in-recovery'; readonly node: string; readonly forMs: number; readonly againAfterMs: number }
  | { readonly fault: 'restart'; readonly node: string; readonly forMs: number }
  | { readonly fault: 'pause'; readonly node: string; readonly forMs: number }
  | {
      readonly fault: 'cut';
      readonly some: readonly string[];
      readonly others: readonly string[];
      readonly forMs: number;
    }
  | { readonly fault: 'one-way-cut'; readonly from: string; readonly to: string; readonly forMs: number }
  | {
      readonly fault: 'flapping-cut';
      readonly some: readonly string[];
      readonly others: readonly string[];
      readonly forMs: number;
      readonly periodMs: number;
    }
  | { readonly fault: 'broken-link'; readonly a: string; readonly b: string }
  | { readonly fault: 'dead-gossip'; readonly a: string; readonly b: string }
  | { readonly fault: 'bad-weather'; readonly weather: Weather; readonly forMs: number }
  | { readonly fault: 'clock-jump'; readonly node: string; readonly byMs: number; readonly forMs: number }
  | { readonly fault: 'slow-disk'; readonly node: string; readonly slowMs: number; readonly forMs: number }
  | { readonly fault: 'full-disk'; readonly node: string; readonly forMs: number }
  | { readonly fault: 'damaged-value'; readonly node: string; readonly how: 'bent' | 'gone'; readonly family: string }
  | { readonly fault: 'lost-disk'; readonly node: string; readonly forMs: number }
  | { readonly fault: 'offline'; readonly node: string; readonly forMs: number };

export type Deed = { readonly deed: 'submit' | 'mine'; readonly node: string };

export interface Planned<What> {
  readonly atMs: number;
  readonly what: What;
}

export interface Scenario {
  readonly seed: number;
  readonly nodes: readonly string[];
  /** Those of the nodes that lie. */
  readonly liars: readonly string[];
  /** Small differences that nobody sets right. */
  readonly skewsMs: Readonly<Record<string, number>>;
  readonly mineEverySeconds: Readonly<Record<string, number | null>>;
  readonly scrubEveryMs: Readonly<Record<string, number | null>>;
  readonly faults: readonly Planned<Fault>[];
  readonly deeds: readonly Planned<Deed>[];
}

const names = ['doctor', 'lab', 'pharmacy', 'clinic', 'hospital', 'practice', 'institute'];

const families = [
  'block/',
  'header/',
  'height/',
  'state/',
  'undo/',
  'rewards/',
  'tip',
  'side/',
  'outbox/',
  'own/',
  'lost/',
];

const minute = 60_000;
const day = 24 * 60 * minute;

export function scenarioOf(seed: number): Scenario {
  const chance = new Chance(`${seed}/scenario`);
  // Most lives are small: what two of three nodes can do wrong is most of what seven can.
  const nodes = names.slice(0, chance.pick([3, 3, 3, 3, 4, 4, 5, 6, 7]));
  const liars = chance.happens(0.35) ? nodes.slice(1, nodes.length > 4 && chance.happens(0.4) ? 3 : 2) : [];
  const honest = nodes.filter((name) => !liars.includes(name));
  const lengthMs = chance.between(1, 4) * minute;
  const count = chance.between(3, 14);
  const isLong = nodes.length === 3 && liars.length === 0 && chance.happens(0.03);
  const faults = Array.from({ length: count }, (_, index) => ({
    atMs: chance.below(lengthMs),
    what: isLong && index === 0 ? longCut(nodes, chance) : faultOf(chance, nodes, honest),
  }));
  const deeds = Array.from({ length: chance.between(20, 90) }, () => ({
    atMs: chance.below(lengthMs),
    what: { deed: chance.happens(0.65) ? 'submit' : 'mine', node: chance.pick(nodes) } as const,
  }));
  return {
    seed,
    nodes,
    liars,
    skewsMs: Object.fromEntries(
      nodes.map((name) => [name, chance.happens(0.3) ? chance.between(-4_500, 4_500) : chance.between(-200, 200)]),
    ),
    mineEverySeconds: Object.fromEntries(
      nodes.map((name) => [name, chance.happens(0.3) ? chance.between(3, 30) : null]),
    ),
    scrubEveryMs: Object.fromEntries(nodes.map((name) => [name, chance.happens(0.2) ? 20_000 : null])),
    faults: inOrder(faults),
    deeds: inOrder(deeds),
  };
}

function inOrder<What>(planned: readonly Planned<What>[]): Planned<What>[] {
  return planned.toSorted((left, right) => left.atMs - right.atMs);
}

function longCut(nodes: readonly string[], chance: Chance): Fault {
  const some = chance.some(nodes);
  return {
    fault: 'cut',
    some,
    others: nodes.filter((name) => !some.includes(name)),
    forMs: chance.between(1, 3) * day,
  };
}

function faultOf(chance: Chance, nodes: readonly string[], honest: readonly string[]): Fault {
  const node = chance.pick(honest);
  const other = chance.pick(nodes.filter((name) => name !== node));
  const some = chance.some(nodes);
  const others = nodes.filter((name) => !some.includes(name));
  const forMs = chance.pick([500, 5_000, 15_000, 40_000, 90_000]) + chance.below(5_000);
  const kinds: readonly (() => Fault)[] = [
    () => ({ fault: 'kill', node, forMs, power: chance.happens(0.4) }),
    () => ({ fault: 'kill', node, forMs: chance.below(2_000), power: false }),
    () => ({ fault: 'kill-in-recovery', node, forMs, againAfterMs: chance.below(400) }),
    () => ({ fault: 'restart', node, forMs }),
    () => ({ fault: 'pause', node, forMs }),
    () => ({ fault: 'cut', some, others, forMs }),
    () => ({ fault: 'cut', some, others, forMs }),
    () => ({ fault: 'one-way-cut', from: node, to: other, forMs }),
    () => ({ fault: 'flapping-cut', some, others, forMs, periodMs: chance.between(1_000, 15_000) }),
    () => ({ fault: 'broken-link', a: node, b: other }),
    () => ({ fault: 'dead-gossip', a: node, b: other }),
    () => ({ fault: 'bad-weather', weather: weatherOf(chance), forMs }),
    () => ({ fault: 'bad-weather', weather: weatherOf(chance), forMs }),
    () => ({ fault: 'clock-jump', node, byMs: chance.pick([-3_600_000, -60_000, -20_000, 20_000]), forMs }),
    () => ({ fault: 'slow-disk', node, slowMs: chance.between(50, 5_000), forMs }),
    () => ({ fault: 'full-disk', node, forMs }),
    () => ({
      fault: 'damaged-value',
      node,
      how: chance.pick(['bent', 'gone'] as const),
      family: chance.pick(families),
    }),
    () => ({ fault: 'lost-disk', node, forMs }),
    () => ({ fault: 'offline', node, forMs }),
  ];
  return chance.pick(kinds)();
}

function weatherOf(chance: Chance): Weather {
  const slowest = chance.pick([200, 1_000, 4_000, 10_000]);
  return { loss: 0.2 * chance.fraction(), duplicates: 0.1 * chance.fraction(), delayMs: [1, slowest] };
}
