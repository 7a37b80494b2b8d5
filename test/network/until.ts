import { vi } from 'vitest';

/** Waits for a condition. @throws Error where it does not hold in time. */
export async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  await vi.waitFor(
    () => {
      if (!condition()) throw new Error(`not so within ${timeoutMs} ms: ${condition}`);
    },
    { timeout: timeoutMs, interval: 2 },
  );
}
