/**
 * Sync: how a node gets the blocks that it lacks. Gossip is only the fast path; this is what correctness rests on.
 *
 * A peer whose head would win is asked for headers after the highest block that both have on their main chains. The
 * headers must link and carry their work before one body is fetched. Bodies come in ranges and go through the chain keeper
 * like any block. A peer that lies is shunned, one that stalls is passed over, and the next one takes over; what arrived
 * so far is kept. One serial run at a time.
 */
import { CarechainError, type Clock, describeError, type Logger, limits } from '../base/index.ts';
import { type Block, type ChainHead, type Genesis, natureOf, type SealedHeader, wins } from '../ledger/index.ts';
import type { Network, Peer } from '../network/index.ts';
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
  #running: Promise<SyncReport> | null = null;
  #again = false;
  #stopped = false;

  constructor(ports: SyncPorts) {
    this.#ports = ports;
  }

  /** Something may be missing: runs now, or once more after the run that is under way. */
  nudge(): void {
    if (this.#stopped) return;
    if (this.#running) this.#again = true;
    else void this.run();
  }

  /** Resolves when no peer has anything better. Never rejects. */
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
  }

  async #runAll(): Promise<SyncReport> {
    const { chain, network, clock, logger } = this.#ports;
    const before = chain.tip().height;
    const asked = new Set<string>();
    const passedOver = new Set<string>();
    let blocksFetched = 0;
    for (let peer = this.#best(passedOver); peer && !this.#stopped; peer = this.#best(passedOver)) {
      const { peerId } = peer;
      asked.add(peerId);
      // Whether another could be asked instead, so that a slow one is not waited for.
      const round = new SyncRound(clock, () => this.#best(new Set([...passedOver, peerId])) !== null);
      try {
        await this.#fetchFrom(peer, round);
        if (round.blocks === 0) passedOver.add(peerId);
      } catch (error) {
        const { code } = describeError(error);
        logger.warn('sync with a peer failed', { code });
        // With this folder, no other peer would do better.
        if (code.startsWith('folder-')) break;
        passedOver.add(peerId);
        if (error instanceof Lie) network.shun(peerId, error.code);
      } finally {
        blocksFetched += round.blocks;
      }
    }
    return { before, after: chain.tip().height, blocksFetched, peersAsked: asked.size };
  }

  /** The linked peer with the best claim that would win against our head. */
  #best(passedOver: ReadonlySet<string>): Peer | null {
    const tip = this.#ports.chain.tip();
    let best: Peer | null = null;
    for (const peer of this.#ports.network.peers()) {
      if (!peer.status || passedOver.has(peer.peerId) || !wins(peer.status.tip, best?.status?.tip ?? tip)) continue;
      best = peer;
    }
    return best;
  }

  /** One round: headers, then their bodies. */
  async #fetchFrom(peer: Peer, round: SyncRound): Promise<void> {
    const missing = await this.#fetchHeaders(peer, round);
    await this.#fetchBodies(peer.peerId, missing, round);
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
    for (;;) {
      const locator = this.#locator(walk?.last.hash);
      const page = await round.time(() => network.fetchHeaders(peerId, locator));
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
    if (this.#stopped) return;
    const fetch = (from: number) => {
      const range = hashes.slice(from, from + limits.blocksPerRequest);
      const answer = round.time(() => this.#ports.network.fetchBlocks(peerId, range));
      // Where the blocks before it are refused, nobody waits for it.
      answer.catch(() => undefined);
      return answer;
    };
    let answer = fetch(0);
    for (let next = 0; next < hashes.length && !this.#stopped; ) {
      const blocks = await answer;
      if (blocks.length === 0) throw new CarechainError('request-failed', 'The peer no longer has these blocks.');
      next += blocks.length;
      if (next < hashes.length) answer = fetch(next);
      if (!(await round.working(() => this.#offerAll(blocks, peerId, round)))) return;
    }
  }

  /** @returns whether what follows them is worth fetching now. @throws Lie, CarechainError where one is refused. */
  async #offerAll(blocks: readonly Block[], peerId: string, round: SyncRound): Promise<boolean> {
    const offers = this.#ports.keeper.offerRange(blocks, peerId);
    for await (const { verdict, ...offer } of offers) {
      const refused = 'rejection' in offer ? offer.rejection : null;
      if (refused && verdict === 'rejected') throw new Lie(refused.code);
      // What was here already counts as nothing: a peer that sends only that must not keep the others waiting.
      if (verdict === 'accepted' || refused) round.blocks++;
      // A body that another peer had delivered was bent, and is forgotten now: this one is asked for it in a new round.
      if (refused && natureOf(refused.code) === 'invalid') return false;
      if (refused) throw new CarechainError(refused.code, 'A block of the range was refused.');
    }
    return true;
  }

  /** Where a walk has come to, tip, −1, −2, −4 … and the genesis: enough to find where two chains part, with few hashes. */
  #locator(walked?: string): string[] {
    const { chain } = this.#ports;
    const { height } = chain.tip();
    const hashes = walked === undefined ? [] : [walked];
    for (let step = 0; step <= height && hashes.length < limits.locatorHashes - 1; step = step === 0 ? 1 : step * 2) {
      hashes.push(chain.hashAt(height - step)!);
    }
    const genesis = chain.hashAt(0)!;
    if (hashes.at(-1) !== genesis) hashes.push(genesis);
    return hashes;
  }
}

/** How often a peer may leave its branch for another while it is asked for headers. */
const mostWalks = 4;

/** Whether a peer that has told all its headers claims more. Without a walk, all it has is on our main chain. */
function isMoreThanShown(claim: ChainHead, walk: HeaderWalk | null, ours: ChainHead): boolean {
  return walk ? claim.work > walk.last.work : wins(claim, ours);
}
