/**
 * The log of reorgs: each switch of the main chain that removed blocks. Bounded; the oldest go first. So is each entry, since
 * all of them are read at once: of a list it keeps the first, and how many there were.
 */
import type { Write } from './database.ts';
import { storeKeys } from './keys.ts';
import { putRow, readRow, remove } from './rows.ts';
import type { Store } from './store.ts';

export interface Reorg {
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

export type ReorgCounts = Readonly<Record<'removed' | 'added' | 'returned' | 'lost', number>>;

/** Its lists may be cut; `counts` are those of the whole. */
export interface LoggedReorg extends Reorg {
  readonly counts: ReorgCounts;
}

export interface ReorgLog {
  /** Oldest first. What was appended is here once its writes are on the disk. @throws CarechainError `folder-damaged` */
  all(): LoggedReorg[];
  append(reorg: Reorg): Write[];
  /** Keys that must have a row, as far as this is known from memory. */
  keys(): string[];
  /** Stands in the place of a reorg that can no longer be read; {@link all} leaves it out. */
  forget(key: string): Write;
}

const mostReorgs = 1_000;
/** Of each list of an entry. A block may hold some thousand transactions. */
const mostIds = 50;

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
    all: () => keys().flatMap((key) => rowOf(readRow<StoredReorg | null>(store, key))),
    keys,
    forget: (key) => putRow(key, null),
    append(reorg) {
      const writes = [putRow(storeKeys.reorg(next), { ...cut(reorg), counts: countsOf(reorg) })];
      if (next >= most) writes.push(remove(storeKeys.reorg(next - most)));
      next++;
      return writes;
    },
  };
}

/** An entry of an earlier version has all ids, and no counts. */
type StoredReorg = Reorg & { readonly counts?: ReorgCounts };

function rowOf(row: StoredReorg | null | undefined): LoggedReorg[] {
  return row ? [{ ...cut(row), counts: row.counts ?? countsOf(row) }] : [];
}

function cut({ removed, added, returned, lost, ...where }: StoredReorg): StoredReorg {
  const first = (ids: readonly string[]) => ids.slice(0, mostIds);
  return { ...where, removed: first(removed), added: first(added), returned: first(returned), lost: first(lost) };
}

function countsOf({ removed, added, returned, lost }: Reorg): ReorgCounts {
  return { removed: removed.length, added: added.length, returned: returned.length, lost: lost.length };
}
