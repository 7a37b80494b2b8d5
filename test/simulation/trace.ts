/**
 * What happened, for a person to read, and its hash: two runs of a seed are the same run if their hashes are. The story
 * (faults, what users did, what nodes settled on) is kept; every message and timer is kept only where the whole is wanted.
 */
import { createHash } from 'node:crypto';

export class Trace {
  readonly #hash = createHash('sha256');
  readonly #keepsAll: boolean;
  readonly lines: string[] = [];

  constructor(keepsAll: boolean) {
    this.#keepsAll = keepsAll;
  }

  /** A message, a timer, a write. */
  event(atMs: number, what: string): void {
    const line = lineOf(atMs, what);
    this.#hash.update(line);
    if (this.#keepsAll) this.lines.push(`  ${line}`);
  }

  /** Something worth telling. */
  tell(atMs: number, what: string): void {
    const line = lineOf(atMs, what);
    this.#hash.update(line);
    this.lines.push(`* ${line}`);
  }

  /** In hex; nothing can be added afterwards. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}

function lineOf(atMs: number, what: string): string {
  return `${(atMs / 1_000).toFixed(3).padStart(10)}  ${what}`;
}
