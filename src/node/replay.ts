/**
 * Replay: the whole chain again from the genesis, by the rules alone, without the stored state. `verify` says what it
 * checked; `recalculate` compares what came out with what is stored.
 */
import { type Encodable, equalValues } from '../base/index.ts';
import {
  type Block,
  type BlockEffect,
  checkBlock,
  type Genesis,
  genesisChanges,
  genesisHeader,
  type Header,
  medianTimesAfter,
  type Rejection,
  rejection,
  type StateChange,
  type StateView,
  type TransactionRules,
} from '../ledger/index.ts';
import type { VerifyReport } from './ledger-node.ts';
import { turn } from './pause.ts';

/** Transactions between two pauses in which others get a turn; a block counts as one more. */
const transactionsAtOnce = 10;

export class MemoryState implements StateView {
  readonly values = new Map<string, Encodable>();

  get(key: string): Encodable | undefined {
    return this.values.get(key);
  }

  apply(changes: readonly StateChange[]): void {
    for (const { key, after } of changes) {
      if (after === null) this.values.delete(key);
      else this.values.set(key, after);
    }
  }
}

export interface Replay extends VerifyReport {
  /** The state after the last block that holds. */
  readonly state: MemoryState;
  /** Hash of that block. */
  readonly head: string;
}

export interface Difference {
  readonly key: string;
  /** What is stored; null for nothing, undefined for what cannot be read. */
  readonly before: Encodable | null | undefined;
  readonly after: Encodable | null;
}

export interface ReplaySettings {
  readonly genesis: Genesis;
  /** This clock, in milliseconds since 1970 UTC: nothing in the chain may lie beyond it. */
  readonly now: number;
  /** Whether the signature of a transaction fits; it is checked where nothing is given. */
  readonly verify?: TransactionRules['verify'];
  /** Told of each block that holds, and what it leads to. */
  onBlock?(block: Block, effect: BlockEffect): void;
}

/** Checks `blocks` from #1 on, each against the state that those before it led to. */
export async function replay(
  blocks: Iterable<Block | undefined>,
  { genesis, now, verify, onBlock }: ReplaySettings,
): Promise<Replay> {
  const state = new MemoryState();
  state.apply(genesisChanges(genesis));
  const counts = new Map<string, number>();
  let times: readonly number[] = [genesis.time];
  let parent: { hash: string; header: Header } = { hash: genesis.hash, header: genesisHeader(genesis) };
  let failure: { height: number; rejection: Rejection } | null = null;
  const onCheck = (name: string, _facts: unknown, passed: boolean) => {
    if (passed) counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  let sincePause = 0;
  for (const block of blocks) {
    const height = parent.header.height + 1;
    const checked = block
      ? checkBlock(block, { genesis, parent, medianTimes: times, now, state, onCheck, ...(verify && { verify }) })
      : { ok: false as const, rejection: rejection('unknown-parent', { height }) };
    if (!checked.ok) {
      failure = { height, rejection: checked.rejection };
      break;
    }
    state.apply(checked.value.changes);
    onBlock?.(block!, checked.value);
    parent = block!;
    times = medianTimesAfter(times, parent.header);
    sincePause += 1 + block!.transactions.length;
    if (sincePause < transactionsAtOnce) continue;
    sincePause = 0;
    await turn();
  }
  const checks = [...counts].map(([name, count]) => ({ name, count }));
  return { height: parent.header.height, head: parent.hash, checks, failure, state };
}

/** What must be written so that `stored` says what `replayed` says. A stored value that is undefined is damaged. */
export async function differences(
  replayed: MemoryState,
  stored: AsyncIterable<[string, Encodable | undefined]>,
): Promise<Difference[]> {
  const changes: Difference[] = [];
  const missing = new Map(replayed.values);
  for await (const [key, before] of stored) {
    const after = missing.get(key) ?? null;
    missing.delete(key);
    const isEqual = before !== undefined && after !== null && equalValues(before, after);
    if (!isEqual) changes.push({ key, before, after });
  }
  for (const [key, after] of missing) changes.push({ key, before: null, after });
  return changes;
}
