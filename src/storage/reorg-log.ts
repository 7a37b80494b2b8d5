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
  /** Keys that must have a row, as far as this is known from memory. */
  keys(): string[];
  /** Stands in the place of a reorg that can no longer be read; {@link all} leaves it out. */
  forget(key: string): Write;
}

const mostReorgs = 1_000;

/** @param most reorgs that are kept. */
export async function openReorgLog(store: Store, most: number = mostReorgs): Promise<ReorgLog> {
  const [newest] = await store.all(storeKeys.reorg(), { reverse: true, limit: 1 });
  const after = (key: string) => Number.parseInt(key.slice(storeKeys.reorg().length), 16) + 1;
  let nextOnDisk = newest ? after(newest[0]) : 0;
  let next = nextOnDisk;
  store.follow(storeKeys.reorg(), {
    written({ type, key }) {
      if (type === 'put') nextOnDisk = Math.max(nextOnDisk, after(key));
    },
    failed() {
      next = nextOnDisk;
    },
  });
  const keys = () => {
    const oldest = Math.max(0, next - most);
    return Array.from({ length: next - oldest }, (_, index) => storeKeys.reorg(oldest + index));
  };
  return {
    all: () => keys().flatMap((key) => readRow<LoggedReorg | null>(store, key) ?? []),
    keys,
    forget: (key) => putRow(key, null),
    append(reorg) {
      const writes = [putRow(storeKeys.reorg(next), { ...reorg })];
      if (next >= most) writes.push(remove(storeKeys.reorg(next - most)));
      next++;
      return writes;
    },
  };
}
