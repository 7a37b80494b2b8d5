/**
 * The consensus state: a map from text keys to values, read through a synchronous view so that the rules stay pure.
 * Values hold hashes as lower-case hex text. Every write but those under `transaction/` goes into the state digest.
 */
import type { Encodable } from '../base/index.ts';
import type { Member } from './genesis.ts';

export interface StateView {
  /** The value of a key; undefined where it has none. */
  get(key: string): Encodable | undefined;
}

/** What transactions write to. */
export interface StateWriter extends StateView {
  set(key: string, value: Encodable): void;
  /** As `set`, under a key of which the rules say that nothing stands there: it is made of an id that was not there before. */
  create(key: string, value: Encodable): void;
  credit(account: string, amount: number): void;
  debit(account: string, amount: number): void;
  /** A reward is due from now on. */
  owe(reward: DueReward): void;
}

export interface Patient {
  readonly registration: string;
  readonly registeredBy: string;
}

export interface Order {
  readonly patient: string;
  readonly doctor: string;
  /** The result that answered it. */
  readonly answer: string | null;
}

export interface Prescription {
  readonly patient: string;
  readonly prescriber: string;
  readonly status: 'open' | 'filled' | 'cancelled';
  /** The fill or cancellation that closed it. */
  readonly closedBy: string | null;
}

/** A reward that is owed: by which rule, because of which transaction, to whom. Genesis says how much. */
export interface DueReward {
  readonly rule: 'order-reward' | 'fill-reward';
  readonly cause: string;
  readonly to: string;
}

/** The queue of due rewards holds `due/<n>` for head ≤ n < tail. */
export interface DueQueue {
  readonly head: number;
  readonly tail: number;
}

/** Where a confirmed transaction stands. Kept beside the state, outside the digest. */
export interface Position {
  readonly height: number;
  readonly position: number;
}

/** The one place that knows the keys. */
export const stateKeys = {
  member: (id: string) => `member/${id}`,
  balance: (account: string) => `balance/${account}`,
  patient: (patient: string) => `patient/${patient}`,
  order: (id: string) => `order/${id}`,
  prescription: (id: string) => `prescription/${id}`,
  dueQueue: () => 'due',
  dueReward: (n: number) => `due/${n}`,
  transaction: (id: string) => `transaction/${id}`,
} as const;

export function isDigested(key: string): boolean {
  return !key.startsWith('transaction/');
}

/** Whether transactions change it that are not its own: members are those of the genesis, a position is of one transaction. */
export function isShared(key: string): boolean {
  return !key.startsWith('member/') && !key.startsWith('transaction/');
}

function read<Value>(state: StateView, key: string): Value | undefined {
  return state.get(key) as Value | undefined;
}

export const readMember = (state: StateView, id: string) => read<Member>(state, stateKeys.member(id));
export const readBalance = (state: StateView, account: string) => read<number>(state, stateKeys.balance(account)) ?? 0;
export const readPatient = (state: StateView, patient: string) => read<Patient>(state, stateKeys.patient(patient));
export const readOrder = (state: StateView, id: string) => read<Order>(state, stateKeys.order(id));
export const readPrescription = (state: StateView, id: string) => read<Prescription>(state, stateKeys.prescription(id));
export const readDueQueue = (state: StateView) => read<DueQueue>(state, stateKeys.dueQueue()) ?? { head: 0, tail: 0 };
export const readPosition = (state: StateView, id: string) => read<Position>(state, stateKeys.transaction(id));

/** The rewards that are owed, in the order in which they will be paid; at most `most` of them, each read when it is its turn. */
export function* readDueRewards(state: StateView, most: number): Iterable<DueReward> {
  const { head, tail } = readDueQueue(state);
  for (let n = head; n < Math.min(tail, head + most); n++) yield read<DueReward>(state, stateKeys.dueReward(n))!;
}
