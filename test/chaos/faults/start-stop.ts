/** A node that is told to stop while it starts, at every moment and right after its first lines; and one that is started twice. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { audit } from '../audit.ts';
import { Cluster } from '../cluster.ts';
import { expectHeld } from '../held.ts';
import type { PipedNode } from '../piped-node.ts';
import { addAudit, type Row } from '../report.ts';
import type { Role } from '../roles.ts';
import type { Run } from '../run.ts';
import { straightSeats } from '../seats.ts';

const workMs = 1_500;
/** A node closes within five seconds, and a busy machine is slower than its clock. */
const closePatienceMs = 15_000;
/** Of a start that must be refused. */
const refusalPatienceMs = 60_000;

export async function runStartStops({ row, folder, seed }: Run, stopsAfterMs: readonly number[]): Promise<void> {
  const cluster = new Cluster({ folder, seed: `${seed}/start-stop`, seats: await straightSeats() });
  const role: Role = 'doctor';
  try {
    await cluster.startAll();
    await cluster.work();
    await wait(workMs);
    await cluster.rest();
    await cluster.node(role).stop();
    for (const afterMs of stopsAfterMs) {
      const node = cluster.launchAside(role);
      await wait(afterMs);
      node.signal('SIGTERM');
      await expectCleanEnd(node.ended, `SIGTERM ${afterMs} ms after the start`, row, node.readyAfterMs !== null);
      await node.kill();
    }
    await stopAfterLines(cluster, role, row);
    await startTwice(cluster, role, row);
    addAudit(row, await audit(cluster, folder));
  } finally {
    await cluster.stop();
  }
}

type End = Pick<Awaited<PipedNode['ended']>, 'code' | 'signal' | 'complaint'>;

/** Before it listens for signals it just ends; afterwards it closes and says nothing. */
async function expectCleanEnd(ended: Promise<End>, what: string, row: Row, listens: boolean): Promise<void> {
  row.injected += 1;
  const end = await Promise.race([ended, wait(closePatienceMs, null, { ref: false })]);
  if (end === null) row.wrong.push(`${what}: it did not end`);
  else if (end.complaint !== '' || !(end.code === 0 || (!listens && end.signal === 'SIGTERM')))
    row.wrong.push(`${what}: it ended with ${end.code ?? end.signal} and said ${end.complaint || 'nothing'}`);
}

/** In words, as at a terminal. The lines of a start are printed at once, when it listens. */
async function stopAfterLines(cluster: Cluster, role: Role, row: Row): Promise<void> {
  const [program, ...args] = cluster.commandLine(role, []);
  const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (bytes: Buffer) => {
    complaint += bytes.toString();
  });
  createInterface({ input: child.stdout }).on('line', (printed) => {
    if (printed.startsWith('listening')) child.kill('SIGTERM');
  });
  const ended = new Promise<End>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, complaint }));
  });
  await expectCleanEnd(ended, 'SIGTERM after the lines of the start', row, true);
  child.kill('SIGKILL');
  await ended;
}

/** Two at the same moment: one wins, the other names it. A third later is refused, and the first does not notice. */
async function startTwice(cluster: Cluster, role: Role, row: Row): Promise<void> {
  const both = [cluster.launchAside(role), cluster.launchAside(role)];
  const areReady = await Promise.all(both.map((node) => node.ready()));
  row.injected += 1;
  if (areReady.filter(Boolean).length !== 1)
    row.wrong.push(`of two nodes on one folder ${areReady.filter(Boolean).length} started`);
  for (const [index, node] of both.entries()) {
    if (areReady[index]) await node.stop();
    else if (!/\((folder-in-use|port-in-use)\)/.test((await refusalOf(node)).complaint))
      row.wrong.push(`the second of two nodes said ${(await refusalOf(node)).complaint || 'nothing'}`);
  }
  const first = await cluster.start(role);
  row.restartsMs.push(first.readyAfterMs!);
  await expectHeld(cluster, role, row);
  const { code, complaint } = await refusalOf(cluster.launchAside(role));
  row.injected += 1;
  if (code !== 1 || !complaint.includes(`process ${first.processId}`))
    row.wrong.push(`a second start ended with ${code} and said ${complaint || 'nothing'}`);
  if (!(await first.ask('status'))?.ok) row.wrong.push('the first node noticed that a second one was started');
}

/** How a start ends that must be refused; one that is not is killed, and its signal tells. */
async function refusalOf(node: PipedNode): Promise<End> {
  const impatience = setTimeout(() => void node.kill(), refusalPatienceMs);
  return node.ended.finally(() => clearTimeout(impatience));
}
