/**
 * Sync: how a node gets the blocks that it lacks. Gossip is only the fast path; this is what correctness rests on.
 *
 * A peer whose head would win is asked for headers after the highest block that both have on their main chains. The
 * headers must link and carry their work before one body is fetched. Bodies come in ranges and go through the chain keeper
 * like any block. A peer that lies is shunned. One that stalls or drips is not waited for: the next ones are asked beside it
 * (network/side-by-side.ts), and it is asked last from then on. What arrived is kept. One run at a time.
 */
import { CarechainError, type Clock, describeError, type Logger, limits } from '../base/index.ts';
import { type Block, type ChainHead, type Genesis, natureOf, type SealedHeader, wins } from '../ledger/index.ts';
import { isWholeAnswer, type Network, type Peer, Punctuality, type Round, SideBySide } from '../network/index.ts';
import type { ChainStore } from '../storage/index.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import { HeaderWalk, Lie } from './header-walk.ts';
import type { SyncReport } from './ledger-node.ts';
import { storedTimes } from './stored-times.ts';
import { SyncRound } from './sync-round.ts';

export interface SyncPorts {
  readonly genesis: Genesis;
  readonly chain: ChainStore;
  readonly keeper: ChainKeeper;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A run has ended. */
  onEnd(): void;
}

export class Sync {
  readonly #ports: SyncPorts;
  readonly #punctuality: Punctuality;
  #running: Promise<SyncReport> | null = null;
  #asking: SideBySide | null = null;
  /** Rounds with peers, those included that a run has not waited for. */
  readonly #rounds = new Map<string, Promise<void>>();
  #again = false;
  #stopped = false;

  constructor(ports: SyncPorts) {
    this.#ports = ports;
    this.#punctuality = new Punctuality(ports.clock);
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** Something may be missing: runs now, or once more after the run that is under way. */
  nudge(): void {
    if (this.#stopped) return;
    if (!this.#running) void this.run();
    else {
      this.#again = true;
      this.#asking?.wake();
    }
  }

  /** Resolves when no peer has anything better, or nobody has brought anything for a while. Never rejects. */
  run(): Promise<SyncReport> {
    // Not in this turn, so that whatever a run sets off finds it running.
    this.#running ??= Promise.resolve()
      .then(() => this.#runAll())
      .finally(() => {
        this.#running = null;
        this.#ports.onEnd();
        if (this.#again) {
          this.#again = false;
          this.nudge();
        }
      });
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await Promise.all(this.#rounds.values());
  }

  async #runAll(): Promise<SyncReport> {
    const { chain, network, clock, logger } = this.#ports;
    const before = chain.tip().height;
    const asked = new Set<string>();
    const passedOver = new Map<string, number>();
    let hasFailed = false;
    let blocksFetched = 0;
    const beganAt = clock.now();
    const rounds = new Set<SyncRound>();
    const fetch = async (peerId: string, waited: Round) => {
      const round = new SyncRound(clock, waited, this.#punctuality.isUseful(peerId));
      rounds.add(round);
      try {
        await this.#fetchFrom(peerId, round);
        if (round.blocks === 0) passedOver.set(peerId, clock.now());
      } catch (error) {
        const { code } = describeError(error);
        logger.warn('sync with a peer failed', { code });
        // With this folder, no other peer would do better.
        if (code.startsWith('folder-')) hasFailed = true;
        passedOver.set(peerId, clock.now());
        if (error instanceof Lie) network.shun(peerId, error.code);
      } finally {
        blocksFetched += round.blocks;
      }
    };
    const ask = async (peerId: string, waited: Round) => {
      asked.add(peerId);
      const round = fetch(peerId, waited);
      this.#rounds.set(peerId, round);
      await round;
      this.#rounds.delete(peerId);
    };
    const isLongAgo = (time: number) => clock.now() - time > longestWaitMs;
    const isTimeUp = () => isLongAgo(Math.max(beganAt, ...[...rounds].map(({ usefulAt }) => usefulAt)));
    const candidates = () => {
      if (this.#stopped || hasFailed || isTimeUp()) return [];
      // What a peer was passed over for is forgotten after a while, so that a long run is as good as many short ones.
      const mayBeAsked = (peerId: string) => !this.#rounds.has(peerId) && isLongAgo(passedOver.get(peerId) ?? 0);
      return this.#better().filter(mayBeAsked);
    };
    const isOver = (isStuck: boolean) => isStuck && isTimeUp();
    this.#asking = new SideBySide({ clock, punctuality: this.#punctuality, candidates, ask, isOver });
    await this.#asking.run();
    this.#asking = null;
    return { before, after: chain.tip().height, blocksFetched, peersAsked: asked.size };
  }

  /** The linked peers whose claim would win against our head, the best claim first. */
  #better(): string[] {
    const tip = this.#ports.chain.tip();
    const claims = new Map<string, ChainHead>();
    for (const { peerId, status } of this.#ports.network.peers())
      if (status && wins(status.tip, tip)) claims.set(peerId, status.tip);
    const byClaim = ([, left]: [string, ChainHead], [, right]: [string, ChainHead]) =>
      Number(wins(right, left)) - Number(wins(left, right));
    return [...claims].sort(byClaim).map(([peerId]) => peerId);
  }

  /** One round: headers, then their bodies. */
  async #fetchFrom(peerId: string, round: SyncRound): Promise<void> {
    const peer = this.#ports.network.peers().find((each) => each.peerId === peerId);
    if (!peer?.status) return;
    const missing = await this.#fetchHeaders(peer, round);
    await this.#fetchBodies(peerId, missing, round);
  }

  /**
   * Checks headers from where the two chains part on, until they lead higher than our head: a deep fork needs many pages.
   * @returns hashes of those whose bodies are not here, lowest first.
   */
  async #fetchHeaders(peer: Peer, round: SyncRound): Promise<string[]> {
    const { chain, network, clock } = this.#ports;
    const { peerId } = peer;
    let claim = peer.status!.tip;
    let isDoubted = false;
    let missing: string[] = [];
    let walk: HeaderWalk | null = null;
    let walks = 0;
    let idlePages = 0;
    for (;;) {
      const page = await network.fetchHeaders(peerId, this.#locator(walk?.last));
      const [first] = page;
      if (first && first.header.parent !== walk?.last.hash) {
        // It may have left the branch that it told so far.
        if (++walks > mostWalks)
          throw new CarechainError('request-failed', 'The peer changes its branch all the time.');
        walk = this.#startWalk(first);
        missing = [];
      }
      for (const sealed of page) {
        // What comes before one that is not valid yet is of use all the same.
        if (!walk!.step(sealed, clock.now())) return missing;
        if (!chain.header(sealed.hash)) missing.push(sealed.hash);
      }
      if (first && chain.isOnMainChain(walk!.last.hash)) idlePages++;
      // The first page of a branch must not buy time: whoever relays headers has those.
      else if (missing.length > limits.headersPerRequest) round.brought();
      if (idlePages > mostIdlePages) throw new CarechainError('request-failed', 'The peer tells what is here already.');
      const isAll = page.length < limits.headersPerRequest;
      if (isAll && isMoreThanShown(claim, walk, chain.tip())) {
        if (isDoubted) throw new Lie(walk ? 'claims-more-than-it-has' : 'empty-claim');
        // The claim may be older than a folder that was healed, or a queue of messages long: it is asked for once more. Work
        // never shrinks while a node runs, so what it claims now must be in its headers now.
        isDoubted = true;
        claim = (await network.exchangeStatus(peerId)).tip;
        if (isMoreThanShown(claim, walk, chain.tip())) continue;
        if (!walk || !wins(walk.last, chain.tip())) return [];
      }
      if (!walk) return [];
      const { hash, header } = walk.last;
      if (isAll || header.height > chain.tip().height || missing.length >= limits.sideBranchBlocks || this.#stopped) {
        // All of the branch may be here, from a switch that was not finished: its last block is offered once more.
        if (missing.length === 0 && !chain.isOnMainChain(hash)) missing.push(hash);
        return missing;
      }
    }
  }

  /** From the first header of a page: it follows one of our locator, or the network would have refused the page. */
  #startWalk({ header }: SealedHeader): HeaderWalk {
    const { chain, genesis } = this.#ports;
    const shared = chain.header(header.parent);
    if (!shared) throw new CarechainError('unknown-parent', 'The block that both chains share is no longer here.');
    return new HeaderWalk(genesis, shared, storedTimes(chain, shared.header));
  }

  /** While the blocks of one answer are checked and written, the next is on its way. */
  async #fetchBodies(peerId: string, hashes: readonly string[], round: SyncRound): Promise<void> {
    const { chain, network } = this.#ports;
    if (this.#stopped || hashes.length === 0) return;
    let next = 0;
    const fetch = () => {
      // Others may have brought them meanwhile; but a single one may be here already, and be asked for to be offered again.
      while (hashes.length > 1 && next < hashes.length && chain.header(hashes[next]!)) next++;
      if (next === hashes.length) return null;
      const range = hashes.slice(next, next + round.nextRange);
      const answer = round.time(() => network.fetchBlocks(peerId, range));
      // Where the blocks before it are refused, nobody waits for it.
      answer.catch(() => undefined);
      return { answer, asked: range.length };
    };
    let request = fetch();
    while (request && !this.#stopped) {
      const { asked } = request;
      const blocks = await request.answer;
      if (blocks.length === 0) throw new CarechainError('request-failed', 'The peer no longer has these blocks.');
      next += blocks.length;
      request = fetch();
      const usefulBefore = round.blocks;
      if (!(await round.working(() => this.#offerAll(blocks, peerId, round)))) return;
      if (
        round.blocks > usefulBefore &&
        isWholeAnswer(
          blocks.map(({ bytes }) => bytes),
          asked,
        )
      )
        round.brought();
    }
  }

  /** @returns whether what follows them is worth fetching now. @throws Lie, CarechainError where one is refused. */
  async #offerAll(blocks: readonly Block[], peerId: string, round: SyncRound): Promise<boolean> {
    const offers = this.#ports.keeper.offerRange(blocks, peerId);
    for await (const { verdict, ...offer } of offers) {
      const refused = 'rejection' in offer ? offer.rejection : null;
      if (refused && verdict === 'rejected') throw new Lie(refused.code);
      // What was here already counts as nothing: a peer that sends only that must not keep the others waiting.
      if (verdict === 'accepted' || refused) round.countBlock();
      // A body that another peer had delivered was bent, and is forgotten now: this one is asked for it in a new round.
      if (refused && natureOf(refused.code) === 'invalid') return false;
      if (refused) throw new CarechainError(refused.code, 'A block of the range was refused.');
    }
    return true;
  }

  /**
   * Where a walk has come to, tip, −1, −2, −4 … and the genesis: enough to find where two chains part, with few hashes. Where
   * a walk has seen only what is on our main chain, the chains part above it, and hashes at even distances find that place.
   */
  #locator(walked?: { readonly hash: string; readonly header: { readonly height: number } }): string[] {
    const { chain } = this.#ports;
    const { height } = chain.tip();
    const hashes: string[] = [];
    if (walked && chain.isOnMainChain(walked.hash)) {
      const places = limits.locatorHashes - 2;
      const above = height - walked.header.height;
      for (let place = places; place > 0; place--) {
        const hash = chain.hashAt(walked.header.height + Math.ceil((above * place) / places))!;
        if (hash !== hashes.at(-1)) hashes.push(hash);
      }
      if (hashes.at(-1) !== walked.hash) hashes.push(walked.hash);
    } else {
      if (walked) hashes.push(walked.hash);
      for (let step = 0; step <= height && hashes.length < limits.locatorHashes - 1; step = step === 0 ? 1 : step * 2) {
        hashes.push(chain.hashAt(height - step)!);
      }
    }
    const genesis = chain.hashAt(0)!;
    if (hashes.at(-1) !== genesis) hashes.push(genesis);
    return hashes;
  }
}

/** After so long without anything of use a run asks nobody else, and ends when it has been patient with all that it asked. */
const longestWaitMs = 2 * limits.requestMs;

/** How often a peer may leave its branch for another while it is asked for headers. */
const mostWalks = 4;

/** Pages that lie on our main chain from end to end. Three narrow down any place, with as many hashes as a locator has. */
const mostIdlePages = 3;

/** Whether a peer that has told all its headers claims more. Without a walk, all it has is on our main chain. */
function isMoreThanShown(claim: ChainHead, walk: HeaderWalk | null, ours: ChainHead): boolean {
  return walk ? claim.work > walk.last.work : wins(claim, ours);
}
