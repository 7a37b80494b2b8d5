/** Reads stored values one after the other, whatever state they are in. */
import { describeError, limits } from '../base/index.ts';
import { lastKey, type Store, storeKeys } from '../storage/index.ts';
import type { Pause } from './pause.ts';

/** Rows that are read between two pauses, however small they are. */
const rowsAtOnce = 500;

/**
 * Every row of a range in the order of the keys; null for a damaged value. The range is read piece by piece, so that no
 * iterator stays open over a pause.
 * @throws CarechainError `folder-damaged` where LevelDB cannot read on.
 */
export async function eachValue(
  store: Store,
  prefix: string,
  see: (key: string, value: Uint8Array | null) => void,
  pause: Pause,
): Promise<void> {
  for (let from: string | null = prefix; from !== null; ) {
    const piece: { gte: string; lt: string } = { gte: from, lt: prefix + lastKey };
    let bytes = 0;
    let rows = 0;
    from = null;
    for await (const [key, value] of store.walk(piece)) {
      see(key, value);
      bytes += key.length + (value?.length ?? 0);
      if (++rows < rowsAtOnce && bytes < limits.scrubPieceBytes) continue;
      from = afterKey(key);
      break;
    }
    await pause();
  }
}

/** The value of a key; null for a damaged one, undefined where there is none. */
export function readAnyway(store: Store, key: string): Uint8Array | null | undefined {
  try {
    return store.get(key);
  } catch (error) {
    if (describeError(error).code === 'folder-damaged') return null;
    throw error;
  }
}

/** The first key that can come after another. */
export function afterKey(key: string): string {
  return `${key}\0`;
}

/** What stands in a key after its family, such as a hash. */
export function nameIn(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}

export function isStateKey(key: string): boolean {
  return key.startsWith(storeKeys.state(''));
}
