/** Runs the table of behaviours against one network and reports. */
import { constants, setPriority } from 'node:os';
import { Chance } from '../support/chance.ts';
import { quantile } from '../support/quantile.ts';
import type { Behaviour } from './behaviour.ts';
import { behaviours } from './behaviours/index.ts';
import type { Memory } from './honest-host.ts';
import { HonestNetwork } from './honest-network.ts';
import { type Latencies, workHonestly } from './honest-work.ts';
import { type Peace, peaceOf, type Report, reportOf, rowOf, slownessOf } from './report.ts';
import { attackAgain, type Outcome, type TrialSettings, tryBehaviour, wrongsOf } from './trial.ts';

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

/** The first peace is so many times as long as the later ones: before any foe has left its traces, it must tell by itself. */
const firstPeace = 10;

export async function runTrials(settings: RunSettings): Promise<Report> {
  const { seed, only, print, isQuick, attackMs, quietMs, offences } = settings;
  const chance = new Chance(`adversary/${seed}`);
  const chosen = behaviours.filter(({ name }) => only === null || only.some((part) => name.includes(part)));
  print(`seed ${seed}, ${chosen.length} behaviours`);
  const network = await HonestNetwork.start(settings.inProcesses);
  // No foe works on the machine that it attacks: what attacking costs the foe must not be taken from the honest nodes.
  if (settings.inProcesses) setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  try {
    const wrongs: string[] = [];
    const trialSettings = { isQuick, chance, attackMs, offences };
    const inPeace = async (forMs: number, untilConfirmed: boolean): Promise<Latencies> => {
      const latencies = await workHonestly(network, { forMs, chance, untilConfirmed });
      wrongs.push(...wrongsOf(latencies).map((wrong) => `in peace: ${wrong}`));
      return latencies;
    };
    // The first block, and code that has run once.
    await inPeace(Math.max(quietMs, 1_500), true);
    const first = await inPeace(isQuick ? quietMs : firstPeace * quietMs, !isQuick);
    const memoryAtFirst = await memoryOfAll(network);
    const quiet = [first];
    const outcomes: Outcome[] = [];
    const submitInPeace = () => quiet.flatMap(({ submit }) => submit);
    const tryOne = async (behaviour: Behaviour) => {
      const outcome = await tryBehaviour(behaviour, network, trialSettings);
      outcomes.push(outcome);
      print(rowOf(outcome, quantile(submitInPeace(), 0.99)));
    };
    const together = chosen.filter(({ takesLong }) => isQuick && takesLong === true);
    for (const behaviour of chosen.filter((each) => !together.includes(each))) {
      if (!isQuick) quiet.push(await inPeace(quietMs, true));
      await tryOne(behaviour);
    }
    // Each waits for the victim to lose its patience.
    await Promise.all(together.map(tryOne));
    const memoryAtLast = await memoryOfAll(network);
    const peace = peaceOf(first, quiet);
    if (!isQuick) wrongs.push(...(await slowTwice(outcomes, peace, network, trialSettings, print)));
    await network.agree();
    const { honestShuns, honestCuts } = network;
    const report = reportOf({
      ...{ seed, isQuick, isWhole: only === null, outcomes, peace, wrongs },
      ...{ honestShuns, honestCuts, faults: network.faults },
      heapGrowth: memoryAtLast.map(({ heap }, index) => heap - memoryAtFirst[index]!.heap),
    });
    print(report.summary);
    print(JSON.stringify(report.figures));
    return report;
  } finally {
    await network.stop();
  }
}

/**
 * Behaviours under which half of the honest transactions took longer than they may: each gets a second attack, and is wrong
 * where that is as slow. One moment in which the machine was busy with something else does not last so long.
 */
async function slowTwice(
  outcomes: readonly Outcome[],
  peace: Peace,
  network: HonestNetwork,
  settings: TrialSettings,
  print: (line: string) => void,
): Promise<string[]> {
  const wrongs: string[] = [];
  for (const { behaviour, latencies } of outcomes) {
    const slow = slownessOf(latencies, peace);
    if (slow === null) continue;
    print(`again ${behaviour.name}: ${slow}`);
    const again = await attackAgain(behaviour, network, settings);
    wrongs.push(...again.failures.map((failure) => `${behaviour.name}, again: ${failure}`));
    const slowAgain = slownessOf(again.latencies, peace);
    if (slowAgain !== null) wrongs.push(`${behaviour.name}: twice, ${slow}, and ${slowAgain}`);
  }
  return wrongs;
}

/** Of each node; of none where they share this process. */
async function memoryOfAll({ nodes }: HonestNetwork): Promise<Memory[]> {
  return await Promise.all(nodes.filter((node) => node.rssNow() !== null).map((node) => node.call('memory')));
}
