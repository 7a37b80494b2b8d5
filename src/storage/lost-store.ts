/**
 * The conflict list: transactions that can no longer be confirmed on this chain, with the reason. Users read it, and it is
 * looked at again at each reorg. Bounded; those that users of this node wrote are the last to be forgotten.
 */
import { limits } from '../base/index.ts';
import type { Rejection, Transaction } from '../ledger/index.ts';
import type { Write } from './database.ts';
import { storeKeys } from './keys.ts';
import { type KeptTransaction, openTransaction, rowsInOrder } from './outbox.ts';
import { decodeRow, putRow, readRow, remove } from './rows.ts';
import { damaged } from './storage-errors.ts';
import type { Store } from './store.ts';

export interface LostTransaction {
  readonly transaction: Transaction;
  readonly rejection: Rejection;
  /** Whether a user of this node wrote it. */
  readonly own: boolean;
}

export interface LostStore {
  /** What was put is here once its writes are on the disk. @throws CarechainError `folder-damaged`, also where a row is gone. */
  get(id: string): LostTransaction | undefined;
  /** Ids of those that are kept, oldest first -> whether a user of this node wrote it: from memory, whatever the disk says. */
  listed(): ReadonlyMap<string, boolean>;
  /** Includes the deletion of whatever has to make room. */
  put(lost: LostTransaction): Write[];
  remove(id: string): Write;
}

interface LostRow extends KeptTransaction, Rejection {
  readonly own: boolean;
}

/** @param most transactions that are kept. */
export async function openLostStore(store: Store, most: number = limits.lostTransactions): Promise<LostStore> {
  const rows = await rowsInOrder<LostRow>(store, storeKeys.lost(''));
  let next = (rows.at(-1)?.row.sequence ?? -1) + 1;
  const idOf = (key: string) => key.slice(storeKeys.lost('').length);
  /** Id -> own, oldest first, as it is on the disk. The transactions themselves are read when asked for. */
  const onDisk = new Map(rows.map(({ key, row }) => [idOf(key), row.own]));
  /** The same, with what is on its way there. */
  let kept = new Map(onDisk);
  store.follow(storeKeys.lost(''), {
    written(write) {
      const id = idOf(write.key);
      for (const list of [onDisk, kept]) {
        list.delete(id);
        if (write.type === 'put') list.set(id, decodeRow<LostRow>(write.value).own);
      }
    },
    failed() {
      kept = new Map(onDisk);
    },
  });

  const get = (id: string): LostTransaction | undefined => {
    const key = storeKeys.lost(id);
    const row = readRow<LostRow>(store, key);
    // Missing and lost are two answers: what memory knows to be on the disk must not look as if it had never been.
    if (!row && kept.has(id) && onDisk.has(id)) throw damaged(key);
    if (!row) return undefined;
    const { transaction, code, facts, own } = row;
    return { transaction: openTransaction(key, transaction), rejection: { code, facts }, own };
  };
  const forget = (id: string): Write => {
    kept.delete(id);
    return remove(storeKeys.lost(id));
  };
  return {
    get,
    listed: () => kept,
    put({ transaction: { id, bytes }, rejection: { code, facts }, own }) {
      const writes: Write[] = [];
      kept.delete(id);
      if (kept.size >= most) writes.push(forget(nextToForget(kept)));
      kept.set(id, own);
      writes.push(putRow(storeKeys.lost(id), { sequence: next++, transaction: bytes, code, facts, own }));
      return writes;
    },
    remove: forget,
  };
}

function nextToForget(kept: ReadonlyMap<string, boolean>): string {
  for (const [id, own] of kept) if (!own) return id;
  return kept.keys().next().value!;
}
