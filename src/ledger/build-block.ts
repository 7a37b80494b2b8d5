/** What a miner does before it searches a nonce: choose transactions that fit, in an order that holds. */
import { assert } from '../base/index.ts';
import { bodyWeight, type Header, transactionsRoot } from './block.ts';
import { BlockDraft } from './block-draft.ts';
import type { BlockContext } from './check-block.ts';
import { nextTime } from './check-header.ts';
import { nextDigest } from './digest.ts';
import { payableRewards, type Reward } from './rewards.ts';
import { completed, type Steps } from './steps.ts';
import type { Transaction } from './transaction.ts';

export interface BlockPlan {
  /** Complete but for its nonce, which is zero. */
  readonly header: Header;
  readonly transactions: readonly Transaction[];
  readonly rewards: readonly Reward[];
}

export interface Candidate {
  readonly transaction: Transaction;
  /** Of two, the one with the lower number came first. */
  readonly age: number;
}

/** What there is to choose from: as much of each author's is looked at as goes into a block. */
export interface Candidates {
  /** @returns `bytes` of all candidates of an author: at least. */
  byAuthor(): Iterable<{ readonly bytes: number; readonly oldestFirst: Iterable<Candidate> }>;
}

/** As {@link buildBlockInSteps}, at once, and from candidates in the order given. */
export function buildBlock(candidates: readonly Transaction[], miner: string, context: BlockContext): BlockPlan | null {
  return completed(buildBlockInSteps(candidatesOf(candidates), miner, context));
}

/**
 * Plans the block after `context.parent`, from `candidates` in the order in which they came; those that do not hold after
 * the ones before them are left out. Where not all fit, each author has the same share of the block, and what one does not
 * need is for the others: who writes much waits longer, and nobody else does. Null where there would be neither a
 * transaction nor a reward.
 *
 * A candidate is a step. Between two steps the state of the parent must not change; candidates may come and go.
 */
export function* buildBlockInSteps(
  candidates: Candidates,
  miner: string,
  context: BlockContext,
): Steps<BlockPlan | null> {
  const { genesis, parent, state } = context;
  const rewards = payableRewards(state, genesis);
  const height = parent.header.height + 1;
  const draft = new BlockDraft(rewards, height, context);
  const transactions = yield* choose(candidates, draft, genesis.limits.blockBytes);
  if (transactions.length + rewards.length === 0) return null;

  const header: Header = {
    rules: genesis.rules,
    network: genesis.hash,
    height,
    parent: parent.hash,
    time: nextTime(context.medianTimes, context.now),
    miner,
    transactionsRoot: transactionsRoot(rewards, transactions, genesis.hash),
    stateDigest: nextDigest(parent.header.stateDigest, draft.effect().changes),
    difficulty: genesis.difficulty,
    nonce: '00'.repeat(8),
  };
  return { header, transactions, rewards };
}

/** An author's candidates, as far as they were not looked at. */
class Queue {
  readonly #candidates: Iterator<Candidate>;
  #next: Candidate | undefined;
  /** Of those that are left. */
  bytes: number;

  constructor({ bytes, oldestFirst }: { bytes: number; oldestFirst: Iterable<Candidate> }) {
    this.#candidates = oldestFirst[Symbol.iterator]();
    this.bytes = bytes;
    this.#advance();
  }

  get next(): Candidate | undefined {
    return this.#next;
  }

  take(): Candidate {
    const taken = this.#next!;
    this.bytes -= sizeOf(taken);
    this.#advance();
    return taken;
  }

  #advance(): void {
    const { done, value } = this.#candidates.next();
    this.#next = done ? undefined : value;
  }
}

/** Adds to a draft what it can take, of no more than `blockBytes` together. @returns what that is. */
function* choose(candidates: Candidates, draft: BlockDraft, blockBytes: number): Steps<Transaction[]> {
  const chosen = new Map<string, Transaction>();
  let room = blockBytes;
  const take = ({ transaction }: Candidate) => {
    if (chosen.has(transaction.id) || draft.add(transaction)) return;
    chosen.set(transaction.id, transaction);
    room -= transaction.bytes.length;
  };

  const queues = [...candidates.byAuthor()].map((ofAuthor) => new Queue(ofAuthor));
  // What does not hold leaves room, which is shared again.
  for (let round = nextRound(queues, room); round.length > 0; round = nextRound(queues, room)) {
    for (const candidate of round) {
      yield;
      take(candidate);
    }
  }
  // What is left of the shares, less than a transaction each.
  const left = queues.map(({ next }) => next).filter((next) => next !== undefined);
  for (const candidate of left.sort(byAge)) {
    if (sizeOf(candidate) > room) break;
    take(candidate);
  }
  const transactions = [...chosen.values()];
  assert(bodyWeight(transactions) === blockBytes - room, 'the weight is that of the chosen');
  return transactions;
}

/** As many of each author as fit into its share, up to the first that does not: what follows may rest on it. */
function nextRound(queues: readonly Queue[], room: number): Candidate[] {
  const taken: Candidate[] = [];
  for (const [queue, share] of sharesOf(queues, room)) {
    for (let left = share; queue.next && sizeOf(queue.next) <= left; ) {
      left -= sizeOf(queue.next);
      taken.push(queue.take());
    }
  }
  return taken.sort(byAge);
}

/** Bytes of each, max-min fair (D. Bertsekas and R. Gallager, Data Networks, 6.5.2): together no more than `room`. */
function sharesOf(queues: readonly Queue[], room: number): Map<Queue, number> {
  const wanting = queues.filter(({ next }) => next !== undefined);
  const shares = new Map<Queue, number>();
  let left = room;
  for (const queue of wanting.sort((one, other) => one.bytes - other.bytes)) {
    const share = Math.min(queue.bytes, Math.floor(left / (wanting.length - shares.size)));
    shares.set(queue, share);
    left -= share;
  }
  return shares;
}

function candidatesOf(transactions: readonly Transaction[]): Candidates {
  const authors = new Map<string, { bytes: number; oldestFirst: Candidate[] }>();
  for (const [age, transaction] of transactions.entries()) {
    const { author } = transaction.body;
    const ofAuthor = authors.get(author) ?? { bytes: 0, oldestFirst: [] };
    authors.set(author, ofAuthor);
    ofAuthor.bytes += transaction.bytes.length;
    ofAuthor.oldestFirst.push({ transaction, age });
  }
  return { byAuthor: () => authors.values() };
}

function sizeOf({ transaction }: Candidate): number {
  return transaction.bytes.length;
}

function byAge(one: Candidate, other: Candidate): number {
  return one.age - other.age;
}
