/**
 * The work of honest people while foes attack: transactions are submitted at every node in turn, one node mines now and
 * then. Measured is how long a transaction takes from "submit" until it is pending on all three, and a block from being
 * found until it is the head of all three.
 */

import type { HostEvent } from './honest-host.ts';
import type { HonestNetwork } from './honest-network.ts';
import { pause, until } from './waiting.ts';

/** Milliseconds. */
export interface Latencies {
  readonly submit: readonly number[];
  readonly block: readonly number[];
  /** Submitted, and not pending everywhere when the measuring was over. */
  readonly missing: number;
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
  { forMs, random, mines = true }: { forMs: number; random: () => number; mines?: boolean },
): Promise<Latencies> {
  const transactions = new Map<string, Tracked>();
  const blocks = new Map<string, Tracked>();
  const listen = (event: HostEvent, by: string) => {
    if (event.name === 'pending') tracked(transactions, event.id).seenAt.set(by, event.at);
    if (event.name === 'tip') tracked(blocks, event.hash).seenAt.set(by, event.at);
  };
  network.listeners.add(listen);
  const end = performance.now() + forMs;
  const mining = mines ? mineUntil(end, network, blocks) : Promise.resolve();
  let next = 0;
  const submissions: Promise<void>[] = [];
  while (performance.now() < end) {
    const node = network.nodes[next % network.nodes.length]!;
    const transaction = network.world.register('alice', `patient ${random()}`);
    submissions.push(
      node.call('submit', transaction.bytes).then(({ ok, at }) => {
        if (!ok) throw new Error('an honest transaction was refused');
        tracked(transactions, transaction.id).startedAt = at;
      }),
    );
    next += 1;
    await pause(submitEveryMs * (0.5 + random()));
  }
  await Promise.all([...submissions, mining]);
  const isDone = ({ startedAt, seenAt }: Tracked) => Number.isNaN(startedAt) || seenAt.size >= network.nodes.length;
  // Into a block before it was gossiped counts as having arrived: the block carries it.
  await until(() => [...transactions.values()].every(isDone), '', tailMs).catch(() => undefined);
  network.listeners.delete(listen);
  const begun = [...transactions.values()].filter(({ startedAt }) => !Number.isNaN(startedAt));
  const found = [...blocks.values()].filter(({ startedAt }) => !Number.isNaN(startedAt));
  return {
    submit: begun.filter(isDone).map(latencyOf),
    block: found.filter(isDone).map(latencyOf),
    missing: begun.filter((each) => !isDone(each)).length,
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

function latencyOf({ startedAt, seenAt }: Tracked): number {
  return Math.max(0, Math.max(...seenAt.values()) - startedAt);
}

/** The value below which the share `part` of all lies; 0 of nothing. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
