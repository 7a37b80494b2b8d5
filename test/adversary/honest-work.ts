/**
 * The work of honest people while foes attack: transactions are submitted at every node in turn, one node mines now and
 * then. Measured is how long a transaction takes from "submit" until it is pending on all three, and until it is in a block
 * on all three; and a block from being found until it is the head of all three.
 */
import type { Chance } from '../support/chance.ts';
import { comesTrue, pause } from '../support/waiting.ts';
import type { HostEvent } from './honest-host.ts';
import type { HonestNetwork } from './honest-network.ts';

/** Milliseconds. */
export interface Latencies {
  readonly submit: readonly number[];
  readonly confirmation: readonly number[];
  readonly block: readonly number[];
  /** Submitted, and not on every node when the measuring was over. */
  readonly missing: number;
  /** Not in a block on every node by then; null where nobody waited for that. */
  readonly unconfirmed: number | null;
}

interface Tracked {
  startedAt: number;
  readonly seenAt: Map<string, number>;
}

const submitEveryMs = 60;
const mineEveryMs = 700;
/** What was begun may still arrive in this time after the last submission. */
const tailMs = 15_000;

export async function workHonestly(
  network: HonestNetwork,
  { forMs, chance, untilConfirmed }: { forMs: number; chance: Chance; untilConfirmed: boolean },
): Promise<Latencies> {
  const transactions = new Map<string, Tracked>();
  const blocks = new Map<string, Tracked>();
  const tips: Tip[] = [];
  const listen = (event: HostEvent, by: string) => {
    if (event.name === 'pending') tracked(transactions, event.id).seenAt.set(by, event.at);
    if (event.name !== 'tip') return;
    tracked(blocks, event.hash).seenAt.set(by, event.at);
    tips.push({ by, height: event.height, at: event.at });
  };
  network.listeners.add(listen);
  const end = performance.now() + forMs;
  const mining = mineUntil(end, network, blocks);
  let next = 0;
  const submissions: Promise<void>[] = [];
  while (performance.now() < end) {
    const node = network.nodes[next % network.nodes.length]!;
    const transaction = network.world.register('alice', `patient ${chance.fraction()}`);
    submissions.push(
      node.call('submit', transaction.bytes).then(({ ok, at }) => {
        if (!ok) throw new Error('an honest transaction was refused');
        tracked(transactions, transaction.id).startedAt = at;
      }),
    );
    next += 1;
    await pause(submitEveryMs * (0.5 + chance.fraction()));
  }
  await Promise.all([...submissions, mining]);
  const isDone = ({ startedAt, seenAt }: Tracked) => Number.isNaN(startedAt) || seenAt.size >= network.nodes.length;
  // In a block before it was gossiped, it has come with the block: nobody tells of it then, and its time is not known.
  const hasArrived = async ([id, each]: [string, Tracked]) =>
    isDone(each) || (await Promise.all(network.nodes.map((node) => node.call('has', id)))).every(Boolean);
  const missing = async () => (await Promise.all([...transactions].map(hasArrived))).filter((here) => !here).length;
  await comesTrue(async () => (await missing()) === 0, tailMs);
  const ids = [...transactions.keys()];
  // At the pace of before, until everybody has everything in a block.
  const lastsUntil = performance.now() + tailMs;
  let heights = await heightsOf(ids, network);
  while (untilConfirmed && heights.includes(null) && performance.now() < lastsUntil) {
    await mineUntil(performance.now() + mineEveryMs, network, blocks);
    heights = await heightsOf(ids, network);
  }
  network.listeners.delete(listen);
  const begun = [...transactions.values()].filter(({ startedAt }) => !Number.isNaN(startedAt));
  const found = [...blocks.values()].filter(({ startedAt }) => !Number.isNaN(startedAt));
  return {
    submit: begun.filter(isDone).map(latencyOf),
    confirmation: ids.flatMap((id, index) => {
      const { startedAt } = transactions.get(id)!;
      const confirmedAt = reachedAt(heights[index]!, tips, network);
      return Number.isNaN(startedAt) || confirmedAt === null ? [] : [confirmedAt - startedAt];
    }),
    block: found.filter(isDone).map(latencyOf),
    missing: await missing(),
    unconfirmed: untilConfirmed ? heights.filter((height) => height === null).length : null,
  };
}

async function mineUntil(end: number, network: HonestNetwork, blocks: Map<string, Tracked>): Promise<void> {
  let next = 0;
  while (performance.now() < end) {
    await pause(Math.min(mineEveryMs, Math.max(end - performance.now(), 0)));
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

interface Tip {
  readonly by: string;
  readonly height: number;
  readonly at: number;
}

/** Of the highest on any of the nodes: a fork that was lost does not count. Null where somebody has not confirmed it. */
async function heightsOf(ids: readonly string[], network: HonestNetwork): Promise<(number | null)[]> {
  const all = await Promise.all(network.nodes.map((node) => node.call('heightsOf', ids)));
  return ids.map((_id, index) => {
    const heights = all.map((each) => each[index] ?? null);
    return heights.some((height) => height === null) ? null : Math.max(...(heights as number[]));
  });
}

/** When the last of the nodes had a head of this height. */
function reachedAt(height: number | null, tips: readonly Tip[], { nodes }: HonestNetwork): number | null {
  if (height === null) return null;
  const firsts = nodes.map(({ name }) => tips.find((tip) => tip.by === name && tip.height >= height)?.at);
  return firsts.includes(undefined) ? null : Math.max(...(firsts as number[]));
}

function latencyOf({ startedAt, seenAt }: Tracked): number {
  return Math.max(0, Math.max(...seenAt.values()) - startedAt);
}
