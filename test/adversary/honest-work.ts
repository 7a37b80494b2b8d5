/**
 * The work of honest people while foes attack: transactions are submitted at every node in turn, one node mines now and
 * then. Measured is how long a transaction takes from "submit" until all three have it, and until it is in a block on all
 * three; and a block from being found until it is the head of all three.
 *
 * A node has a transaction when it tells of it as pending, or when the block that confirms it joins its chain: whichever
 * comes first. The second is what an attack makes more frequent, and left out it would take the slowest from the measure.
 */
import type { Transaction } from '../../src/ledger/index.ts';
import type { Chance } from '../support/chance.ts';
import { comesTrue, pause } from '../support/waiting.ts';
import { type HostEvent, monotonicMs } from './honest-host.ts';
import type { HonestNetwork } from './honest-network.ts';

/** Milliseconds. */
export interface Latencies {
  readonly submit: readonly number[];
  readonly confirmation: readonly number[];
  readonly block: readonly number[];
  /** Of those in `submit`, which reached some node by a block first. */
  readonly byBlock: number;
  /** Arrived everywhere, and when is not known: the nodes were not of one mind yet about the block that brought them. */
  readonly untimed: number;
  /** Submitted, and not on every node when the measuring was over. */
  readonly missing: number;
  /** Not in a block on every node by then; null where nobody waited for that. */
  readonly unconfirmed: number | null;
  /** By how much a submission went out later than planned at the most: foes and honest people share this process. */
  readonly latestMs: number;
}

interface Tracked {
  /** By the clock that all processes share. Of a transaction: before anything of it had left this process. */
  startedAt: number;
  readonly seenAt: Map<string, number>;
}

/** On the average. */
export const submitEveryMs = 60;
const mineEveryMs = 700;
/** What was begun may still arrive in this time after the last submission. */
const tailMs = 15_000;

export async function workHonestly(
  network: HonestNetwork,
  { forMs, chance, untilConfirmed }: { forMs: number; chance: Chance; untilConfirmed: boolean },
): Promise<Latencies> {
  /** Those of honest people alone: foes may write the same kind. */
  const transactions = new Map<string, Tracked>();
  const blocks = new Map<string, Tracked>();
  const joined: Joined = new Map(network.nodes.map(({ name }) => [name, new Map<string, number>()]));
  const listen = (event: HostEvent, by: string) => {
    if (event.name === 'pending') transactions.get(event.id)?.seenAt.set(by, event.at);
    if (event.name === 'tip') tracked(blocks, event.hash).seenAt.set(by, event.at);
    if (event.name === 'block') joined.get(by)!.set(event.hash, event.at);
  };
  network.listeners.add(listen);
  const plan = planOf(forMs, network, chance);
  const startedAt = performance.now();
  const end = startedAt + forMs;
  const mining = mineUntil(end, network, blocks);
  const submissions: Promise<void>[] = [];
  let latestMs = 0;
  for (const [index, { dueMs, transaction }] of plan.entries()) {
    const waitMs = startedAt + dueMs - performance.now();
    if (waitMs > 0) await pause(waitMs);
    // Whatever held this process up: what is due goes out at once, and what is due after the end is not measured.
    if (performance.now() >= end) break;
    latestMs = Math.max(latestMs, performance.now() - startedAt - dueMs);
    const node = network.nodes[index % network.nodes.length]!;
    tracked(transactions, transaction.id).startedAt = monotonicMs();
    submissions.push(
      node.call('submit', transaction.bytes).then((ok) => {
        if (!ok) throw new Error('an honest transaction was refused');
      }),
    );
  }
  await Promise.all([...submissions, mining]);
  const wasSeen = ({ seenAt }: Tracked) => seenAt.size >= network.nodes.length;
  const hasArrived = async ([id, each]: [string, Tracked]) =>
    wasSeen(each) || (await Promise.all(network.nodes.map((node) => node.call('has', id)))).every(Boolean);
  const missing = async () => (await Promise.all([...transactions].map(hasArrived))).filter((here) => !here).length;
  await comesTrue(async () => (await missing()) === 0, tailMs);
  const ids = [...transactions.keys()];
  // At the pace of before, until everybody has everything in a block.
  const lastsUntil = performance.now() + tailMs;
  let confirming = await blocksOf(ids, network);
  while (untilConfirmed && confirming.includes(null) && performance.now() < lastsUntil) {
    await mineUntil(performance.now() + mineEveryMs, network, blocks);
    confirming = await blocksOf(ids, network);
  }
  network.listeners.delete(listen);
  const lost = await missing();
  const found = [...blocks.values()].filter((block) => !Number.isNaN(block.startedAt) && wasSeen(block));
  const arrivals = ids.map((id, index) => arrivalOf(transactions.get(id)!, confirming[index]!, joined));
  const timed = arrivals.filter((arrival) => arrival !== null);
  return {
    submit: timed.map(({ afterMs }) => afterMs),
    confirmation: ids.flatMap((id, index) => {
      const hash = confirming[index]!;
      const ats = hash === null ? [] : [...joined.values()].map((each) => each.get(hash));
      if (ats.length === 0 || ats.includes(undefined)) return [];
      return [Math.max(...(ats as number[])) - transactions.get(id)!.startedAt];
    }),
    block: found.map(({ startedAt, seenAt }) => Math.max(0, Math.max(...seenAt.values()) - startedAt)),
    byBlock: timed.filter(({ cameByBlock }) => cameByBlock).length,
    untimed: arrivals.length - timed.length - lost,
    missing: lost,
    unconfirmed: untilConfirmed ? confirming.filter((hash) => hash === null).length : null,
    latestMs,
  };
}

/** When each transaction is to be submitted, from the beginning. All are signed before anything is measured. */
function planOf(forMs: number, { world }: HonestNetwork, chance: Chance) {
  const plan: { dueMs: number; transaction: Transaction }[] = [];
  for (let dueMs = 0; dueMs < forMs; dueMs += submitEveryMs * (0.5 + chance.fraction())) {
    plan.push({ dueMs, transaction: world.register('alice', `patient ${chance.fraction()}`) });
  }
  return plan;
}

async function mineUntil(end: number, network: HonestNetwork, blocks: Map<string, Tracked>): Promise<void> {
  let next = 0;
  let dueAt = performance.now();
  while (performance.now() < end) {
    // By a plan, as submissions are: what holds this process up must not make honest miners lazy.
    dueAt = Math.min(Math.max(dueAt + mineEveryMs, performance.now()), end);
    await pause(Math.max(dueAt - performance.now(), 0));
    const mined = await network.nodes[next % network.nodes.length]!.call('mine');
    if (mined !== null) tracked(blocks, mined.hash).startedAt = mined.at;
    next += 1;
  }
}

function tracked(all: Map<string, Tracked>, key: string): Tracked {
  const one = all.get(key) ?? { startedAt: Number.NaN, seenAt: new Map<string, number>() };
  all.set(key, one);
  return one;
}

/** By the name of a node: when each block joined its chain. */
type Joined = ReadonlyMap<string, Map<string, number>>;

/** The block that confirms each of them, where all nodes name the same one. */
async function blocksOf(ids: readonly string[], network: HonestNetwork): Promise<(string | null)[]> {
  const [first = [], ...others] = await Promise.all(network.nodes.map((node) => node.call('blocksOf', ids)));
  return first.map((hash, index) => (others.every((each) => each[index] === hash) ? hash : null));
}

/** When the last of the nodes had it; null where one has it by a block that is not known to be `confirming`. */
function arrivalOf(
  { startedAt, seenAt }: Tracked,
  confirming: string | null,
  joined: Joined,
): { afterMs: number; cameByBlock: boolean } | null {
  let last = startedAt;
  let cameByBlock = false;
  for (const [node, blocks] of joined) {
    const pendingAt = seenAt.get(node) ?? Number.POSITIVE_INFINITY;
    const blockAt = (confirming === null ? undefined : blocks.get(confirming)) ?? Number.POSITIVE_INFINITY;
    cameByBlock ||= blockAt < pendingAt;
    last = Math.max(last, Math.min(pendingAt, blockAt));
  }
  return Number.isFinite(last) ? { afterMs: last - startedAt, cameByBlock } : null;
}
