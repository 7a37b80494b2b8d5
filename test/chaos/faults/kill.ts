/**
 * `kill -9` of a node in the midst of its work, and again while it comes back: before it is ready, or while it still
 * fetches what it missed. After each, what it has acknowledged must be there, and its chain no shorter than it had told.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { quantile } from '../../support/quantile.ts';
import type { Acknowledgement } from '../acknowledgements.ts';
import { audit } from '../audit.ts';
import { Cluster } from '../cluster.ts';
import type { Ended } from '../piped-node.ts';
import type { Kill, SecondKill } from '../plan.ts';
import { addAudit, type Row } from '../report.ts';
import { type Role, roles } from '../roles.ts';
import type { Run } from '../run.ts';
import { straightSeats } from '../seats.ts';

/** What a start takes on this machine, until the first ones were measured. */
const guessedStartMs = 1_000;
const toldEvery = 20;
const startsRemembered = 5;
const catchUpPatienceMs = 10_000;

export async function runKills({ row, folder, seed, tell }: Run, kills: readonly Kill[]): Promise<void> {
  const cluster = new Cluster({ folder, seed: `${seed}/kill`, seats: await straightSeats() });
  try {
    await cluster.startAll();
    const starts = roles.map((role) => (cluster.node(role).readyAfterMs! / 1_000).toFixed(2));
    row.notes.push(`for comparison, starts on empty folders took ${starts.join(', ')} s on this machine`);
    await cluster.work();
    const settled = new Set<string>();
    const works: number[] = [];
    for (const [at, kill] of kills.entries()) {
      if (at > 0 && at % toldEvery === 0) tell(`${row.injected} kills, ${row.duringRecovery} of them during recovery`);
      await strike(cluster, kill, row);
      works.push(cluster.node(kill.role).readyAfterWorkMs ?? 0);
      await expectHeld(cluster, kill.role, settled, row);
      await cluster.clerks[kill.role].workAt(cluster.node(kill.role));
    }
    const [p50, p95] = [0.5, 0.95].map((share) => ((quantile(works, share) ?? 0) / 1_000).toFixed(2));
    row.notes.push(`of a restart, ${p50} s were work of the processor (p95 ${p95} s)`);
    addAudit(row, await audit(cluster, folder));
  } finally {
    await cluster.stop();
  }
}

async function strike(cluster: Cluster, { role, workMs, downMs, again }: Kill, row: Row): Promise<void> {
  await wait(workMs);
  // One that had ended before was not killed: the cluster tells of it.
  const { by } = await cluster.node(role).kill();
  if (by === 'signal') row.injected += 1;
  await wait(downMs);
  for (const second of again) {
    const { by, duringRecovery } = await killInRecovery(cluster, role, second, row);
    if (by === 'signal') row.injected += 1;
    if (by === 'signal' && duringRecovery) row.duringRecovery += 1;
  }
  const node = await cluster.start(role);
  row.restartsMs.push(node.readyAfterMs!);
}

/** `duringRecovery`: it was not ready, or was linked and still behind the others. */
async function killInRecovery(
  cluster: Cluster,
  role: Role,
  second: SecondKill,
  row: Row,
): Promise<{ by: Ended['by']; duringRecovery: boolean }> {
  const node = cluster.launch(role);
  let isBehind = false;
  if (second.during === 'start') {
    await wait(second.share * (quantile(row.restartsMs.slice(-startsRemembered), 0.5) ?? guessedStartMs));
  } else {
    await node.ready();
    // The first link is where catching up begins.
    const link = await node.event(({ event, state }) => event === 'peer' && state === 'connected', catchUpPatienceMs);
    await wait(second.afterMs);
    isBehind = link !== null && node.toldHeight < highestOf(cluster, role);
  }
  const { by } = await node.kill();
  return { by, duringRecovery: second.during === 'start' ? node.readyAfterMs === null : isBehind };
}

/** The highest block that any of the others has told of. */
function highestOf(cluster: Cluster, role: Role): number {
  return Math.max(...roles.filter((other) => other !== role).map((other) => cluster.node(other).toldHeight));
}

/** Asks the node for all that it has acknowledged and that was not seen deep in its chain yet. */
async function expectHeld(cluster: Cluster, role: Role, settled: Set<string>, row: Row): Promise<void> {
  const node = cluster.node(role);
  const { height } = node.events.find(({ event }) => event === 'ready') as unknown as { height: number };
  if (height < cluster.told[role])
    row.wrong.push(`${role} came back at #${height} and had told of #${cluster.told[role]}`);
  const open = cluster.log.by(role).filter(({ id }) => !settled.has(id));
  const answers = await Promise.all(open.map(({ id }) => node.ask(`tx ${id}`)));
  for (const [index, answer] of answers.entries()) {
    const { id, kind } = open[index] as Acknowledgement;
    // What the folder lost a peer may have given back meanwhile; that its own user wrote it, no peer knows.
    if (!answer?.ok || answer.result!.own !== true)
      row.lost.push(`${kind} ${id}: ${role} came back without it (${answer?.error?.code ?? 'not as its own'})`);
    else if (Number(answer.result!.confirmations) > confirmationsToSettle) settled.add(id);
  }
}

/** So deep, no fork of this cluster reaches; the reckoning at the end looks at all of them anyway. */
const confirmationsToSettle = 10;
