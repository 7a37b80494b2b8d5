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

/** Starts a node on a folder, as far as it does. */
export async function startOn(victim: Victim, donor: Donor, dataDir: string): Promise<Started> {
  const node = new PipedNode(victim.commandLine(dataDir));
  if (await node.ready()) return { node };
  if (node.isRunning) await node.kill();
  const { complaint } = await node.ended;
  const refusal = /\(([a-z]+(?:-[a-z]+)+)\)\s*$/.exec(complaint)?.[1] ?? null;
  return {
    refusal,
    complaint,
    async heal() {
      await scrub(dataDir);
      return startOn(victim, donor, dataDir);
    },
    async renewKey() {
      await rm(join(dataDir, 'node-key'), { force: true });
      return startOn(victim, donor, dataDir);
    },
  };
}

/** Its answer is not read: the next start says what it was good for. */
function scrub(dataDir: string): Promise<void> {
  const words = [executable, 'scrub', '--heal', '--data-dir', dataDir, '--json'];
  return new Promise((resolve) => execFile(process.execPath, words, () => resolve()));
}

/** Ends the node. */
export async function inspect(
  node: PipedNode,
  { heldElsewhere, onlyHere, height }: Victim,
  donor: Donor,
  dataDir: string,
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
  return { missing, said: await saidBy(node, dataDir) };
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
async function saidBy(node: PipedNode, dataDir: string): Promise<string[]> {
  const events = node.events.filter(({ event }) => event === 'error').map(({ code }) => `error event ${String(code)}`);
  const log = await readFile(join(dataDir, 'carechain.log'), 'utf8').catch(() => '');
  const warnings = log.split('\n').flatMap((line) => {
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
