/**
 * The reckoning at the end of a run: the faults are over, everything pending is mined, all nodes agree. Then the file of
 * acknowledgements is held against the ledger, and the ledger against a model of its own.
 */
import { type ExecFileException, execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { executable } from '../support/processes.ts';
import { comesTrue } from '../support/waiting.ts';
import type { Acknowledgement } from './acknowledgements.ts';
import type { Cluster } from './cluster.ts';
import { type ExportedBlock, Model } from './model.ts';
import type { PipedAnswer } from './piped-node.ts';
import { logins, type Role, roles } from './roles.ts';
import { textsOf } from './texts.ts';

export interface Audit {
  readonly acknowledged: number;
  /** Lost for a reason that the rules give, or waiting for money: two sides of a cut did what excludes each other. */
  readonly conflicts: number;
  /** Records whose words were read back. */
  readonly read: number;
  /** Acknowledged, and neither in the ledger nor lost lawfully. */
  readonly lost: readonly string[];
  readonly duplicates: readonly string[];
  /** Everything else that is not as it should be. */
  readonly wrong: readonly string[];
}

const agreeMs = 60_000;
const mostBlocksToDrain = 200;
/** Until what was sealed elsewhere has come. */
const arrivalMs = 30_000;

/** Ends the cluster. @param folder where the export may be written. */
export async function audit(cluster: Cluster, folder: string): Promise<Audit> {
  await cluster.rest();
  const wrong = await drain(cluster);
  const books = await Promise.all(roles.map((role) => readBooks(cluster, role)));
  wrong.push(...books.flatMap(({ complaints }) => complaints));
  const [{ balances }] = books as [Books];
  for (const [index, each] of books.entries())
    if (each.balances !== balances) wrong.push(`${roles[index]} has the balances ${each.balances}, not ${balances}`);

  // What is not in the ledger is asked for while its node still runs.
  const acknowledged = cluster.log.read();
  const chain = await confirmedIds(cluster);
  const missing = acknowledged.filter(({ id }) => !chain.has(id));
  const answers = await Promise.all(missing.map(({ id, node }) => cluster.node(node).ask(`tx ${id}`)));
  const members = await memberNames(cluster);
  const promised = acknowledged.filter(({ id, says }) => says !== null && chain.has(id));
  const unread = await unreadable(cluster, promised);
  await cluster.stop();

  const model = new Model(await exportedBlocks(cluster, folder), (id) => members.get(id) ?? 'SYSTEM_BANK_001');
  wrong.push(...model.complaints, ...cluster.misbehaviour);
  for (const [username, balance] of Object.entries(JSON.parse(balances) as Record<string, number>)) {
    const expected = model.balanceOf(username);
    if (balance !== expected) wrong.push(`${username} has ${balance}, and by the model ${expected}`);
  }
  for (const id of chain)
    if (!model.confirmed.has(id) && !model.rewards.has(id)) wrong.push(`${id} is in the chain and not in its export`);
  const gone = missing.flatMap((each, index) => whyLost(each, answers[index] ?? null, model) ?? []);
  const { duplicates, refused } = surplus(model, acknowledged, cluster);
  return {
    acknowledged: acknowledged.length,
    conflicts: missing.length - gone.length,
    read: promised.length - unread.length,
    lost: [...gone, ...unread],
    duplicates: [...model.duplicates, ...duplicates],
    wrong: [...wrong, ...refused],
  };
}

/** Mines until nothing is left, wherever it is pending. */
async function drain(cluster: Cluster): Promise<string[]> {
  const wrong: string[] = [];
  if ((await cluster.agree(agreeMs)) === null) wrong.push('the nodes did not agree when all faults were over');
  for (const role of roles) {
    for (let blocks = 0; blocks < mostBlocksToDrain; blocks++) {
      const mined = await cluster.node(role).ask('mine');
      if (!mined?.ok) break;
    }
    if ((await cluster.agree(agreeMs)) === null) wrong.push(`the nodes did not agree on what the ${role} node mined`);
  }
  return wrong;
}

/** Records of acknowledged entries whose words their doctor does not get to read, however long. */
export async function unreadable(cluster: Cluster, promised: readonly Acknowledgement[]): Promise<string[]> {
  const reader = cluster.node('doctor');
  await reader.ask(logins.doctor);
  let texts = await textsOf(reader, cluster.patients);
  const unread = () => promised.filter(({ id, says }) => !texts.get(id)?.text.includes(says!));
  await comesTrue(async () => {
    if (unread().length > 0) texts = await textsOf(reader, cluster.patients);
    return unread().length === 0;
  }, arrivalMs);
  const complaints: string[] = [];
  for (const { id, kind, node, says } of unread()) {
    // Whether it is lost, or only late: its author is asked where it was acknowledged.
    const author = kind === 'LAB_TEST_RESULT' ? 'lab' : 'doctor';
    await cluster.node(node).ask(logins[author]);
    const own = await textsOf(cluster.node(node), cluster.patients);
    const atHome = own.get(id)?.text.includes(says!)
      ? 'its author reads it there'
      : 'nor does its author read it there';
    const state = texts.get(id)?.state ?? 'not in a history';
    complaints.push(`the record of ${kind} ${id} of ${node}: the doctor does not read it (${state}), ${atHome}`);
  }
  return complaints;
}

interface Books {
  readonly balances: string;
  readonly complaints: readonly string[];
}

async function readBooks(cluster: Cluster, role: Role): Promise<Books> {
  const node = cluster.node(role);
  const complaints: string[] = [];
  const verified = await node.ask('verify');
  if (verified?.result?.failure !== null) complaints.push(`${role}: verify says ${JSON.stringify(verified)}`);
  const replayed = await node.ask('recalc_balances');
  if (replayed?.result?.equal !== true) complaints.push(`${role}: recalc_balances says ${JSON.stringify(replayed)}`);
  const balances = await node.ask('balances');
  const standing = await cluster.standing(role);
  const told = Math.max(cluster.told[role], node.toldHeight);
  if ((standing?.height ?? 0) < told) complaints.push(`${role} is at #${standing?.height} and had told of #${told}`);
  return { balances: JSON.stringify(balances?.result?.balances ?? {}), complaints };
}

/** Ids in the chain of the doctor's node, rewards included. */
export async function confirmedIds(cluster: Cluster): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let from: number | null = 0; from !== null; ) {
    const page = (await cluster.node('doctor').ask(`chain --from ${from}`))?.result as
      | { blocks: { transactions: { id: string }[] }[]; next: number | null }
      | undefined;
    for (const { transactions } of page?.blocks ?? []) for (const { id } of transactions) ids.add(id);
    from = page?.next ?? null;
  }
  return ids;
}

async function memberNames(cluster: Cluster): Promise<ReadonlyMap<string, string>> {
  const { members } = (await cluster.node('doctor').ask('members'))!.result as {
    members: { id: string; username: string }[];
  };
  return new Map(members.map(({ id, username }) => [id, username]));
}

async function exportedBlocks(cluster: Cluster, folder: string): Promise<ExportedBlock[]> {
  const file = join(folder, 'export.jsonl');
  const within = cluster.within('doctor');
  const words = [process.execPath, executable, 'export', '--data-dir', cluster.dataDir('doctor'), '--out', file];
  const [program, ...args] = [...within, ...words];
  await promisify(execFile)(program!, args).catch((error: ExecFileException) => {
    throw new Error(
      `the export ended with ${error.signal ?? error.code}: ${error.stderr || error.stdout || 'no word'}`,
    );
  });
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines
    .filter((line) => line !== '')
    .slice(1)
    .map((line) => JSON.parse(line) as ExportedBlock);
}

/** Null where the rules explain it: another answer, another fill, or money that is not there. */
function whyLost({ id, kind, node }: Acknowledgement, answer: PipedAnswer | null, model: Model): string | null {
  const line = (what: string) => `${kind} ${id} of ${node}: ${what}`;
  if (!answer?.ok) return line(`nobody knows it (${answer?.error?.code ?? 'no answer'})`);
  const { state, code, author, fields } = answer.result as {
    state: string;
    code: string | null;
    author: string;
    fields: Readonly<Record<string, unknown>>;
  };
  const rivals: Readonly<Record<string, string | undefined>> = {
    'order-already-answered': model.answeredBy.get(String(fields.order)),
    'prescription-already-filled': model.closedBy.get(String(fields.prescription)),
  };
  if (state === 'lost' && code !== null && rivals[code] !== undefined) return null;
  const isUnpaid = state === 'pending' && code === 'spends-more-than-balance';
  if (isUnpaid && model.balanceOf(author) < Number(fields.amount)) return null;
  return line(`${state}, ${code}`);
}

/** What is in the ledger and nobody was told "ok" about: only lines without an answer can have brought it. */
function surplus(model: Model, acknowledged: readonly Acknowledgement[], { log }: Cluster) {
  const duplicates: string[] = [];
  const refused: string[] = [];
  for (const [kind, inLedger] of model.perKind) {
    const known = acknowledged.filter((each) => each.kind === kind && model.confirmed.has(each.id)).length;
    const unexplained = inLedger - known - (log.inDoubt.get(kind) ?? 0);
    if (unexplained <= 0) continue;
    const wereRefused = Math.min(unexplained, log.refused.get(kind) ?? 0);
    if (wereRefused > 0) refused.push(`${wereRefused} of ${kind} are in the ledger though their author was told "no"`);
    if (unexplained > wereRefused) duplicates.push(`${unexplained - wereRefused} of ${kind} are in the ledger unasked`);
  }
  return { duplicates, refused };
}
