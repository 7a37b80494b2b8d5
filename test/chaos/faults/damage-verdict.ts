/** Whether a node on a damaged folder has everything it should, and whether it said anything. */
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { executable } from '../../support/processes.ts';
import { comesTrue } from '../../support/waiting.ts';
import { PipedNode } from '../piped-node.ts';
import type { Donor, Victim } from './damage-victims.ts';

export interface Missing {
  readonly what: string;
  /** Whether the peers had what it takes to mend it. */
  readonly isHeldElsewhere: boolean;
}

type Started =
  | { readonly node: PipedNode }
  /** `refusal` is the code of the error, null where it had none. */
  | {
      readonly refusal: string | null;
      readonly complaint: string;
      heal(): Promise<Started>;
      renewKey(): Promise<Started>;
    };

const catchUpMs = 30_000;

const scrubMs = 120_000;
/** Somebody else may have been given the port of a victim that is not up. */
const startsWithoutPort = 5;

/** Starts a node on a folder, as far as it does. */
export async function startOn(victim: Victim, dataDir: string): Promise<Started> {
  const { node, complaint } = await startAt(victim, dataDir);
  if (node) return { node };
  const code = /\(([a-z]+(?:-[a-z]+)+)\)\s*$/.exec(complaint)?.[1] ?? null;
  return {
    refusal: code !== null && namesFolder.test(code) ? code : null,
    complaint,
    async heal() {
      await scrub(dataDir);
      return startOn(victim, dataDir);
    },
    async renewKey() {
      await rm(join(dataDir, 'node-key'), { force: true });
      return startOn(victim, dataDir);
    },
  };
}

/** Codes that say that it is the folder: any other is no name for the damage. */
const namesFolder = /^(folder|node-key|key-file)-/;

async function startAt(victim: Victim, dataDir: string): Promise<{ node: PipedNode | null; complaint: string }> {
  for (let start = 1; ; start++) {
    const node = new PipedNode(victim.commandLine(dataDir));
    if (await node.ready()) return { node, complaint: '' };
    if (node.isRunning) await node.kill();
    const { complaint } = await node.ended;
    if (!complaint.includes('(port-in-use)') || start === startsWithoutPort) return { node: null, complaint };
  }
}

/** Its answer is not read: the next start says what it was good for. */
function scrub(dataDir: string): Promise<void> {
  const words = [executable, 'scrub', '--heal', '--data-dir', dataDir, '--json'];
  return new Promise((resolve) => execFile(process.execPath, words, { timeout: scrubMs }, () => resolve()));
}

/** How long the log of a folder is: what a node says on it comes after. */
export async function logBytes(dataDir: string): Promise<number> {
  return (await readFile(join(dataDir, logName)).catch(() => Buffer.alloc(0))).length;
}

const logName = 'carechain.log';

/** Ends the node. @param logFrom what its log held before it started. */
export async function inspect(
  node: PipedNode,
  { heldElsewhere, onlyHere, height }: Victim,
  donor: Donor,
  { dataDir, logFrom }: { dataDir: string; logFrom: number },
): Promise<{ missing: readonly Missing[]; said: readonly string[] }> {
  const missing: Missing[] = [];
  const lack = (what: string, isHeldElsewhere = true) => missing.push({ what, isHeldElsewhere });
  // A chain that is shorter than it was is fetched again from the peer; that must not go unsaid, and must come to an end.
  const reached = await reaches(node, donor.height);
  const started = node.events.find(({ event }) => event === 'ready')?.height;
  if (reached < donor.height) lack(`is at #${reached}, started at #${String(started)}, and was at #${height}`);
  const unknown = await unknownOf(node, heldElsewhere);
  if (unknown.length > 0) lack(`${unknown.length} acknowledged are unknown, ${unknown[0]} first`);
  const gone = await unknownOf(node, onlyHere);
  if (gone.length > 0) lack(`${gone.length} of what nobody else had are unknown`, false);
  const verified = await node.ask('verify');
  if (verified?.result?.failure !== null)
    lack(`verify: ${JSON.stringify(verified?.error ?? verified?.result?.failure)}`);
  const replayed = await node.ask('recalc_balances');
  if (replayed?.result?.equal !== true) lack(`recalc_balances: ${JSON.stringify(replayed?.error ?? replayed?.result)}`);
  const balances = JSON.stringify((await node.ask('balances'))?.result?.balances);
  if (balances !== donor.balances) lack(`balances are ${balances}, not ${donor.balances}`);
  await node.kill();
  return { missing, said: await saidBy(node, dataDir, logFrom) };
}

async function unknownOf(node: PipedNode, ids: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(ids.map((id) => node.ask(`tx ${id}`)));
  return ids.filter((_, index) => !answers[index]?.ok);
}

async function reaches(node: PipedNode, height: number): Promise<number> {
  let reached = -1;
  await comesTrue(async () => {
    reached = Number((await node.ask('status'))?.result?.height ?? -1);
    return reached >= height || !node.isRunning;
  }, catchUpMs);
  return reached;
}

/** On stderr, as an event, or in the log: warnings and errors, but for those of the network. */
async function saidBy(node: PipedNode, dataDir: string, logFrom: number): Promise<string[]> {
  const events = node.events.filter(({ event }) => event === 'error').map(({ code }) => `error event ${String(code)}`);
  const log = await readFile(join(dataDir, logName)).catch(() => Buffer.alloc(0));
  const lines = log.subarray(Math.min(logFrom, log.length)).toString().split('\n');
  const warnings = lines.flatMap((line) => {
    const { level = 0, msg = '', module = '' } = readLogLine(line);
    return level >= warnLevel && !/peer|dial|link/.test(`${msg} ${module}`) ? [`log: ${msg}`] : [];
  });
  return [...(node.complaint === '' ? [] : [node.complaint.trim()]), ...events, ...new Set(warnings)];
}

const warnLevel = 40;

function readLogLine(line: string): { level?: number; msg?: string; module?: string } {
  try {
    return JSON.parse(line) as { level?: number; msg?: string };
  } catch {
    return {};
  }
}
