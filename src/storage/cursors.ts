/**
 * Cursors: up to where each follower of the chain (vault, registry, access log) has handled it. Events are only a nudge;
 * from here a follower catches up at start and after a reorg.
 */
import type { Write } from './database.ts';
import { storeKeys } from './keys.ts';
import { putRow, readRow } from './rows.ts';
import type { Store } from './store.ts';

export interface Cursor {
  readonly height: number;
  readonly hash: string;
}

export interface Cursors {
  /** Undefined where the follower has handled nothing. @throws CarechainError `folder-damaged` */
  cursor(follower: string): Cursor | undefined;
  /** Belongs into the batch that holds what the follower made of the blocks. */
  moveCursor(follower: string, to: Cursor): Write;
}

export function openCursors(store: Store): Cursors {
  return {
    cursor: (follower) => readRow<Cursor>(store, storeKeys.cursor(follower)),
    moveCursor: (follower, { height, hash }) => putRow(storeKeys.cursor(follower), { height, hash }),
  };
}
