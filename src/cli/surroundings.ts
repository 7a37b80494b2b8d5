/** What the edge touches of the world, as an argument: streams, environment, clock, signals. */
import type { Readable, Writable } from 'node:stream';
import type { Clock, Random } from '../base/index.ts';

export type Input = Readable & { readonly isTTY?: boolean };
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Surroundings {
  readonly input: Input;
  readonly output: Output;
  readonly errors: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  /** Calls at each SIGINT and SIGTERM. @returns what stops that. */
  onSignal(run: () => void): () => void;
  /** Calls with whatever nobody caught. */
  onUncaught(run: (error: unknown) => void): void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** Only a terminal that can do it, and that was not asked to stay plain. NO_COLOR counts where it is not empty. */
export function hasColours({ isTTY }: Output, environment: Surroundings['environment']): boolean {
  return isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
}
