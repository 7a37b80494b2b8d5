/** Waiting with an end. */

const lookEveryMs = 20;

/** Resolves once `holds`; asked again and again. @throws Error that names what was waited for in vain. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, longestMs: number): Promise<void> {
  const end = performance.now() + longestMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited too long for ${what}`);
    await pause(lookEveryMs);
  }
}

/** The pace of a workload or of an attack; no assertion rests on it. */
export function pause(ms: number): Promise<void> {
  return new Promise((proceed) => {
    setTimeout(proceed, ms);
  });
}

/** What `work` gives, or null where it takes longer. */
export async function within<Value>(work: Promise<Value>, ms: number): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((proceed) => {
    timer = setTimeout(proceed, ms, null);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
