/** How a running node is told to stop: by a signal, or because nobody reads its answers any more. */
import type { Surroundings } from './surroundings.ts';

export interface Stopping {
  /** Resolves at the first signal, or when stdout is gone. */
  readonly stopped: Promise<void>;
  stop(): void;
  /** Signals have their usual effect again. */
  release(): void;
}

export function watchForStop({ output, errors, onSignal, exit }: Surroundings): Stopping {
  let stop = () => {};
  let told = false;
  const stopped = new Promise<void>((resolve) => {
    stop = () => {
      told = true;
      resolve();
    };
  });
  const release = onSignal(() => {
    // Whoever signals twice has no patience for a clean end; what is stored is safe at every moment.
    if (told) exit(0);
    stop();
  });
  // EPIPE: the reader went. That is an end, and no error.
  output.on('error', () => stop());
  errors.on('error', () => {});
  return { stopped, stop, release };
}
