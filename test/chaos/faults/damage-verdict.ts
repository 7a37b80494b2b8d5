/** Whether a node on a damaged folder has everything it should, and whether it said anything. */
import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { executable } from '../../support/processes.ts';
import { comesTrue } from '../../support/waiting.ts';
import { PipedNode } from '../piped-node.ts';
import { logins } from '../roles.ts';
import { textsOf } from '../texts.ts';
import type { Donor, Victim } from './damage-victims.ts';

/** What `scrub --heal` has made of a folder, as far as it answered. */
export interface ScrubAnswer {
  readonly unreadable: readonly string[];
  readonly damagedFiles: readonly string[];
}

type Started =
  | { readonly node: PipedNode }
  /** `refusal` is the code of the error, null where it had none. */
  | {
      readonly refusal: string | null;
      readonly complaint: string;
      heal(): Promise<{ again: Started; scrub: ScrubAnswer }>;
      renewKey(): Promise<Started>;
    };

/** What a node on a copy has and has not. */
export interface Inspection {
  /** Peers had what it takes to mend it, or it was never damaged. */
  readonly missing: readonly string[];
  /** Transactions that its disk alone had, and no longer has. */
  readonly lost: readonly string[];
  /** Transactions that it has, and no longer knows as written by a user of its own. */
  readonly disowned: readonly string[];
  /** It opened at an earlier height than it was stopped at. */
  readonly wentBack: boolean;
  readonly said: readonly string[];
  /** Records whose words were read. */
  readonly read: number;
}

const catchUpMs = 30_000;
/** Until what was sealed has come from the donor. */
const arrivalMs = 30_000;
const scrubMs = 120_000;

/** Starts a node on a folder, as far as it does. It hears of nobody until it is inspected. */
export async function startOn(victim: Victim, dataDir: string): Promise<Started> {
  victim.cable.cut('reset');
  const node = new PipedNode(victim.commandLine(dataDir));
  if (await node.ready()) return { node };
  if (node.isRunning) await node.kill();
  const { complaint } = await node.ended;
  const code = /\(([a-z]+(?:-[a-z]+)+)\)\s*$/.exec(complaint)?.[1] ?? null;
  return {
    refusal: code !== null && namesFolder.test(code) ? code : null,
    complaint,
    async heal() {
      const scrub = await scrubAndHeal(dataDir);
      return { again: await startOn(victim, dataDir), scrub };
    },
    async renewKey() {
      await rm(join(dataDir, 'node-key'), { force: true });
      return startOn(victim, dataDir);
    },
  };
}

/** Codes that say that it is the folder: any other is no name for the damage. */
const namesFolder = /^(folder|node-key|key-file)-/;

/** One that gives no answer has named nothing; the next start says what it was good for. */
async function scrubAndHeal(dataDir: string): Promise<ScrubAnswer> {
  const words = [executable, 'scrub', '--heal', '--data-dir', dataDir, '--json'];
  const printed = await new Promise<string>((resolve) =>
    execFile(process.execPath, words, { timeout: scrubMs, maxBuffer: mostAnswerBytes }, (_error, stdout) =>
      resolve(stdout),
    ),
  );
  try {
    const { result } = JSON.parse(printed) as { result?: { heal: ScrubAnswer | null } };
    return result?.heal ?? { unreadable: [], damagedFiles: [] };
  } catch {
    return { unreadable: [], damagedFiles: [] };
  }
}

const mostAnswerBytes = 64_000_000;

/** How long the log of a folder is: what a node says on it comes after. */
export async function logBytes(dataDir: string): Promise<number> {
  return (await readFile(join(dataDir, logName)).catch(() => Buffer.alloc(0))).length;
}

const logName = 'carechain.log';

/** Asks a node that {@link startOn} has started, and ends it. @param logFrom what its log held before it started. */
export async function inspect(
  node: PipedNode,
  victim: Victim,
  donor: Donor,
  { dataDir, logFrom }: { dataDir: string; logFrom: number },
): Promise<Inspection> {
  const { heldElsewhere, onlyHere, height, words, cable } = victim;
  const missing: string[] = [];
  // What it has now is what its disk has: it is asked before it hears of anybody.
  const gone = new Set(await unknownOf(node, onlyHere));
  const alone = await node.ask('status');
  if (alone?.result?.peers !== 0) missing.push(`had ${String(alone?.result?.peers)} peers while its cable was cut`);
  cable.mend();
  await node.ask('offline');
  await node.ask('online');

  const started = Number(node.events.find(({ event }) => event === 'ready')?.height);
  const reached = await reaches(node, donor.height);
  if (reached < donor.height) missing.push(`is at #${reached}, started at #${started}, and was at #${height}`);
  const unknown = await unknownOf(node, heldElsewhere);
  if (unknown.length > 0) missing.push(`${unknown.length} acknowledged are unknown, ${unknown[0]} first`);
  const strange = await disownedOf(node, [...onlyHere, ...heldElsewhere]);
  for (const id of onlyHere) if (strange.has(id)) gone.add(id);
  const unread = await unreadOf(node, victim);
  if (unread.length > 0) missing.push(`the words of ${unread.length} records are not read, of ${unread[0]} first`);
  const verified = await node.ask('verify');
  if (verified?.result?.failure !== null)
    missing.push(`verify: ${JSON.stringify(verified?.error ?? verified?.result?.failure)}`);
  const replayed = await node.ask('recalc_balances');
  if (replayed?.result?.equal !== true)
    missing.push(`recalc_balances: ${JSON.stringify(replayed?.error ?? replayed?.result)}`);
  const balances = JSON.stringify((await node.ask('balances'))?.result?.balances);
  if (balances !== donor.balances) missing.push(`balances are ${balances}, not ${donor.balances}`);
  await node.kill();
  return {
    missing,
    lost: [...gone],
    disowned: heldElsewhere.filter((id) => strange.has(id)),
    wentBack: started < height,
    said: await saidBy(node, dataDir, logFrom),
    read: words.length - unread.length,
  };
}

async function unknownOf(node: PipedNode, ids: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(ids.map((id) => node.ask(`tx ${id}`)));
  return ids.filter((_, index) => !answers[index]?.ok);
}

/** What a peer has given back it knows, and not that its own user wrote it. */
async function disownedOf(node: PipedNode, ids: readonly string[]): Promise<Set<string>> {
  const answers = await Promise.all(ids.map((id) => node.ask(`tx ${id}`)));
  return new Set(ids.filter((_, index) => answers[index]?.ok && answers[index].result!.own !== true));
}

async function unreadOf(node: PipedNode, { words, patients }: Victim): Promise<string[]> {
  let unread: string[] = [];
  await node.ask(logins.doctor);
  await comesTrue(async () => {
    const texts = await textsOf(node, patients);
    unread = words.flatMap(({ id, says }) => (texts.get(id)?.text.includes(says) ? [] : [id]));
    return unread.length === 0 || !node.isRunning;
  }, arrivalMs);
  return unread;
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
  const events = node.events
    .filter(({ event }) => event === 'error')
    .map(({ code, message }) => `error event ${String(code)}: ${String(message)}`);
  const log = await readFile(join(dataDir, logName)).catch(() => Buffer.alloc(0));
  const lines = log.subarray(Math.min(logFrom, log.length)).toString().split('\n');
  const warnings = lines.flatMap((line) => {
    const { level = 0, msg = '', module = '', ...facts } = readLogLine(line);
    if (level < warnLevel || /peer|dial|link/.test(`${msg} ${module}`)) return [];
    return [`log: ${msg} ${JSON.stringify({ ...facts, time: undefined })}`];
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

/**
 * Of the transactions that nobody has named, those whose keys can still be read in the damaged ledger, which healing has
 * put aside: whoever looks could have named them. What a table has packed is not looked into.
 */
export async function nameable(dataDir: string, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const asides = (await readdir(dataDir)).filter((name) => name.startsWith('ledger.damaged-'));
  const files: Buffer[] = [];
  for (const aside of asides) {
    for (const name of await readdir(join(dataDir, aside))) files.push(await readFile(join(dataDir, aside, name)));
  }
  const keysOf = (id: string) => ['own', 'outbox', 'lost'].map((family) => `${family}/${id}`);
  return ids.filter((id) => keysOf(id).some((key) => files.some((bytes) => bytes.includes(key))));
}
