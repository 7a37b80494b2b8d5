/** What a run has found, for people and as figures. */
import { quantile } from '../support/quantile.ts';
import type { Outcome } from './trial.ts';

export interface Report {
  readonly failures: readonly string[];
  readonly summary: string;
  readonly figures: Figures;
}

type Figures = ReturnType<typeof figuresOf>;

interface Quiet {
  readonly submit: readonly number[];
  readonly confirmation: readonly number[];
  readonly block: readonly number[];
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

function figuresOf(seed: number, outcomes: readonly Outcome[], quiet: Quiet, honestShuns: number) {
  const crimes = outcomes.filter(({ behaviour }) => behaviour.crime);
  const punished = crimes.filter(({ shunMs }) => shunMs.length > 0);
  const cuts = outcomes.flatMap(({ cutMs }) => cutMs);
  const attacked = outcomes.flatMap(({ latencies }) => latencies.submit);
  const confirmations = outcomes.flatMap(({ latencies }) => latencies.confirmation);
  const attackedBlocks = outcomes.flatMap(({ latencies }) => latencies.block);
  const quantiles = (values: readonly number[]) => ({
    count: values.length,
    p50: rounded(quantile(values, 0.5)),
    p99: rounded(quantile(values, 0.99)),
  });
  const growth = outcomes.flatMap(({ growth: each }) => (each === null ? [] : [each]));
  const most = (values: readonly number[]) => mebibytes(Math.max(0, ...values));
  return {
    ...{ seed, behaviours: outcomes.length, crimes: crimes.length, punished: punished.length },
    cutMs: { median: rounded(quantile(cuts, 0.5)), max: Math.round(Math.max(0, ...cuts)) },
    submit: { quiet: quantiles(quiet.submit), attacked: quantiles(attacked) },
    confirmation: { quiet: quantiles(quiet.confirmation), attacked: quantiles(confirmations) },
    block: { quiet: quantiles(quiet.block), attacked: quantiles(attackedBlocks) },
    byBlock: outcomes.reduce((sum, { latencies }) => sum + latencies.byBlock, 0),
    untimed: outcomes.reduce((sum, { latencies }) => sum + latencies.untimed, 0),
    honestShuns,
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
  readonly outcomes: readonly Outcome[];
  readonly quiet: Quiet;
  readonly honestShuns: number;
}

export function reportOf({ seed, isQuick, outcomes, quiet, honestShuns }: Found): Report {
  const figures = figuresOf(seed, outcomes, quiet, honestShuns);
  // The quick form has few samples, in one thread with everything else.
  const missed = isQuick ? [] : missedTargets(figures);
  const { submit, confirmation, block, cutMs, punished, crimes } = figures;
  return {
    failures: [
      ...outcomes.flatMap(({ behaviour, failures }) => failures.map((each) => `${behaviour.name}: ${each}`)),
      ...missed,
    ],
    summary: [
      `${outcomes.length} behaviours: ${punished} of ${crimes} crimes punished, median ${ms(cutMs.median)}, max ${ms(cutMs.max)}`,
      `honest confirmation p99 ${ms(confirmation.quiet.p99)} in peace, ${ms(confirmation.attacked.p99)} attacked`,
      `honest submit p99 ${ms(submit.quiet.p99)} in peace, ${ms(submit.attacked.p99)} attacked`,
      `${figures.byBlock} honest transactions came to some node by a block first, of ${figures.untimed} the time is not known`,
      `honest block p99 ${ms(block.quiet.p99)} in peace, ${ms(block.attacked.p99)} attacked`,
      ...missed.map((each) => `MISSED: ${each}`),
      `${honestShuns} honest bans; most growth ${figures.mostRssGrowthMiB} MiB resident, ${figures.mostHeapGrowthMiB} MiB heap`,
    ].join('; '),
    figures,
  };
}

/** An attack may make honest people wait so many times as long, where there are samples enough to tell. */
const slowedAtMost = 2;
const samplesToTell = 200;
/** What one behaviour may leave behind after a collection, and what it may take for a while. */
const heapGrowthMebibytes = 64;
const peakGrowthMebibytes = 512;

function missedTargets({ submit, confirmation, mostHeapGrowthMiB, mostPeakRssMiB }: Figures): string[] {
  const missed: string[] = [];
  for (const [what, { quiet, attacked }] of Object.entries({ submit, confirmation })) {
    const canTell = Math.min(quiet.count, attacked.count) >= samplesToTell;
    if (canTell && attacked.p99! > slowedAtMost * quiet.p99!)
      missed.push(`honest ${what} p99 is ${ms(attacked.p99)} under attack, and ${ms(quiet.p99)} in peace`);
  }
  if (mostHeapGrowthMiB > heapGrowthMebibytes) missed.push(`a behaviour left ${mostHeapGrowthMiB} MiB on the heap`);
  if (mostPeakRssMiB > peakGrowthMebibytes) missed.push(`a behaviour took ${mostPeakRssMiB} MiB`);
  return missed;
}
