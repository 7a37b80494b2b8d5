/** Runs a plan: its classes side by side in two lanes, so that no more than six node processes run at once. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCuts } from './faults/cut.ts';
import { runDamages } from './faults/damage.ts';
import { runFullDisks } from './faults/full-disk.ts';
import { runKills } from './faults/kill.ts';
import { runNamespaceCuts } from './faults/namespace.ts';
import { runPauses } from './faults/pause.ts';
import { runStartStops } from './faults/start-stop.ts';
import { type FaultClass, type Plan, planOf } from './plan.ts';
import { newRow, type Row } from './report.ts';
import type { Run } from './run.ts';

export interface ChaosSettings {
  readonly seed: number;
  readonly isFull: boolean;
  readonly classes: readonly FaultClass[];
  /** Where everything is written. */
  readonly folder: string;
  tell(progress: string): void;
}

const lanes: readonly (readonly FaultClass[])[] = [
  ['kill', 'pause', 'full-disk', 'start-stop', 'damage'],
  ['cut', 'namespace'],
];

const runners: Readonly<Record<FaultClass, (run: Run, plan: Plan) => Promise<void>>> = {
  kill: (run, { kills }) => runKills(run, kills),
  pause: (run, { pauses }) => runPauses(run, pauses),
  cut: (run, { cuts }) => runCuts(run, cuts),
  namespace: (run, { namespaceCuts }) => runNamespaceCuts(run, namespaceCuts),
  'full-disk': (run, { fullDisks }) => runFullDisks(run, fullDisks),
  damage: (run, { damages }) => runDamages(run, damages),
  'start-stop': (run, { stopsAfterMs }) => runStartStops(run, stopsAfterMs),
};

/** @returns the rows, which fill until `done`. */
export function runChaos({ seed, isFull, classes, folder, tell }: ChaosSettings): { rows: Row[]; done: Promise<void> } {
  const plan = planOf(seed, isFull);
  const rows = classes.map(newRow);
  const runLane = async (lane: readonly FaultClass[]) => {
    for (const name of lane) {
      const row = rows.find((each) => each.class === name);
      if (row === undefined) continue;
      const place = join(folder, name);
      mkdirSync(place, { recursive: true });
      // A class that does not come to its end has failed, and does not take the others with it.
      await runners[name]({ row, folder: place, seed, tell }, plan).catch((error: unknown) => {
        row.wrong.push(`the run broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      });
      tell(`${name} is done`);
    }
  };
  return { rows, done: Promise.all(lanes.map(runLane)).then(() => {}) };
}
