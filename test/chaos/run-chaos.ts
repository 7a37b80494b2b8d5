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

export interface ChaosSettings {
  readonly seed: number;
  readonly isFull: boolean;
  readonly classes: readonly FaultClass[];
  /** Where everything is written. */
  readonly folder: string;
  onRow(row: Row): void;
}

const lanes: readonly (readonly FaultClass[])[] = [
  ['kill', 'pause', 'full-disk', 'start-stop'],
  ['cut', 'namespace', 'damage'],
];

type Runner = (folder: string, seed: number, plan: Plan) => Promise<Row>;

const runners: Readonly<Record<FaultClass, Runner>> = {
  kill: (folder, seed, { kills }) => runKills(folder, seed, kills),
  pause: (folder, seed, { pauses }) => runPauses(folder, seed, pauses),
  cut: (folder, seed, { cuts }) => runCuts(folder, seed, cuts),
  namespace: (folder, seed, { namespaceCuts }) => runNamespaceCuts(folder, seed, namespaceCuts),
  'full-disk': (folder, seed, { fullDisks }) => runFullDisks(folder, seed, fullDisks),
  damage: (folder, seed, { damages }) => runDamages(folder, seed, damages),
  'start-stop': (folder, seed, { stopsAfterMs }) => runStartStops(folder, seed, stopsAfterMs),
};

export async function runChaos({ seed, isFull, classes, folder, onRow }: ChaosSettings): Promise<Row[]> {
  const plan = planOf(seed, isFull);
  const rows = new Map<FaultClass, Row>();
  await Promise.all(
    lanes.map(async (lane) => {
      for (const name of lane.filter((each) => classes.includes(each))) {
        const place = join(folder, name);
        mkdirSync(place, { recursive: true });
        const row = await runners[name](place, seed, plan).catch((error: unknown) => broken(name, error));
        rows.set(name, row);
        onRow(row);
      }
    }),
  );
  return classes.flatMap((name) => rows.get(name) ?? []);
}

/** A class that did not come to its end has failed, and does not take the others with it. */
function broken(name: FaultClass, error: unknown): Row {
  const row = newRow(name);
  row.wrong.push(`the run broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return row;
}
