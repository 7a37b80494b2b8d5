/**
 * A disk that is full: the folder of one node lies on a small tmpfs, and a file takes up what is left. The node must go
 * on answering reads, say `folder-failed` to writes, and work on without a restart once there is room.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type TinyDisk, tinyDisk } from '../../support/tiny-disk.ts';
import { comesTrue } from '../../support/waiting.ts';
import { audit } from '../audit.ts';
import { Cluster } from '../cluster.ts';
import { expectHeld } from '../held.ts';
import type { FullDisk } from '../plan.ts';
import { addAudit, type Row } from '../report.ts';
import type { Run } from '../run.ts';
import { straightSeats } from '../seats.ts';

const diskMegabytes = 16;
const workMs = 1_000;
const patienceMs = 30_000;

export async function runFullDisks({ row, folder, seed }: Run, fullDisks: readonly FullDisk[]): Promise<void> {
  for (const [index, fault] of fullDisks.entries()) {
    const place = join(folder, String(index));
    mkdirSync(place);
    const disk = await tinyDisk(diskMegabytes);
    if (disk === null) {
      const why = 'a tmpfs cannot be mounted here';
      if (index === 0) row.skipped = why;
      else row.wrong.push(why);
      return;
    }
    const straight = await straightSeats();
    const seat = { ...straight[fault.role], dataDir: join(disk.path, 'node') };
    const cluster = new Cluster({
      folder: place,
      seed: `${seed}/full-disk/${index}`,
      seats: { ...straight, [fault.role]: seat },
      damaged: fault.role,
    });
    try {
      await cluster.startAll();
      await cluster.work();
      await wait(workMs);
      await fillAndClear(cluster, fault, disk, row);
      // What it says it has, it must have on the disk: it is killed, and comes back.
      await cluster.rest();
      await cluster.node(fault.role).kill();
      const again = await cluster.start(fault.role);
      row.restartsMs.push(again.readyAfterMs!);
      await expectHeld(cluster, fault.role, row);
      addAudit(row, await audit(cluster, place));
    } finally {
      await cluster.stop();
      await disk.release();
    }
  }
}

async function fillAndClear(cluster: Cluster, { role, fullMs }: FullDisk, disk: TinyDisk, row: Row): Promise<void> {
  const clerk = cluster.clerks[role];
  await disk.fill();
  const struck = await comesTrue(() => clerk.faultsInARow > 0, patienceMs);
  if (!struck) return void row.wrong.push(`the disk of ${role} was full and every write was taken`);
  row.injected += 1;
  await wait(fullMs);
  for (const read of ['status', 'balances', 'pending', 'chain', 'todo']) {
    const answer = await cluster.node(role).ask(read);
    if (!answer?.ok)
      row.wrong.push(`with a full disk, ${role} answers ${read} with ${answer?.error?.code ?? 'nothing'}`);
  }
  await disk.makeRoom();
  const roomAt = performance.now();
  if (await comesTrue(() => clerk.faultsInARow === 0, patienceMs)) row.healsMs.push(performance.now() - roomAt);
  else row.wrong.push(`the disk of ${role} has room again, and writes still fail after ${patienceMs / 1_000} s`);
}
