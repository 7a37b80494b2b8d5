import type { Clock } from '../base/index.ts';

export interface Deadline {
  readonly signal: AbortSignal;
  /** Must be called when the work is done: a timer left behind keeps a process alive. */
  cancel(): void;
}

/** A signal that aborts after `delayMs` by the given clock, or as soon as `parent` does. */
export function createDeadline(clock: Clock, delayMs: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const abort = () => controller.abort(new Error('It took too long, or was given up.'));
  const timer = clock.after(delayMs, abort);
  parent?.addEventListener('abort', abort);
  if (parent?.aborted === true) abort();
  return {
    signal: controller.signal,
    cancel() {
      timer.cancel();
      parent?.removeEventListener('abort', abort);
    },
  };
}

/** The outcome of `work`, or a failure as soon as `signal` aborts: the work itself may go on, and nobody waits for it. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(new Error('It was given up.'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
