/** A node that stands still for seconds, as a machine that swaps or a lid that was closed. The others go on; it catches up. */
import { setTimeout as wait } from 'node:timers/promises';
import { audit } from '../audit.ts';
import { Cluster } from '../cluster.ts';
import { expectHeld } from '../held.ts';
import type { Pause } from '../plan.ts';
import { addAudit } from '../report.ts';
import type { Run } from '../run.ts';
import { straightSeats } from '../seats.ts';

const healPatienceMs = 60_000;

export async function runPauses({ row, folder, seed }: Run, pauses: readonly Pause[]): Promise<void> {
  const cluster = new Cluster({ folder, seed: `${seed}/pause`, seats: await straightSeats() });
  try {
    await cluster.startAll();
    for (const { role, workMs, pauseMs } of pauses) {
      await cluster.work();
      await wait(workMs);
      const node = cluster.node(role);
      node.signal('SIGSTOP');
      let hasAnswered = false;
      void node.ask('status').then(() => {
        hasAnswered = true;
      });
      await wait(pauseMs);
      if (hasAnswered) row.wrong.push(`${role} answered while it stood still`);
      else row.injected += 1;
      node.signal('SIGCONT');
      const goesOnAt = performance.now();
      await cluster.rest();
      const agreed = await cluster.agree(healPatienceMs);
      const healedMs = agreed === null ? null : performance.now() - goesOnAt;
      if (healedMs === null) row.wrong.push(`after a pause of ${pauseMs} ms of ${role} the nodes did not agree again`);
      else row.healsMs.push(healedMs);
      await expectHeld(cluster, role, row);
    }
    addAudit(row, await audit(cluster, folder));
  } finally {
    await cluster.stop();
  }
}
