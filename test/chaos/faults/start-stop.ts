/** A node that is told to stop while it starts, at every moment and after every line it prints; and one that is started twice. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { audit } from '../audit.ts';
import { Cluster, type Role } from '../cluster.ts';
import { PipedNode } from '../piped-node.ts';
import { addAudit, type Row } from '../report.ts';
import type { Run } from '../run.ts';
import { straightSeats } from '../seats.ts';

const workMs = 1_500;
/** A node closes within five seconds, and a busy machine is slower than its clock. */
const closePatienceMs = 15_000;
const startLines = ['carechain', 'network', 'folder', 'listening', 'peers'];

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
      const node = new PipedNode(cluster.commandLine(role));
      await wait(afterMs);
      node.signal('SIGTERM');
      await expectCleanEnd(node.ended, `SIGTERM ${afterMs} ms after the start`, row);
      await node.kill();
    }
    for (const line of startLines) await stopAfterLine(cluster, role, line, row);
    await startTwice(cluster, role, row);
    addAudit(row, await audit(cluster, folder));
  } finally {
    await cluster.stop();
  }
}

type End = Pick<Awaited<PipedNode['ended']>, 'code' | 'signal' | 'complaint'>;

/** Before it listens for signals it just ends; afterwards it closes and says nothing. */
async function expectCleanEnd(ended: Promise<End>, what: string, row: Row): Promise<void> {
  row.injected += 1;
  const end = await Promise.race([ended, wait(closePatienceMs, null, { ref: false })]);
  if (end === null) row.wrong.push(`${what}: it did not end`);
  else if (end.complaint !== '' || !(end.code === 0 || end.signal === 'SIGTERM'))
    row.wrong.push(`${what}: it ended with ${end.code ?? end.signal} and said ${end.complaint || 'nothing'}`);
}

/** In words, as at a terminal: `ready` is a line for programs. */
async function stopAfterLine(cluster: Cluster, role: Role, line: string, row: Row): Promise<void> {
  const [program, ...args] = cluster.commandLine(role, []);
  const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (bytes: Buffer) => {
    complaint += bytes.toString();
  });
  createInterface({ input: child.stdout }).on('line', (printed) => {
    if (printed.startsWith(line)) child.kill('SIGTERM');
  });
  const ended = new Promise<End>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, complaint }));
  });
  await expectCleanEnd(ended, `SIGTERM after the line «${line}»`, row);
  child.kill('SIGKILL');
  await ended;
}

/** Two at the same moment: one wins, the other names it. A third later is refused, and the first does not notice. */
async function startTwice(cluster: Cluster, role: Role, row: Row): Promise<void> {
  const both = [new PipedNode(cluster.commandLine(role)), new PipedNode(cluster.commandLine(role))];
  const areReady = await Promise.all(both.map((node) => node.ready()));
  row.injected += 1;
  if (areReady.filter(Boolean).length !== 1)
    row.wrong.push(`of two nodes on one folder ${areReady.filter(Boolean).length} started`);
  for (const [index, node] of both.entries()) {
    if (areReady[index]) await node.stop();
    else if (!/\((folder-in-use|port-in-use)\)/.test((await node.ended).complaint))
      row.wrong.push(`the second of two nodes said ${(await node.ended).complaint || 'nothing'}`);
  }
  const first = await cluster.start(role);
  row.restartsMs.push(first.readyAfterMs!);
  const { code, complaint } = await new PipedNode(cluster.commandLine(role)).ended;
  row.injected += 1;
  if (code !== 1 || !complaint.includes(`process ${first.processId}`))
    row.wrong.push(`a second start ended with ${code} and said ${complaint || 'nothing'}`);
  if (!(await first.ask('status'))?.ok) row.wrong.push('the first node noticed that a second one was started');
}
