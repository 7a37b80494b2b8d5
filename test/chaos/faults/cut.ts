/** Links that are cut: silence both ways and one way, resets, a trickle. Both sides work on; it counts how soon they are one again. */
import { setTimeout as wait } from 'node:timers/promises';
import { audit } from '../audit.ts';
import { Cluster } from '../cluster.ts';
import type { PlannedCut } from '../plan.ts';
import { addAudit, type Row } from '../report.ts';
import type { Run } from '../run.ts';
import { type CabledSeats, cabledSeats } from '../seats.ts';

const healPatienceMs = 120_000;
/** Both sides have something of their own before the cut, and after it. */
const workMs = 1_000;
/** Nodes that hear of each other have one tip within this, where nobody works. */
const togetherMs = 2_000;

export async function runCuts({ row, folder, seed }: Run, cuts: readonly PlannedCut[]): Promise<void> {
  const cabled = await cabledSeats((role) => cluster.node(role).processId);
  if (typeof cabled === 'string') {
    row.skipped = cabled;
    return;
  }
  const cluster: Cluster = new Cluster({ folder, seed: `${seed}/cut`, seats: cabled.seats });
  try {
    await cluster.startAll();
    for (const cut of cuts) await runCut(cluster, cabled, cut, row);
    addAudit(row, await audit(cluster, folder));
  } finally {
    await cluster.stop();
    await cabled.close();
  }
}

async function runCut(
  cluster: Cluster,
  cabled: CabledSeats,
  { kind, shape, cutMs }: PlannedCut,
  row: Row,
): Promise<void> {
  const cables = cabled.cablesOf(shape);
  const what = `${kind} cut of ${shape} for ${cutMs / 1_000} s`;
  await cluster.work();
  await wait(workMs);
  for (const cable of cables) cable.cut(kind);
  await wait(cutMs);
  const idle = cables.filter((cable) => !cable.holdsBack).length;
  // Nobody works when the links come back: a tip that moves cannot be agreed on.
  await cluster.rest();
  // A pair that has lost its own link hears of everything through the third.
  const isApart = shape === 'one-link' || (await cluster.isApart(togetherMs));
  for (const cable of cables) cable.mend();
  if (idle > 0) row.wrong.push(`the ${what} kept nothing back in ${idle} of ${cables.length} cables`);
  else if (!isApart) row.wrong.push(`the ${what} did not part the nodes: they were on one tip before it was mended`);
  else row.injected += 1;
  const healedMs = await cluster.agree(healPatienceMs);
  if (healedMs === null) row.wrong.push(`after a ${what} the nodes did not agree again`);
  else {
    row.healsMs.push(healedMs);
    row.notes.push(`${what} healed in ${(healedMs / 1_000).toFixed(2)} s`);
  }
}
