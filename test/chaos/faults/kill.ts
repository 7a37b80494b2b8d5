/**
 * `kill -9` of a node in the midst of its work, and again while it comes back: before it is ready, or while it still
 * fetches what it missed. After each, what it has acknowledged must be there, and its chain no shorter than it had told.
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { quantile } from '../../support/quantile.ts';
import { comesTrue } from '../../support/waiting.ts';
import { audit } from '../audit.ts';
import { Cluster } from '../cluster.ts';
import { expectHeld } from '../held.ts';
import type { Ended, PipedNode } from '../piped-node.ts';
import type { Kill, SecondKill } from '../plan.ts';
import { addAudit, type Row } from '../report.ts';
import { type Role, roles } from '../roles.ts';
import type { Run } from '../run.ts';
import { straightSeats } from '../seats.ts';

/** What a start takes on this machine once its folder is open, until the first one was measured. */
const guessedRecoveryMs = 300;
const openPatienceMs = 30_000;
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
    /** From the open folder to `ready`. */
    const recoveriesMs: number[] = [];
    for (const [at, kill] of kills.entries()) {
      if (at > 0 && at % toldEvery === 0) tell(`${row.injected} kills, ${row.duringRecovery} of them during recovery`);
      await strike(cluster, kill, row, recoveriesMs);
      works.push(cluster.node(kill.role).readyAfterWorkMs ?? 0);
      await expectHeld(cluster, kill.role, row, settled);
      await cluster.clerks[kill.role].workAt(cluster.node(kill.role));
    }
    const [p50, p95] = [0.5, 0.95].map((share) => ((quantile(works, share) ?? 0) / 1_000).toFixed(2));
    row.notes.push(`of a restart, ${p50} s were work of the processor (p95 ${p95} s)`);
    addAudit(row, await audit(cluster, folder));
  } finally {
    await cluster.stop();
  }
}

async function strike(
  cluster: Cluster,
  { role, workMs, downMs, again }: Kill,
  row: Row,
  recoveriesMs: number[],
): Promise<void> {
  await wait(workMs);
  // One that had ended before was not killed: the cluster tells of it.
  const { by } = await cluster.node(role).kill();
  if (by === 'signal') row.injected += 1;
  await wait(downMs);
  for (const second of again) {
    const { by, duringRecovery } = await killInRecovery(cluster, role, second, recoveriesMs);
    if (by === 'signal') row.injected += 1;
    if (by === 'signal' && duringRecovery) row.duringRecovery += 1;
  }
  const node = cluster.launch(role);
  const openedAfterMs = await opened(cluster, node, role);
  await cluster.untilReady(role, node);
  row.restartsMs.push(node.readyAfterMs!);
  if (openedAfterMs !== null && openedAfterMs < node.readyAfterMs!)
    recoveriesMs.push(node.readyAfterMs! - openedAfterMs);
}

/**
 * `duringRecovery`: it had its folder open and was not ready, or was linked and still behind the others. One that dies
 * before it has opened anything recovers nothing.
 */
async function killInRecovery(
  cluster: Cluster,
  role: Role,
  second: SecondKill,
  recoveriesMs: readonly number[],
): Promise<{ by: Ended['by']; duringRecovery: boolean }> {
  const node = cluster.launch(role);
  let isBehind = false;
  if (second.during === 'start') {
    await opened(cluster, node, role);
    await wait(second.share * (quantile(recoveriesMs.slice(-startsRemembered), 0.5) ?? guessedRecoveryMs));
  } else {
    await node.ready();
    // The first link is where catching up begins.
    const link = await node.event(({ event, state }) => event === 'peer' && state === 'connected', catchUpPatienceMs);
    await wait(second.afterMs);
    isBehind = link !== null && node.toldHeight < highestOf(cluster, role);
  }
  const isOpen = node.holdsFilesIn(ledgerOf(cluster, role));
  const { by } = await node.kill();
  return { by, duringRecovery: second.during === 'start' ? isOpen && node.readyAfterMs === null : isBehind };
}

function ledgerOf(cluster: Cluster, role: Role): string {
  return join(cluster.dataDir(role), 'ledger');
}

/** @returns how long after its start the node was seen to have its folder open; null where that cannot be seen. */
async function opened(cluster: Cluster, node: PipedNode, role: Role): Promise<number | null> {
  const startedAt = performance.now();
  const isOver = () => !node.isRunning || node.readyAfterMs !== null;
  let isOpen = false;
  await comesTrue(() => {
    isOpen = node.holdsFilesIn(ledgerOf(cluster, role));
    return isOpen || isOver();
  }, openPatienceMs);
  return isOpen ? performance.now() - startedAt : null;
}

/** The highest block that any of the others has told of. */
function highestOf(cluster: Cluster, role: Role): number {
  return Math.max(...roles.filter((other) => other !== role).map((other) => cluster.node(other).toldHeight));
}
