/**
 * Sync: how a node gets the blocks that it lacks. Gossip is only the fast path; this is what correctness rests on.
 *
 * A peer whose head would win is asked for headers after the highest block that both have on their main chains. The
 * headers must link and carry their work before one body is fetched. Bodies come in ranges and go through the chain keeper
 * like any block. A peer that lies is shunned, one that stalls is passed over, and the next one takes over; what arrived
 * so far is kept. One serial run at a time.
 */
import { CarechainError, type Clock, describeError, type Logger, limits } from '../base/index.ts';
import { checkHeader, type Genesis, natureOf, type SealedHeader, wins } from '../ledger/index.ts';
import type { Network, Peer } from '../network/index.ts';
import type { ChainStore } from '../storage/index.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { SyncReport } from './ledger-node.ts';

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
    this.#running ??= this.#runAll().finally(() => {
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
    const { chain, network, logger } = this.#ports;
    const before = chain.tip().height;
    const asked = new Set<string>();
    const passedOver = new Set<string>();
    let blocksFetched = 0;
    for (let peer = this.#best(passedOver); peer && !this.#stopped; peer = this.#best(passedOver)) {
      asked.add(peer.peerId);
      try {
        const fetched = await this.#fetchFrom(peer);
        blocksFetched += fetched;
        if (fetched === 0) passedOver.add(peer.peerId);
      } catch (error) {
        const { code } = describeError(error);
        logger.warn('sync with a peer failed', { code });
        passedOver.add(peer.peerId);
        if (error instanceof Lie) network.shun(peer.peerId, error.code);
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

  /** One round: headers, then their bodies. @returns how many blocks were new. */
  async #fetchFrom({ peerId, status }: Peer): Promise<number> {
    const { chain, network } = this.#ports;
    const headers: SealedHeader[] = [];
    let locator = this.#locator();
    let walk: HeaderWalk | null = null;
    // Deep forks need more than one page before the branch is higher than ours.
    for (;;) {
      const page = await network.fetchHeaders(peerId, locator);
      walk ??= this.#startWalk(page);
      for (const sealed of page) this.#step(walk!, sealed);
      headers.push(...page);
      const last = headers.at(-1);
      if (page.length < limits.headersPerRequest || !last || headers.length >= mostHeaders) break;
      if (last.header.height > chain.tip().height) break;
      locator = [last.hash];
    }
    const missing = headers.filter(({ hash }) => !chain.header(hash)).map(({ hash }) => hash);
    if (missing.length === 0 && headers.length === 0) {
      // It claims a head that wins and has nothing after what we share: its claim is old, or a lie. Ask what it says now.
      const now = await network.exchangeStatus(peerId);
      if (status && now.tip.hash === status.tip.hash) throw new Lie('empty-claim');
      return 0;
    }
    return this.#fetchBodies(peerId, missing);
  }

  async #fetchBodies(peerId: string, hashes: readonly string[]): Promise<number> {
    const { keeper, network } = this.#ports;
    let fetched = 0;
    while (fetched < hashes.length && !this.#stopped) {
      const blocks = await network.fetchBlocks(peerId, hashes.slice(fetched, fetched + limits.blocksPerRequest));
      if (blocks.length === 0) throw new CarechainError('request-failed', 'The peer no longer has these blocks.');
      for (const block of blocks) {
        const offer = await keeper.offer(block);
        if (offer.verdict === 'rejected') throw new Lie(offer.rejection.code);
        if (offer.verdict === 'ignored' && offer.rejection)
          throw new CarechainError(offer.rejection.code, 'A block of the range was refused.');
        fetched++;
      }
    }
    return fetched;
  }

  /** Tip, −1, −2, −4 … and the genesis: enough to find where two chains part, with few hashes. */
  #locator(): string[] {
    const { chain } = this.#ports;
    const { height } = chain.tip();
    const hashes: string[] = [];
    for (let step = 0; step <= height && hashes.length < limits.locatorHashes - 1; step = step === 0 ? 1 : step * 2) {
      hashes.push(chain.hashAt(height - step)!);
    }
    const genesis = chain.hashAt(0)!;
    if (hashes.at(-1) !== genesis) hashes.push(genesis);
    return hashes;
  }

  /** The first header must follow a block that is here. Null for a page without headers. @throws Lie */
  #startWalk(page: readonly SealedHeader[]): HeaderWalk | null {
    const { chain, keeper } = this.#ports;
    const first = page[0];
    if (!first) return null;
    const parent = chain.header(first.header.parent);
    if (!parent) throw new Lie('unknown-parent');
    return { parent, times: keeper.medianTimes(parent.hash).reverse() };
  }

  /** Each must follow the one before it by the rules for headers. @throws Lie */
  #step(walk: HeaderWalk, sealed: SealedHeader): void {
    const { genesis, clock } = this.#ports;
    const { parent, times } = walk;
    const refused = checkHeader(sealed, { genesis, parent, medianTimes: times, now: clock.now() });
    if (refused && natureOf(refused.code) === 'invalid') throw new Lie(refused.code);
    if (refused) throw new CarechainError(refused.code, 'A header is not valid yet.');
    times.push(sealed.header.time);
    if (times.length > limits.medianHeaders) times.shift();
    walk.parent = sealed;
  }
}

/** Where a check of headers stands: the last one, and the times of the last eleven up to it, oldest first. */
interface HeaderWalk {
  parent: Pick<SealedHeader, 'hash' | 'header'>;
  readonly times: number[];
}

/** Headers held in memory at once: about 10 MB. */
const mostHeaders = 16_384;

/** What only a liar can have sent. */
class Lie extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`a peer lied: ${code}`);
    this.code = code;
  }
}
