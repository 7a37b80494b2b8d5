/** Runs the table of behaviours against one network and reports. */
import { Chance } from '../support/chance.ts';
import { quantile } from '../support/quantile.ts';
import type { Behaviour } from './behaviour.ts';
import { behaviours } from './behaviours/index.ts';
import { HonestNetwork } from './honest-network.ts';
import { workHonestly } from './honest-work.ts';
import { type Report, reportOf, rowOf } from './report.ts';
import { type Outcome, tryBehaviour } from './trial.ts';

export interface RunSettings {
  readonly inProcesses: boolean;
  readonly isQuick: boolean;
  readonly seed: number;
  /** Parts of names; null for all. */
  readonly only: readonly string[] | null;
  /** How long each behaviour goes on while honest people work, and how long they work in peace before it. */
  readonly attackMs: number;
  readonly quietMs: number;
  readonly offences: number;
  print(line: string): void;
}

export async function runTrials(settings: RunSettings): Promise<Report> {
  const { seed, only, print, isQuick, attackMs, quietMs, offences } = settings;
  const chance = new Chance(`adversary/${seed}`);
  const chosen = behaviours.filter(({ name }) => only === null || only.some((part) => name.includes(part)));
  print(`seed ${seed}, ${chosen.length} behaviours`);
  const network = await HonestNetwork.start(settings.inProcesses);
  try {
    // The first block, and code that has run once.
    await workHonestly(network, { forMs: Math.max(quietMs, 1_500), chance, untilConfirmed: true });
    const quiet = { submit: [] as number[], confirmation: [] as number[], block: [] as number[] };
    const outcomes: Outcome[] = [];
    const tryOne = async (behaviour: Behaviour) => {
      const outcome = await tryBehaviour(behaviour, network, { isQuick, chance, attackMs, offences });
      outcomes.push(outcome);
      print(rowOf(outcome, quantile(quiet.submit, 0.99)));
    };
    const together = chosen.filter(({ takesLong }) => isQuick && takesLong === true);
    for (const [index, behaviour] of chosen.filter((each) => !together.includes(each)).entries()) {
      if (index === 0 || !isQuick) {
        const { submit, confirmation, block } = await workHonestly(network, {
          forMs: quietMs,
          chance,
          untilConfirmed: !isQuick,
        });
        quiet.submit.push(...submit);
        quiet.confirmation.push(...confirmation);
        quiet.block.push(...block);
      }
      await tryOne(behaviour);
    }
    // Each waits for the victim to lose its patience.
    await Promise.all(together.map(tryOne));
    await network.agree();
    const report = reportOf({ seed, isQuick, outcomes, quiet, honestShuns: network.honestShuns });
    print(report.summary);
    print(JSON.stringify(report.figures));
    return report;
  } finally {
    await network.stop();
  }
}
