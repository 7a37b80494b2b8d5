/** The log of reorgs: each switch of the main chain that removed blocks. Bounded; the oldest go first. */
import type { Write } from './database.ts';
import { storeKeys } from './keys.ts';
import { putRow, readRow, remove } from './rows.ts';
import type { Store } from './store.ts';

export interface LoggedReorg {
  /** When this node switched, in milliseconds since 1970 UTC. */
  readonly time: number;
  readonly ancestorHeight: number;
  readonly ancestorHash: string;
  /** Hashes, lowest first. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** Ids of removed transactions that are pending again, and of those that became impossible. */
  readonly returned: readonly string[];
  readonly lost: readonly string[];
}

export interface ReorgLog {
  /** Oldest first. What was appended is here once its writes are on the disk. @throws CarechainError `folder-damaged` */
  all(): LoggedReorg[];
  append(reorg: LoggedReorg): Write[];
}

const mostReorgs = 1_000;

/** @param most reorgs that are kept. */
export async function openReorgLog(store: Store, most: number = mostReorgs): Promise<ReorgLog> {
  const [newest] = await store.all(storeKeys.reorg(), { reverse: true, limit: 1 });
  let next = newest ? Number.parseInt(newest[0].slice(storeKeys.reorg().length), 16) + 1 : 0;
  return {
    all() {
      const reorgs: LoggedReorg[] = [];
      for (let n = Math.max(0, next - most); n < next; n++) {
        const reorg = readRow<LoggedReorg>(store, storeKeys.reorg(n));
        if (reorg) reorgs.push(reorg);
      }
      return reorgs;
    },
    append(reorg) {
      const writes = [putRow(storeKeys.reorg(next), { ...reorg })];
      if (next >= most) writes.push(remove(storeKeys.reorg(next - most)));
      next++;
      return writes;
    },
  };
}
