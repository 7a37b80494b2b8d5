/**
 * A draft: changes on top of a state that is not touched. Drafts stack, so a branch, a block and the pending
 * transactions are each a draft on the one below.
 */
import { type Encodable, equalValues } from '../base/index.ts';
import { type DueReward, readBalance, readDueQueue, type StateView, type StateWriter, stateKeys } from './state.ts';

export class Draft implements StateWriter {
  readonly #below: StateView;
  readonly #writes: Map<string, Encodable | null>;
  /** Keys of which it is known that nothing stands under them below. */
  readonly #created = new Set<string>();

  constructor(below: StateView, writes = new Map<string, Encodable | null>()) {
    this.#below = below;
    this.#writes = writes;
  }

  /** The same writes over another state. */
  on(below: StateView): Draft {
    return new Draft(below, new Map(this.#writes));
  }

  get(key: string): Encodable | undefined {
    const written = this.#writes.get(key);
    if (written === undefined) return this.#below.get(key);
    return written === null ? undefined : written;
  }

  set(key: string, value: Encodable): void {
    this.#writes.set(key, value);
  }

  create(key: string, value: Encodable): void {
    this.#writes.set(key, value);
    this.#created.add(key);
  }

  delete(key: string): void {
    this.#writes.set(key, null);
  }

  credit(account: string, amount: number): void {
    this.set(stateKeys.balance(account), readBalance(this, account) + amount);
  }

  debit(account: string, amount: number): void {
    this.set(stateKeys.balance(account), readBalance(this, account) - amount);
  }

  /** Puts a reward at the end of the queue. */
  owe({ rule, cause, to }: DueReward): void {
    const { head, tail } = readDueQueue(this);
    this.create(stateKeys.dueReward(tail), { rule, cause, to });
    this.set(stateKeys.dueQueue(), { head, tail: tail + 1 });
  }

  /** Every key that was written, with its final value; null where it was deleted. Includes writes that change nothing. */
  writes(): ReadonlyMap<string, Encodable | null> {
    return this.#writes;
  }

  /** The writes that change something, as before and after; null stands for no value. */
  changes(): StateChange[] {
    const changes: StateChange[] = [];
    for (const [key, after] of this.#writes) {
      const before = this.#created.has(key) ? null : (this.#below.get(key) ?? null);
      if (!equalValues(before, after)) changes.push({ key, before, after });
    }
    return changes;
  }
}

export interface StateChange {
  readonly key: string;
  readonly before: Encodable | null;
  readonly after: Encodable | null;
}

/** What changes made one after the other come to; in no particular order. */
export function netChanges(inTurn: Iterable<readonly StateChange[]>): StateChange[] {
  const net = new Map<string, StateChange>();
  for (const changes of inTurn) {
    for (const change of changes) {
      const earlier = net.get(change.key);
      net.set(change.key, earlier ? { key: change.key, before: earlier.before, after: change.after } : change);
    }
  }
  return [...net.values()].filter(({ before, after }) => !equalValues(before, after));
}
