/**
 * Cuts a failing scenario down to what it takes to fail: fewer faults, fewer deeds, fewer liars, as long as the same
 * invariant breaks (delta debugging, Zeller and Hildebrandt 2002, halves first). What is left is a story that can be read.
 */
import { inWords } from './faults.ts';
import type { Scenario } from './scenario.ts';
import { type Outcome, type SimulationOptions, simulate } from './simulate.ts';

/** How many runs may be spent on it. */
const mostRuns = 300;

/** @param failed an outcome with a violation. @returns the smallest scenario found that breaks the same invariant, and its outcome. */
export async function shrink(failed: Outcome, options: SimulationOptions = {}): Promise<Outcome> {
  let best = failed;
  let runs = 0;

  async function stillFails(scenario: Scenario): Promise<boolean> {
    if (runs++ >= mostRuns) return false;
    const outcome = await simulate(scenario, options);
    if (outcome.violation?.invariant !== failed.violation?.invariant) return false;
    best = outcome;
    return true;
  }

  /** Leaves out portions of a list, the large ones first. */
  async function cut<One>(
    listOf: (scenario: Scenario) => readonly One[],
    put: (list: readonly One[]) => Partial<Scenario>,
  ) {
    for (let portion = Math.ceil(listOf(best.scenario).length / 2); portion >= 1; portion = Math.floor(portion / 2)) {
      for (let start = 0; start < listOf(best.scenario).length; ) {
        const list = listOf(best.scenario);
        const shorter = [...list.slice(0, start), ...list.slice(start + portion)];
        if (!(await stillFails({ ...best.scenario, ...put(shorter) }))) start += portion;
      }
    }
  }

  for (let before = Number.POSITIVE_INFINITY; sizeOf(best.scenario) < before; ) {
    before = sizeOf(best.scenario);
    await cut(
      ({ faults }) => faults,
      (faults) => ({ faults }),
    );
    await cut(
      ({ liars }) => liars,
      (liars) => ({ liars }),
    );
    await cut(
      ({ deeds }) => deeds,
      (deeds) => ({ deeds }),
    );
  }
  return best;
}

function sizeOf({ faults, deeds, liars }: Scenario): number {
  return faults.length + deeds.length + liars.length;
}

/** The scenario and what came of it, in lines. */
export function storyOf({ scenario, violation, trace }: Outcome): string[] {
  const { seed, nodes, liars, faults, deeds } = scenario;
  const at = (atMs: number) => `${(atMs / 1_000).toFixed(1)} s`;
  return [
    `seed ${seed}, cut down: ${nodes.join(', ')}${liars.length > 0 ? `; lying: ${liars.join(', ')}` : ''}`,
    ...faults.map(({ atMs, what }) => `  at ${at(atMs)} ${inWords(what)}`),
    `  ${deeds.length} deeds: ${deeds.map(({ atMs, what }) => `${what.node} ${what.deed} at ${at(atMs)}`).join(', ')}`,
    'what happened:',
    ...trace.lines.filter((line) => line.startsWith('*')).map((line) => line.slice(2)),
    `violated: ${violation?.what ?? 'nothing'}`,
  ];
}
