/** What a run has found, for people and as figures. */
import { quantile } from '../support/quantile.ts';
import type { Latencies } from './honest-work.ts';
import type { Outcome } from './trial.ts';

export interface Report {
  readonly failures: readonly string[];
  readonly summary: string;
  readonly figures: Figures;
}

type Figures = ReturnType<typeof figuresOf>;

type Kind = 'submit' | 'confirmation' | 'block';

/** What honest people have measured while nobody attacked. */
export interface Peace {
  /** Before any foe had come: what foes leave behind must not make the measure by which they are judged. */
  readonly first: Readonly<Record<Kind, readonly number[]>>;
  /** All of it, that too. */
  readonly all: Readonly<Record<Kind, readonly number[]>>;
}

export function peaceOf(first: Latencies, all: readonly Latencies[]): Peace {
  const pooled = (kind: Kind) => all.flatMap((each) => each[kind]);
  return {
    first,
    all: { submit: pooled('submit'), confirmation: pooled('confirmation'), block: pooled('block') },
  };
}

const ms = (value: number | null) => (value === null ? '-' : `${value.toFixed(0)} ms`);
const rounded = (value: number | null) => (value === null ? null : Math.round(value));
const mebibytes = (bytes: number) => Number((bytes / 2 ** 20).toFixed(1));

export function rowOf(outcome: Outcome, quietMs: number | null): string {
  const { behaviour, failures, cutMs, shunMs, goes, unjudged, latencies, growth, notes, tookMs } = outcome;
  const { submit, byBlock, untimed } = latencies;
  const columns = [
    failures.length === 0 ? 'ok  ' : 'FAIL',
    behaviour.name.padEnd(40),
    (behaviour.crime
      ? `shunned ${shunMs.map((each) => each / 1_000).join('/')} s, cut after ${ms(Math.max(0, ...cutMs))}`
      : behaviour.isHonest === true
        ? 'let be'
        : 'borne'
    ).padEnd(44),
    `${goes} times`.padStart(9),
    `${(tookMs / 1_000).toFixed(1)} s`.padStart(6),
    `p50 ${ms(quantile(submit, 0.5))}, p99 ${ms(quantile(submit, 0.99))} (quiet ${ms(quietMs)})`.padEnd(40),
    growth === null
      ? ''
      : `rss ${mebibytes(growth.rss)} heap ${mebibytes(growth.heap)} peak ${mebibytes(growth.peakRss)} MiB`,
    Object.entries({
      ...(unjudged > 0 ? { unjudged } : {}),
      ...(byBlock > 0 ? { byBlock } : {}),
      ...(untimed > 0 ? { untimed } : {}),
      ...notes,
    })
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    ...failures.map((failure) => `\n       ${failure}`),
  ];
  return columns.join(' ');
}

type Quantiles = ReturnType<typeof quantiles>;

function quantiles(values: readonly number[]) {
  return { count: values.length, p50: rounded(quantile(values, 0.5)), p99: rounded(quantile(values, 0.99)) };
}

function figuresOf({ seed, outcomes, peace, honestShuns, honestCuts, heapGrowth }: Found) {
  const crimes = outcomes.filter(({ behaviour }) => behaviour.crime);
  const punished = crimes.filter(({ shunMs }) => shunMs.length > 0);
  const cuts = outcomes.flatMap(({ cutMs }) => cutMs);
  const inPeaceAndAttacked = (kind: Kind) => ({
    first: quantiles(peace.first[kind]),
    quiet: quantiles(peace.all[kind]),
    attacked: quantiles(outcomes.flatMap(({ latencies }) => latencies[kind])),
  });
  const growth = outcomes.flatMap(({ growth: each }) => (each === null ? [] : [each]));
  const most = (values: readonly number[]) => mebibytes(Math.max(0, ...values));
  return {
    ...{ seed, behaviours: outcomes.length, crimes: crimes.length, punished: punished.length },
    cutMs: { median: rounded(quantile(cuts, 0.5)), max: Math.round(Math.max(0, ...cuts)) },
    ...{ submit: inPeaceAndAttacked('submit'), confirmation: inPeaceAndAttacked('confirmation') },
    block: inPeaceAndAttacked('block'),
    byBlock: outcomes.reduce((sum, { latencies }) => sum + latencies.byBlock, 0),
    untimed: outcomes.reduce((sum, { latencies }) => sum + latencies.untimed, 0),
    ...{ honestShuns, honestCuts },
    /** Of each honest node, from before the first foe until after the last. */
    heapGrowthOfRunMiB: heapGrowth.map(mebibytes),
    mostRssGrowthMiB: most(growth.map(({ rss }) => rss)),
    mostHeapGrowthMiB: most(growth.map(({ heap }) => heap)),
    mostPeakRssMiB: most(growth.map(({ peakRss }) => peakRss)),
    rows: outcomes.map((each) => ({
      ...{ name: each.behaviour.name, crime: each.behaviour.crime, failures: each.failures },
      ...{
        goes: each.goes,
        unjudged: each.unjudged,
        shunMs: each.shunMs,
        cutMs: each.cutMs.map(Math.round),
        notes: each.notes,
      },
      submit: quantiles(each.latencies.submit),
      ...{ byBlock: each.latencies.byBlock, untimed: each.latencies.untimed },
      confirmation: quantiles(each.latencies.confirmation),
      block: quantiles(each.latencies.block),
      growthMiB: each.growth && {
        ...{ rss: mebibytes(each.growth.rss), heap: mebibytes(each.growth.heap) },
        peak: mebibytes(each.growth.peakRss),
      },
    })),
  };
}

export interface Found {
  readonly seed: number;
  readonly isQuick: boolean;
  /** Whether every behaviour was tried. */
  readonly isWhole: boolean;
  readonly outcomes: readonly Outcome[];
  readonly peace: Peace;
  /** What went wrong outside of the trials, as sentences. */
  readonly wrongs: readonly string[];
  readonly honestShuns: number;
  /** Links between honest nodes that broke. */
  readonly honestCuts: number;
  /** What the honest nodes told of as their own faults, in all of the run. */
  readonly faults: readonly string[];
  /** Bytes that each honest node has more on its heap at the end, after a collection. */
  readonly heapGrowth: readonly number[];
}

export function reportOf(found: Found): Report {
  const { outcomes, isQuick, wrongs, honestShuns, honestCuts, faults } = found;
  const figures = figuresOf(found);
  // The quick form has few samples, in one thread with everything else; a ping may be late there for reasons of its own.
  const missed = isQuick ? [] : missedTargets(figures, found.isWhole);
  const { submit, confirmation, block, cutMs, punished, crimes } = figures;
  const ofTheRun = [
    ...wrongs,
    ...new Set(faults),
    ...(honestShuns > 0 ? [`honest nodes were shunned ${honestShuns} times`] : []),
    ...(honestCuts > 0 && !isQuick ? [`links between honest nodes broke ${honestCuts} times`] : []),
    ...missed,
  ];
  return {
    failures: [
      ...outcomes.flatMap(({ behaviour, failures }) => failures.map((each) => `${behaviour.name}: ${each}`)),
      ...ofTheRun,
    ],
    summary: [
      `${outcomes.length} behaviours: ${punished} of ${crimes} crimes punished, median ${ms(cutMs.median)}, max ${ms(cutMs.max)}`,
      sentenceOf('confirmation', confirmation),
      sentenceOf('submit', submit),
      `${figures.byBlock} honest transactions came to some node by a block first, of ${figures.untimed} the time is not known`,
      sentenceOf('block', block),
      `${honestShuns} honest bans; most growth ${figures.mostRssGrowthMiB} MiB resident, ${figures.mostHeapGrowthMiB} MiB heap`,
      `heap of the honest nodes over the whole run ${figures.heapGrowthOfRunMiB.join(', ')} MiB`,
      ...ofTheRun.map((each) => `WRONG: ${each}`),
    ].join('; '),
    figures,
  };
}

/** Both ratios: the first peace is short, and the later one is that of nodes which have been attacked. */
function sentenceOf(kind: Kind, { first, quiet, attacked }: Figures[Kind]): string {
  const times = (before: number | null) =>
    before === null || attacked.p99 === null ? '-' : `${(attacked.p99 / before).toFixed(1)} times`;
  return [
    `honest ${kind} p99 ${ms(attacked.p99)} attacked`,
    `${ms(first.p99)} before any foe (${times(first.p99)})`,
    `${ms(quiet.p99)} in all of the peace (${times(quiet.p99)})`,
  ].join(', ');
}

/** An attack may make honest people wait so many times as long, where there are samples enough to tell. */
const slowedAtMost = 2;
const samplesToTell = 200;
/** What one behaviour may leave behind after a collection, and what it may take for a while. */
const heapGrowthMebibytes = 64;
const peakGrowthMebibytes = 512;
/** What all of them together may leave behind on one honest node: many small leaks are one large one. */
const heapGrowthOfRunMebibytes = 64;

/**
 * Of one behaviour alone, with the thirty transactions of its attack; null where it was not slow, or cannot be told.
 *
 * The 99th hundredth of thirty is the slowest of them: one unlucky search for a block decides it, in peace as well. So it is
 * the median that is judged, by the time that one in a hundred takes in peace. Those of one block are slow together, and
 * thirty come in three blocks or four: for half of them to be so late, blocks have to be late again and again. In peace the
 * median is a third to a half of that time, so it takes a slowdown of four times or six to be found here: this catches ruin,
 * and what is less is left to the pooled target.
 */
export function slownessOf({ confirmation }: Pick<Latencies, 'confirmation'>, peace: Peace): string | null {
  const median = quantile(confirmation, 0.5);
  const limit = longestConfirmation(peace);
  if (median === null || limit === null || median <= limit) return null;
  return `half of the honest transactions took more than ${ms(median)} to be confirmed, and ${ms(limit)} is the most`;
}

/** By the better of the two measures of peace: neither a bad beginning nor what foes leave behind makes the target easier. */
function longestConfirmation({ first, all }: Peace): number | null {
  const p99s = [first, all].flatMap(({ confirmation }) => {
    const p99 = confirmation.length < samplesToTell ? null : quantile(confirmation, 0.99);
    return p99 === null ? [] : [p99];
  });
  return p99s.length === 0 ? null : slowedAtMost * Math.min(...p99s);
}

function missedTargets(figures: Figures, isWhole: boolean): string[] {
  const missed: string[] = [];
  const { submit, confirmation, mostHeapGrowthMiB, mostPeakRssMiB, heapGrowthOfRunMiB } = figures;
  const compare = (what: string, attacked: Quantiles, peaces: readonly Quantiles[]) => {
    // Where all behaviours were tried there must be samples enough: a run that cannot tell shows nothing.
    const able = peaces.filter(({ count }) => count >= samplesToTell);
    if (attacked.count < samplesToTell || able.length < (isWhole ? peaces.length : 1)) {
      if (isWhole) missed.push(`honest ${what}: too few samples to tell`);
      return;
    }
    const p99 = Math.min(...able.map((each) => each.p99!));
    if (attacked.p99! > slowedAtMost * p99)
      missed.push(`honest ${what} p99 is ${ms(attacked.p99)} under attack, and ${ms(p99)} in peace`);
  };
  compare('submit', submit.attacked, [submit.quiet]);
  compare('confirmation', confirmation.attacked, [confirmation.first, confirmation.quiet]);
  if (mostHeapGrowthMiB > heapGrowthMebibytes) missed.push(`a behaviour left ${mostHeapGrowthMiB} MiB on the heap`);
  if (mostPeakRssMiB > peakGrowthMebibytes) missed.push(`a behaviour took ${mostPeakRssMiB} MiB`);
  const mostOfRun = Math.max(0, ...heapGrowthOfRunMiB);
  if (mostOfRun > heapGrowthOfRunMebibytes) missed.push(`all behaviours together left ${mostOfRun} MiB on the heap`);
  return missed;
}
