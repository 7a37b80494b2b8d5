/**
 * The outbox: transactions that users of this node wrote and that are not settled. A transaction is here, on the disk,
 * before its author is told "ok"; it leaves when it is confirmed or has become impossible. That it was written here is
 * remembered for good.
 */
import { decodeTransaction, type Transaction } from '../ledger/index.ts';
import type { Write } from './database.ts';
import { storeKeys } from './keys.ts';
import { decodeRow, putRow, remove } from './rows.ts';
import { damaged } from './storage-errors.ts';
import type { Store } from './store.ts';

export interface Outbox {
  /** What is not settled, in the order in which it was put. @throws CarechainError `folder-damaged` */
  all(): Promise<Transaction[]>;
  put(transaction: Transaction): Write[];
  /** The transaction is settled. */
  remove(id: string): Write;
  /** Whether a user of this node wrote it, settled or not. */
  isOwn(id: string): boolean;
  /** Says again that a user of this node wrote it. */
  own(id: string): Write;
}

export interface KeptTransaction {
  readonly sequence: number;
  readonly transaction: Uint8Array;
}

export async function openOutbox(store: Store): Promise<Outbox> {
  const rows = await rowsInOrder<KeptTransaction>(store, storeKeys.outbox(''));
  let next = (rows.at(-1)?.row.sequence ?? -1) + 1;
  return {
    async all() {
      const rows = await rowsInOrder<KeptTransaction>(store, storeKeys.outbox(''));
      return rows.map(({ key, row }) => openTransaction(key, row.transaction));
    },
    put: ({ id, bytes }) => [
      putRow(storeKeys.outbox(id), { sequence: next++, transaction: bytes }),
      putRow(storeKeys.own(id), true),
    ],
    remove: (id) => remove(storeKeys.outbox(id)),
    own: (id) => putRow(storeKeys.own(id), true),
    isOwn: (id) => store.get(storeKeys.own(id)) !== undefined,
  };
}

/** Rows in the order in which they were put. */
export async function rowsInOrder<Row extends { readonly sequence: number }>(
  store: Store,
  prefix: string,
): Promise<{ key: string; row: Row }[]> {
  const entries = await store.all(prefix);
  const rows = entries.map(([key, value]) => ({ key, row: decodeRow<Row>(value) }));
  return rows.sort((left, right) => left.row.sequence - right.row.sequence);
}

export function openTransaction(key: string, bytes: Uint8Array): Transaction {
  const transaction = decodeTransaction(bytes);
  if (!transaction.ok) throw damaged(key);
  return transaction.value;
}
