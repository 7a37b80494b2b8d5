/**
 * A disk that is full: the folder of one node lies on a small tmpfs, and a file takes up what is left. The node must go
 * on answering reads, say `folder-failed` to writes, and work on without a restart once there is room. The tmpfs is
 * mounted in a namespace of its own, held by a process that waits: nothing is left behind, whatever happens.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { audit } from '../audit.ts';
import { Cluster } from '../cluster.ts';
import type { FullDisk } from '../plan.ts';
import { addAudit, type Row } from '../report.ts';
import type { Run } from '../run.ts';
import { straightSeats } from '../seats.ts';

const diskMegabytes = 16;
const ballastBytes = 64 * 1_024;
const workMs = 1_000;
const patienceMs = 30_000;
const pollMs = 50;

export async function runFullDisks({ row, folder, seed }: Run, fullDisks: readonly FullDisk[]): Promise<void> {
  for (const [index, fault] of fullDisks.entries()) {
    const place = join(folder, String(index));
    const disk = join(place, 'disk');
    mkdirSync(disk, { recursive: true });
    const mount = await mountSmallDisk(disk);
    if (mount === null) {
      row.skipped = 'a tmpfs cannot be mounted here';
      return;
    }
    const straight = await straightSeats();
    const seat = { ...straight[fault.role], dataDir: join(disk, 'node'), within: mount.within };
    const cluster = new Cluster({
      folder: place,
      seed: `${seed}/full-disk/${index}`,
      seats: { ...straight, [fault.role]: seat },
    });
    try {
      await cluster.startAll();
      await cluster.work();
      await wait(workMs);
      await fillAndClear(cluster, fault, join(mount.root, disk, 'ballast'), row);
      // What it says it has, it must have on the disk: it is killed, and comes back.
      await cluster.rest();
      await cluster.node(fault.role).kill();
      const again = await cluster.start(fault.role);
      row.restartsMs.push(again.readyAfterMs!);
      addAudit(row, await audit(cluster, place));
    } finally {
      await cluster.stop();
      mount.release();
    }
  }
}

async function fillAndClear(cluster: Cluster, { role, fullMs }: FullDisk, ballast: string, row: Row): Promise<void> {
  const clerk = cluster.clerks[role];
  await fill(ballast);
  const struck = await until(() => clerk.faultsInARow > 0);
  if (!struck) return void row.wrong.push(`the disk of ${role} was full and every write was taken`);
  row.injected += 1;
  await wait(fullMs);
  for (const read of ['status', 'balances', 'pending', 'chain', 'todo']) {
    const answer = await cluster.node(role).ask(read);
    if (!answer?.ok)
      row.wrong.push(`with a full disk, ${role} answers ${read} with ${answer?.error?.code ?? 'nothing'}`);
  }
  rmSync(ballast);
  const roomAt = performance.now();
  if (await until(() => clerk.faultsInARow === 0)) row.healsMs.push(performance.now() - roomAt);
  else row.wrong.push(`the disk of ${role} has room again, and writes still fail after ${patienceMs / 1_000} s`);
}

/** Takes all the room there is, down to the last kilobyte. */
async function fill(ballast: string): Promise<void> {
  for (let piece = ballastBytes; piece >= 512; ) {
    await appendFile(ballast, Buffer.alloc(piece)).catch(() => {
      piece /= 2;
    });
  }
}

async function until(holds: () => boolean): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
    if (holds()) return true;
    await wait(pollMs);
  }
  return false;
}

interface SmallDisk {
  /** What a program is started with, to see the disk. */
  readonly within: readonly string[];
  /** Where its files are seen from outside. */
  readonly root: string;
  release(): void;
}

/** @returns null where this machine does not let us. */
async function mountSmallDisk(path: string): Promise<SmallDisk | null> {
  const isRoot = process.getuid?.() === 0;
  const script = 'mount -t tmpfs -o "size=$1m" tmpfs "$2" && echo mounted && read -r _';
  const words = [isRoot ? '-m' : '-Urm', 'sh', '-c', script, 'sh', String(diskMegabytes), path];
  const holder = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'pipe'] });
  if (!(await isMounted(holder))) return null;
  const own = isRoot ? [] : ['-U', '--preserve-credentials'];
  return {
    within: ['nsenter', '-t', String(holder.pid), '-m', ...own],
    root: `/proc/${holder.pid}/root`,
    release: () => holder.stdin.end('\n'),
  };
}

function isMounted(holder: ChildProcessWithoutNullStreams): Promise<boolean> {
  return new Promise((resolve) => {
    holder.stdout.once('data', () => resolve(true));
    holder.once('error', () => resolve(false));
    holder.once('exit', () => resolve(false));
  });
}
