/**
 * The soak: three real nodes under steady work, with cuts, lost links, strangers and restarts, and every few seconds a look
 * at what each process holds. At the end everything that was acknowledged must be in the chain, and all nodes agree.
 */
import { setTimeout } from 'node:timers/promises';
import { assert } from '../../src/base/index.ts';
import type { NodeProcess, PipedEvent } from '../../src/cli/story/node-process.ts';
import { Chance } from '../support/chance.ts';
import { temporaryFolder } from '../support/processes.ts';
import { comesTrue } from '../support/waiting.ts';
import { Disturbances, type Kind, type Rhythm } from './disturbances.ts';
import { Fleet } from './fleet.ts';
import { foundNetwork, roles, writeHistory } from './founding.ts';
import { type Judged, judge } from './judgement.ts';
import { Patients } from './patients.ts';
import { type Sample, sampleOf } from './samples.ts';

export interface SoakSettings {
  readonly seed: number;
  readonly minutes: number;
  /** In all; fewer where the nodes do not keep up. */
  readonly transactionsPerSecond: number;
  /** Transactions of a history that the nodes fetch first, which fills their caches. */
  readonly history: number;
  /** Nothing counts before: code is compiled, buffers find their sizes. */
  readonly warmUpMinutes: number;
  readonly sampleEveryMs: number;
  readonly rhythm: Rhythm;
  /** What disturbs first, however long that takes; chance decides afterwards. */
  readonly first: readonly Kind[];
  /** Windows of which each gives one value to a slope. */
  readonly windows: number;
  progress(line: string): void;
}

export interface SoakReport {
  readonly seed: number;
  readonly measuredMinutes: number;
  readonly history: number;
  readonly height: number;
  readonly acknowledged: number;
  /** Transactions a second: what was asked for, and what was acknowledged while the doors were open. */
  readonly askedPerSecond: number;
  readonly acknowledgedPerSecond: number;
  /** Acknowledged, and not in the chain at the end. */
  readonly lost: number;
  readonly agree: boolean;
  readonly struck: Readonly<Record<Kind | 'reorg', number>>;
  readonly visits: number;
  readonly turnedAway: number;
  readonly givenUp: number;
  readonly givenUpFor: readonly string[];
  readonly doneUnheard: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly samples: readonly Sample[];
  readonly judged: readonly Judged[];
  /** Of the log of one node, with the older files of it. */
  readonly mostLogBytes: number;
  /** Errors that nodes told of as events, by code. */
  readonly errors: Readonly<Record<string, number>>;
  /** How often a node shunned another: all are honest, the stranger too. */
  readonly shunned: number;
}

/** Generous: a machine may have much else to do, and how long it takes is not what is measured. */
const historyMs = 1_800_000;
const settleMs = 300_000;
const servedMs = 600_000;

export async function soak(settings: SoakSettings): Promise<SoakReport> {
  const { seed, minutes, warmUpMinutes, history, progress } = settings;
  const folder = await temporaryFolder();
  const founding = await foundNetwork(folder.path);
  const fleet = new Fleet(folder.path, founding.genesisPath);
  const patients = new Patients(fleet, new Chance(`${seed}/patients`));
  const disturbances = new Disturbances(fleet, new Chance(`${seed}/disturbances`), settings.rhythm);
  const seen = new Map<string, number>();
  const samples: Sample[] = [];
  const note = () => {
    for (const event of fleet.takeEvents()) count(seen, nameOf(event));
  };
  try {
    await fleet.open();
    const past = await bringHistory(fleet, folder.path, founding, history, progress);
    patients.open(settings.transactionsPerSecond);
    disturbances.start(settings.first);
    const startedAt = performance.now();
    const hoursNow = () => (performance.now() - startedAt) / 3_600_000;
    progress(`working, ${warmUpMinutes} min to warm up`);
    while (hoursNow() < minutes / 60 || !disturbances.hasDoneFirst) {
      disturbances.assertRunning();
      const nextAt = performance.now() + settings.sampleEveryMs;
      const moment = { atHours: hoursNow(), transactions: past.transactions + patients.acknowledged.size };
      const taken = await Promise.all(fleet.members.map((member) => sampleOf(member, moment)));
      // Looked at from the beginning: a heap that is collected again and again keeps less than one that is left alone.
      if (moment.atHours >= warmUpMinutes / 60) samples.push(...taken.filter((sample) => sample !== null));
      note();
      progress(lineOf(taken, patients));
      await setTimeout(Math.max(0, nextAt - performance.now()));
    }
    progress('closing');
    const acknowledgedPerSecond = patients.acknowledged.size / (hoursNow() * 3_600);
    await disturbances.stop();
    await patients.served(servedMs);
    const { height, agree, confirmed } = await settle(fleet, past.height);
    note();
    return {
      seed,
      measuredMinutes: minutes - warmUpMinutes,
      history: past.transactions,
      height,
      acknowledged: patients.acknowledged.size,
      askedPerSecond: settings.transactionsPerSecond,
      acknowledgedPerSecond,
      lost: [...patients.acknowledged].filter((id) => !confirmed.has(id)).length,
      agree,
      struck: struckBy(disturbances, seen),
      visits: patients.visits,
      turnedAway: patients.turnedAway,
      givenUp: patients.givenUp,
      givenUpFor: [...patients.givenUpFor],
      doneUnheard: patients.doneUnheard,
      refusals: Object.fromEntries(patients.refusals),
      samples,
      judged: judge(samples, settings.windows),
      mostLogBytes: Math.max(...samples.map(({ logBytes }) => logBytes)),
      errors: Object.fromEntries([...seen].filter(([name]) => name.startsWith('error '))),
      shunned: seen.get(shunning) ?? 0,
    };
  } finally {
    // Whatever it says, it is said already.
    await disturbances.stop().catch(() => undefined);
    patients.closeDoors();
    await fleet.end();
    await folder.remove();
  }
}

/** A stranger brings the history; the three fetch it and check every signature of it. */
async function bringHistory(
  fleet: Fleet,
  folder: string,
  { world }: Awaited<ReturnType<typeof foundNetwork>>,
  transactions: number,
  progress: SoakSettings['progress'],
): Promise<{ height: number; transactions: number }> {
  if (transactions === 0) {
    await Promise.all(roles.map((role) => fleet.start(role)));
    return { height: 0, transactions: 0 };
  }
  progress(`writing a history of ${transactions} transactions`);
  const past = await writeHistory(`${folder}/stranger`, world, transactions);
  await fleet.meetStranger();
  await Promise.all(roles.map((role) => fleet.start(role)));
  progress(`fetching ${past.height} blocks`);
  const isHere = async () => (await statuses(fleet)).every(({ height }) => height === past.height);
  assert(await comesTrue(unlessBusy(isHere), historyMs), 'the history is fetched in time');
  await fleet.strangerLeaves(true);
  return past;
}

/** Everybody is linked and mines until nothing is pending. @returns what the chain holds after `start`. */
async function settle(fleet: Fleet, start: number) {
  const [first] = fleet.members;
  const node = first!.node;
  const hasSettled = async () => {
    await node.ask('mine');
    const all = await statuses(fleet);
    const isQuiet = all.every(({ pending }) => pending === 0);
    return isQuiet && all.length === roles.length && new Set(all.map(({ tipHash }) => tipHash)).size === 1;
  };
  const agree = await comesTrue(unlessBusy(hasSettled), settleMs);
  const confirmed = await idsAfter(node, start);
  return { height: Number((await node.run('status')).height), agree, confirmed };
}

async function idsAfter(node: NodeProcess, start: number): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let from: number | null = start; from !== null; ) {
    const page = (await node.run(`chain --from ${from} --count 200`)) as {
      blocks: { transactions: { id: string }[] }[];
      next: number | null;
    };
    for (const { transactions } of page.blocks) for (const { id } of transactions) ids.add(id);
    from = page.next;
  }
  return ids;
}

interface Status {
  readonly height: number;
  readonly tipHash: string;
  readonly pending: number;
}

async function statuses(fleet: Fleet): Promise<Status[]> {
  return (await Promise.all(fleet.members.map(({ node }) => node.run('status')))) as unknown as Status[];
}

/** A node that is busy may not answer in time: it is asked again. */
function unlessBusy(holds: () => Promise<boolean>): () => Promise<boolean> {
  return () => holds().catch(() => false);
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

const shunning = 'peer shunned';

function nameOf({ event, code, state }: PipedEvent): string {
  if (event === 'peer' && state === 'shunned') return shunning;
  return event === 'error' ? `error ${code}` : event;
}

function struckBy({ struck }: Disturbances, seen: ReadonlyMap<string, number>): SoakReport['struck'] {
  const of = (kind: Kind) => struck.get(kind) ?? 0;
  return {
    cut: of('cut'),
    'link-lost': of('link-lost'),
    'link-silent': of('link-silent'),
    stranger: of('stranger'),
    'rude-callers': of('rude-callers'),
    restart: of('restart'),
    reorg: seen.get('reorg') ?? 0,
  };
}

function lineOf(taken: readonly (Sample | null)[], patients: Patients): string {
  const shown = taken
    .filter((sample) => sample !== null)
    .map(
      ({ role, heapBytes, anonymousBytes, descriptors, resources, statusMs }) =>
        `${role} heap ${megabytes(heapBytes)} anonymous ${megabytes(anonymousBytes)} descriptors ${descriptors} handles ${resources.toFixed(1)} status ${Math.round(statusMs)} ms`,
    );
  return [`${patients.acknowledged.size} acknowledged`, `${patients.waiting} waiting`, ...shown].join(' · ');
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
