/**
 * Miners that sealed two blocks at one height, with the two signed headers that prove it: one row a miner and height.
 * Bounded; the oldest of the miner that has the most goes first, so nobody can push out what others did. All of it is in
 * memory too, so what the disk loses can be written again.
 */
import { decodeSealedHeader, encodeSealedHeader, type SealedHeader } from '../ledger/index.ts';
import type { Write } from './database.ts';
import { storeKeys } from './keys.ts';
import { rowsInOrder } from './outbox.ts';
import { decodeRow, putRow, remove } from './rows.ts';
import { damaged } from './storage-errors.ts';
import type { Store } from './store.ts';

export interface LoggedEquivocation {
  /** When this node met the second of the two, in milliseconds since 1970 UTC. */
  readonly time: number;
  readonly height: number;
  /** Public half of a node key, in hex. */
  readonly miner: string;
  /** In the order in which they came. */
  readonly hashes: readonly [string, string];
}

export interface EquivocationLog {
  /** Oldest first. */
  all(): LoggedEquivocation[];
  has(height: number, miner: string): boolean;
  /** Includes the deletion of whatever has to make room. */
  put(first: SealedHeader, second: SealedHeader, time: number): Write[];
  /** Keys that must have a row, as far as this is known from memory. */
  keys(): string[];
  /** Writes a row again; undefined where memory has none of this key. */
  again(key: string): Write | undefined;
}

interface EquivocationRow {
  readonly sequence: number;
  readonly time: number;
  readonly first: Uint8Array;
  readonly second: Uint8Array;
}

const mostEquivocations = 1_000;

/** @param most equivocations that are kept. @throws CarechainError `folder-damaged` */
export async function openEquivocationLog(store: Store, most: number = mostEquivocations): Promise<EquivocationLog> {
  const rows = await rowsInOrder<EquivocationRow>(store, storeKeys.equivocation());
  let next = (rows.at(-1)?.row.sequence ?? -1) + 1;
  const onDisk = new Map(rows.map(({ key, row }) => [key, row]));
  /** The same, with what is on its way there. */
  let kept = new Map(onDisk);
  store.follow(storeKeys.equivocation(), {
    written(write) {
      if (write.type === 'put') onDisk.set(write.key, decodeRow<EquivocationRow>(write.value));
      else onDisk.delete(write.key);
    },
    failed() {
      kept = new Map(onDisk);
    },
  });
  return {
    all: () => [...kept].map(([key, row]) => opened(key, row)),
    has: (height, miner) => kept.has(storeKeys.equivocation(height, miner)),
    keys: () => [...kept.keys()],
    again(key) {
      const row = kept.get(key);
      return row && putRow(key, { ...row });
    },
    put(first, second, time) {
      const writes: Write[] = [];
      const key = storeKeys.equivocation(first.header.height, first.header.miner);
      if (kept.size >= most) {
        const leaving = oldestOfTheBusiest([...kept.keys(), key]);
        kept.delete(leaving);
        writes.push(remove(leaving));
      }
      const row = { sequence: next++, time, first: encodeSealedHeader(first), second: encodeSealedHeader(second) };
      kept.set(key, row);
      writes.push(putRow(key, row));
      return writes;
    },
  };
}

/** @param keys the oldest first; there are some. */
function oldestOfTheBusiest(keys: readonly string[]): string {
  const byMiner = new Map<string, string[]>();
  for (const key of keys) {
    const miner = key.slice(key.lastIndexOf('/') + 1);
    const others = byMiner.get(miner);
    if (others) others.push(key);
    else byMiner.set(miner, [key]);
  }
  const most = Math.max(...[...byMiner.values()].map(({ length }) => length));
  return [...byMiner.values()].find(({ length }) => length === most)![0]!;
}

function opened(key: string, { time, first, second }: EquivocationRow): LoggedEquivocation {
  const [one, other] = [decodeSealedHeader(first), decodeSealedHeader(second)];
  if (!one.ok || !other.ok) throw damaged(key);
  const { height, miner } = one.value.header;
  return { time, height, miner, hashes: [one.value.hash, other.value.hash] };
}
