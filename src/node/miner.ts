/**
 * The miner: plans a block from what is pending and due, searches its nonce off the main thread, and offers it to the
 * chain keeper like any other. When the head moves meanwhile it starts again on the new one.
 */
import { type Clock, type Logger, limits, toHex } from '../base/index.ts';
import type { KeyPair } from '../crypto/index.ts';
import {
  type Block,
  type BlockPlan,
  buildBlockInSteps,
  type Candidates,
  dueRewards,
  type Genesis,
  type Header,
  nonceFrame,
  type Reward,
  sealBlock,
} from '../ledger/index.ts';
import type { ChainStore } from '../storage/index.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { MineOutcome } from './ledger-node.ts';
import { inSlices } from './pause.ts';
import { SerialQueue } from './serial-queue.ts';
import type { Signatures } from './signatures.ts';
import { storedTimes } from './stored-times.ts';
import type { Workers } from './workers.ts';

const timeoutMs = 60_000;

const timedOut = { ok: false, code: 'mining-timed-out' } as const;
const headMoved = { ok: false, code: 'head-moved' } as const;

/** What comes of mining on one head. */
export type MineAttempt = MineOutcome | typeof headMoved;

type Refusal = Extract<MineOutcome, { ok: false }>;

export interface MinerPorts {
  readonly genesis: Genesis;
  readonly chain: ChainStore;
  readonly keeper: ChainKeeper;
  readonly signatures: Signatures;
  readonly workers: Workers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nodeKey: KeyPair;
  candidates(): Candidates;
  /** In the order in which they will be paid. */
  rewardsDue(): readonly Reward[];
  /** Whether this node's clock is not that of its peers. */
  clockIsWrong(): boolean;
  /** Calls whenever the head moves, until the function returned is called. */
  onHeadMove(run: () => void): () => void;
  /** Resolves once the blocks that peers have pushed by now are judged. */
  blocksJudged(): Promise<void>;
  /** It is on the main chain. */
  onMined(block: Block): void;
}

export class Miner {
  readonly #ports: MinerPorts;
  /** Ends what is mined now. */
  #over = new AbortController();
  #isStopped = false;
  readonly #queue = new SerialQueue();

  constructor(ports: MinerPorts) {
    this.#ports = ports;
  }

  /** Resolves once nothing is mined any more. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#over.abort();
    return this.#queue.idle();
  }

  /** On one head after the other, until a block of this node is on the main chain. */
  mine(): Promise<MineOutcome> {
    const { keeper } = this.#ports;
    return this.#mineWithin<MineOutcome>(async (signal) => {
      while (!signal.aborted) {
        const attempt = await this.#attempt(signal, () => keeper.idle());
        if (attempt.ok || attempt.code !== 'head-moved') return attempt;
      }
      return timedOut;
    });
  }

  /** On the head of now: where another's block comes first, if only to be read yet, nothing is mined. */
  mineOnce(): Promise<MineAttempt> {
    const { chain, keeper, blocksJudged } = this.#ports;
    const othersFirst = async () => {
      await blocksJudged();
      await keeper.idle();
    };
    return this.#mineWithin(async (signal) => {
      const { hash } = chain.tip();
      await othersFirst();
      return chain.tip().hash === hash ? this.#attempt(signal, othersFirst) : headMoved;
    });
  }

  /** One at a time: two blocks of one miner at one height would only compete with each other. */
  #mineWithin<Outcome>(mine: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome | Refusal> {
    return this.#queue.run(() => this.#mineNow(mine));
  }

  async #mineNow<Outcome>(mine: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome | Refusal> {
    const { genesis, nodeKey, clock, clockIsWrong } = this.#ports;
    if (genesis.miners !== 'open' && !genesis.miners.includes(toHex(nodeKey.publicKey)))
      return { ok: false, code: 'miner-not-allowed' };
    if (clockIsWrong()) return { ok: false, code: 'clock-skewed' };
    // One for each block: a signal remembers those that are made of it, and one of the whole node would do so for ever.
    const over = new AbortController();
    const { signal } = over;
    this.#over = over;
    if (this.#isStopped) over.abort();
    const timer = clock.after(timeoutMs, () => over.abort());
    try {
      return await mine(signal);
    } finally {
      timer.cancel();
    }
  }

  /** @param othersFirst waits for what others sealed: a block beside it would only compete with it. */
  async #attempt(signal: AbortSignal, othersFirst: () => Promise<void>): Promise<MineAttempt> {
    const { genesis, chain, keeper, nodeKey, workers, onHeadMove, rewardsDue } = this.#ports;
    if (signal.aborted) return timedOut;
    // While nothing is written to the chain: the plan rests on one head.
    const plan = await keeper.exclusively(() => this.#plan());
    if (!plan) return { ok: false, code: 'nothing-to-mine' };
    if (plan.header.time > this.#ports.clock.now() + limits.futureBlockMs) return { ok: false, code: 'clock-skewed' };

    const moved = new AbortController();
    const unwatch = onHeadMove(() => moved.abort());
    const nonce = await workers
      .searchNonce(nonceFrame(plan.header), AbortSignal.any([signal, moved.signal]))
      .finally(unwatch);
    if (!nonce) return moved.signal.aborted ? headMoved : timedOut;

    await othersFirst();
    if (signal.aborted) return timedOut;
    if (chain.tip().hash !== plan.header.parent) return headMoved;
    const header: Header = { ...plan.header, nonce: toHex(nonce) };
    const block: Block = sealBlock(header, plan.transactions, nodeKey.secretKey);
    const offer = await keeper.offer(block);
    if (offer.verdict !== 'accepted' || !offer.onMainChain) {
      this.#ports.logger.info('a block mined here did not win', { height: header.height, verdict: offer.verdict });
      return headMoved;
    }
    this.#ports.onMined(block);
    return {
      ok: true,
      block,
      rewards: plan.rewards,
      rewardsDue: rewardsDue().slice(0, genesis.limits.rewardsPerBlock),
    };
  }

  #plan(): Promise<BlockPlan | null> {
    const { genesis, chain, signatures, clock, nodeKey, candidates } = this.#ports;
    const tip = chain.tip();
    const steps = buildBlockInSteps(candidates(), toHex(nodeKey.publicKey), {
      genesis,
      parent: { hash: tip.hash, header: tip.header },
      medianTimes: storedTimes(chain, tip.header),
      now: clock.now(),
      state: chain.state,
      verify: signatures.verify,
    });
    return inSlices(steps, clock);
  }
}

/** Whether the head's state owes rewards that the next block would pay, or anything is pending. */
export function hasSomethingToMine(chain: ChainStore, genesis: Genesis, pendingCount: number): boolean {
  return pendingCount > 0 || dueRewards(chain.state, genesis, 1).length > 0;
}
