/** Whether a node has what it acknowledged, as what its own users wrote. */
import type { Acknowledgement } from './acknowledgements.ts';
import type { Cluster } from './cluster.ts';
import type { Row } from './report.ts';
import type { Role } from './roles.ts';

/** So deep, no fork of this cluster reaches; the reckoning at the end looks at all of them anyway. */
const confirmationsToSettle = 10;

/** Asks the node for all that it has acknowledged and that was not seen deep in its chain yet, which is put into `settled`. */
export async function expectHeld(
  cluster: Cluster,
  role: Role,
  row: Row,
  settled: Set<string> = new Set(),
): Promise<void> {
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
