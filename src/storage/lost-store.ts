/**
 * The conflict list: transactions that can no longer be confirmed on this chain, with the reason. Users read it, and it is
 * looked at again at each reorg. Bounded; those that users of this node wrote are the last to be forgotten. Of what others
 * wrote only the newest are kept: if it becomes possible again, their own nodes offer it again.
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

/** @param most transactions that are kept. @param mostOfOthers of those, the ones that no user of this node wrote. */
export async function openLostStore(
  store: Store,
  most: number = limits.lostTransactions,
  mostOfOthers: number = limits.lostTransactionsOfOthers,
): Promise<LostStore> {
  const rows = await rowsInOrder<LostRow>(store, storeKeys.lost(''));
  let next = (rows.at(-1)?.row.sequence ?? -1) + 1;
  const idOf = (key: string) => key.slice(storeKeys.lost('').length);
  /** Id -> own, oldest first, as it is on the disk. The transactions themselves are read when asked for. */
  const onDisk = new Map(rows.map(({ key, row }) => [idOf(key), row.own]));
  /** The same, with what is on its way there. */
  let kept = new Listed(onDisk);
  store.follow(storeKeys.lost(''), {
    written(write) {
      const id = idOf(write.key);
      onDisk.delete(id);
      kept.remove(id);
      if (write.type === 'del') return;
      const { own } = decodeRow<LostRow>(write.value);
      onDisk.set(id, own);
      kept.enter(id, own);
    },
    failed() {
      kept = new Listed(onDisk);
    },
  });

  const get = (id: string): LostTransaction | undefined => {
    const key = storeKeys.lost(id);
    const row = readRow<LostRow>(store, key);
    // Missing and lost are two answers: what memory knows to be on the disk must not look as if it had never been.
    if (!row && kept.ids.has(id) && onDisk.has(id)) throw damaged(key);
    if (!row) return undefined;
    const { transaction, code, facts, own } = row;
    return { transaction: openTransaction(key, transaction), rejection: { code, facts }, own };
  };
  const forget = (id: string): Write => {
    kept.remove(id);
    return remove(storeKeys.lost(id));
  };
  return {
    get,
    listed: () => kept.ids,
    put({ transaction: { id, bytes }, rejection: { code, facts }, own }) {
      const writes: Write[] = [];
      kept.remove(id);
      while (!own && kept.ofOthers >= mostOfOthers) writes.push(forget(kept.next()));
      if (kept.ids.size >= most) writes.push(forget(kept.next()));
      kept.enter(id, own);
      writes.push(putRow(storeKeys.lost(id), { sequence: next++, transaction: bytes, code, facts, own }));
      return writes;
    },
    remove: forget,
  };
}

/** Ids, oldest first -> own; and how many are not. */
class Listed {
  readonly #ids = new Map<string, boolean>();
  ofOthers = 0;

  constructor(ids: Iterable<readonly [string, boolean]>) {
    for (const [id, own] of ids) this.enter(id, own);
  }

  get ids(): ReadonlyMap<string, boolean> {
    return this.#ids;
  }

  /** As the newest. */
  enter(id: string, own: boolean): void {
    this.remove(id);
    this.#ids.set(id, own);
    if (!own) this.ofOthers++;
  }

  remove(id: string): void {
    if (this.#ids.get(id) === false) this.ofOthers--;
    this.#ids.delete(id);
  }

  /** The one to be forgotten first. */
  next(): string {
    for (const [id, own] of this.#ids) if (!own) return id;
    return this.#ids.keys().next().value!;
  }
}
