/** Waiting with an end. */
import { setTimeout as pause } from 'node:timers/promises';

export { pause };

const lookEveryMs = 20;

/** Asks again and again. @returns whether it came true in time. */
export async function comesTrue(holds: () => boolean | Promise<boolean>, longestMs: number): Promise<boolean> {
  const end = performance.now() + longestMs;
  while (!(await holds())) {
    if (performance.now() > end) return false;
    await pause(lookEveryMs);
  }
  return true;
}

/** Resolves once `holds`. @throws Error that names what was waited for in vain. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, longestMs: number): Promise<void> {
  if (!(await comesTrue(holds, longestMs))) throw new Error(`waited too long for ${what}`);
}

/** What `work` gives, or null where it takes longer. */
export async function within<Value>(work: Promise<Value>, ms: number): Promise<Value | null> {
  const over = new AbortController();
  try {
    return await Promise.race([work, pause(ms, null, { signal: over.signal }).catch(() => null)]);
  } finally {
    over.abort();
  }
}

/** Counts the turns of the event loop from now on. @returns ends it, and says how many there were. */
export function countTurns(): () => number {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  return () => {
    isOver = true;
    return turns;
  };
}
