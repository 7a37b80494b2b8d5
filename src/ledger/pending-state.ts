/**
 * The state after the head and everything pending. It lies on the head and moves with it: a balance is what the head says
 * less what is reserved, and of all else only what is pending is kept here. So a pending transaction that is confirmed, or
 * taken out, takes its own away and leaves that of the others.
 *
 * Pending spending is reserved; pending income, and rewards that become due, are not there before they are confirmed.
 */
import type { Encodable } from '../base/index.ts';
import { isShared, readBalance, type StateView, type StateWriter, stateKeys } from './state.ts';

/** What work on the state has read and left behind. */
export interface Footprint {
  /** What it read or wrote and others may change; no key twice. */
  readonly touched: readonly string[];
  readonly written: readonly string[];
  readonly reserved: readonly Reservation[];
}

interface Reservation {
  readonly account: string;
  readonly amount: number;
}

interface Trace {
  readonly touched: Set<string>;
  readonly written: Set<string>;
  readonly reserved: Reservation[];
}

export class PendingState implements StateWriter {
  readonly #head: StateView;
  /** The state after the head alone, read in sight of {@link traced}. */
  readonly head: StateView = { get: (key) => this.#readHead(key) };
  #written = new Map<string, Encodable>();
  /** Account -> what is reserved of its balance; none is zero. */
  #reserved = new Map<string, number>();
  #trace: Trace | null = null;

  constructor(head: StateView) {
    this.#head = head;
  }

  get(key: string): Encodable | undefined {
    const written = this.#written.get(key);
    if (written !== undefined) {
      this.#trace?.touched.add(key);
      return written;
    }
    const value = this.#readHead(key);
    const account = accountOf(key);
    const reserved = account === null ? undefined : this.#reserved.get(account);
    return reserved === undefined ? value : ((value as number | undefined) ?? 0) - reserved;
  }

  set(key: string, value: Encodable): void {
    this.#trace?.touched.add(key);
    this.#trace?.written.add(key);
    this.#written.set(key, value);
  }

  create(key: string, value: Encodable): void {
    this.set(key, value);
  }

  debit(account: string, amount: number): void {
    this.#trace?.touched.add(stateKeys.balance(account));
    this.#trace?.reserved.push({ account, amount });
    this.#reserve(account, amount);
  }

  credit(): void {}

  owe(): void {}

  /** Does what reads and writes this state. @returns its footprint too, which {@link withdraw} undoes. */
  traced<Result>(work: () => Result): { result: Result; footprint: Footprint } {
    const trace: Trace = { touched: new Set(), written: new Set(), reserved: [] };
    this.#trace = trace;
    try {
      const result = work();
      const touched = [...trace.touched].filter(isShared);
      return { result, footprint: { touched, written: [...trace.written], reserved: trace.reserved } };
    } finally {
      this.#trace = null;
    }
  }

  /** Only where nothing that is left here has touched what was written. */
  withdraw({ written, reserved }: Footprint): void {
    for (const key of written) this.#written.delete(key);
    for (const { account, amount } of reserved) this.#reserve(account, -amount);
  }

  /** Whether more is reserved of an account than the head has. */
  isOverdrawn(account: string): boolean {
    return readBalance(this, account) < 0;
  }

  /** Forgets everything pending. @returns what brings it back, instead of what came since. */
  clear(): () => void {
    const [written, reserved] = [this.#written, this.#reserved];
    this.#written = new Map();
    this.#reserved = new Map();
    return () => {
      this.#written = written;
      this.#reserved = reserved;
    };
  }

  #readHead(key: string): Encodable | undefined {
    this.#trace?.touched.add(key);
    return this.#head.get(key);
  }

  #reserve(account: string, more: number): void {
    const amount = (this.#reserved.get(account) ?? 0) + more;
    if (amount === 0) this.#reserved.delete(account);
    else this.#reserved.set(account, amount);
  }
}

const balances = stateKeys.balance('');

/** The account whose balance stands under a key; null under any other key. */
export function accountOf(key: string): string | null {
  return key.startsWith(balances) ? key.slice(balances.length) : null;
}
