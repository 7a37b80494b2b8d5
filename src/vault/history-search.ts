/**
 * The search of the chain behind the follower for members who have logged in here for the first time: once for each, newest
 * block first, in the background. How far it has come is kept, so that a restart goes on where it was.
 */
import type { Block } from '../ledger/index.ts';
import type { Write } from '../storage/index.ts';
import type { Shelf } from './shelf.ts';

/** Blocks between two notes of how far it has come. */
const blocksPerNote = 100;

export interface HistorySearchPorts {
  readonly shelf: Shelf;
  readonly blockAt: (height: number) => Block | undefined;
  /** Looks at a block. @returns what is to be kept of it. */
  readonly lookAt: (block: Block) => Write[];
  readonly keep: (writes: readonly Write[]) => Promise<void>;
  /** Runs a step when its turn comes. */
  readonly inBackground: (step: () => Promise<void>) => void;
}

export class HistorySearch {
  readonly #ports: HistorySearchPorts;
  /** Per member, the height that is searched next. */
  readonly #heights = new Map<string, number>();
  #running = false;

  constructor(ports: HistorySearchPorts) {
    this.#ports = ports;
  }

  /** Searches for a member from this height down. */
  add(member: string, height: number): void {
    if (height > 0) this.#heights.set(member, height);
  }

  /** Goes on block by block, each in its turn between what is new, until nothing is left to search. */
  run(): void {
    if (this.#running || this.#heights.size === 0) return;
    this.#running = true;
    this.#ports.inBackground(async () => {
      try {
        await this.#searchBlock(Math.max(...this.#heights.values()));
      } finally {
        this.#running = false;
      }
      this.run();
    });
  }

  /** One look serves every member whose search has come to this height. */
  async #searchBlock(height: number): Promise<void> {
    const { shelf, blockAt, lookAt, keep } = this.#ports;
    const block = blockAt(height);
    const writes = block ? lookAt(block) : [];
    const members = [...this.#heights].filter(([, next]) => next === height).map(([member]) => member);
    const next = height - 1;
    if (next % blocksPerNote === 0) writes.push(...members.map((member) => shelf.putFollowed(member, next)));
    if (writes.length > 0) await keep(writes);
    for (const member of members) {
      if (next === 0) this.#heights.delete(member);
      else this.#heights.set(member, next);
    }
  }
}
