/**
 * The rewards that are owed, as people are shown them. Where SYSTEM can pay nothing the queue only grows, and each reward
 * has an id that takes a hash: the list is made when somebody asks, and once for each head.
 */
import { limits } from '../base/index.ts';
import { dueRewards, type Genesis, type Reward, readDueQueue } from '../ledger/index.ts';
import type { ChainStore } from '../storage/index.ts';

export class DueList {
  readonly #chain: Pick<ChainStore, 'state' | 'tip'>;
  readonly #genesis: Genesis;
  /** The head and the queue that the list was made of. */
  #madeOf = '';
  #rewards: ReadonlyMap<string, Reward> = new Map();

  constructor(chain: Pick<ChainStore, 'state' | 'tip'>, genesis: Genesis) {
    this.#chain = chain;
    this.#genesis = genesis;
  }

  /** In the order in which they will be paid; no more than one block pays at the most. */
  all(): readonly Reward[] {
    return [...this.#now().values()];
  }

  get(id: string): Reward | undefined {
    return this.#now().get(id);
  }

  #now(): ReadonlyMap<string, Reward> {
    const { state } = this.#chain;
    // The queue as well: what a folder had lost of it may be mended while the head stays.
    const { head, tail } = readDueQueue(state);
    const madeOf = `${this.#chain.tip().hash} ${head} ${tail}`;
    if (madeOf !== this.#madeOf) {
      const due = dueRewards(state, this.#genesis, limits.rewardsPerBlock);
      this.#rewards = new Map(due.map((reward) => [reward.id, reward]));
      this.#madeOf = madeOf;
    }
    return this.#rewards;
  }
}
