/**
 * What a node says to its peers and makes of what they say. It maps the ledger's verdicts to the network's: a rejection
 * that only a liar can cause shuns the peer, everything else has an honest explanation.
 */
import { type Clock, describeError, type Logger, limits, type Timer } from '../base/index.ts';
import { type Block, type Genesis, type Transaction, wins } from '../ledger/index.ts';
import type { MessageVerdict, Network, NetworkHandlers, Peer, Status } from '../network/index.ts';
import type { ChainStore } from '../storage/index.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { Mempool } from './mempool.ts';
import { turn } from './pause.ts';
import { Reconciliation } from './reconciliation.ts';
import type { Sync } from './sync.ts';
import type { Transactions } from './transactions.ts';

/** How long after the head moved the peers are told, so that a burst of blocks is told once. */
const tellAfterMs = 100;

/** While a sync runs the head moves all the time, and whoever brings the blocks knows: told each tenth time only. */
const tellEach = 10;

/** Blocks from the future that wait for their time. */
const futureBlocks = 16;

export interface PeerServicePorts {
  readonly genesis: Genesis;
  readonly nodeId: string;
  readonly chain: ChainStore;
  readonly keeper: ChainKeeper;
  readonly mempool: Mempool;
  readonly transactions: Transactions;
  readonly sync: Sync;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  onPeer(peer: Peer): void;
  /** A peer has told its head and its clock. */
  onStatus(): void;
  onPeerGone(peerId: string, address: string): void;
}

export class PeerService implements NetworkHandlers {
  readonly #ports: PeerServicePorts;
  readonly #future = new Map<string, Timer>();
  readonly #reconciliation: Reconciliation;
  /** Peers with an exchange of status under way -> whether another is wanted after it. */
  readonly #exchanging = new Map<string, boolean>();
  #telling: Timer | null = null;
  /** How often in a row the peers were not told, since a sync was running. */
  #putOff = 0;
  #stopped = false;

  constructor(ports: PeerServicePorts) {
    this.#ports = ports;
    this.#reconciliation = new Reconciliation({
      network: ports.network,
      transactions: ports.transactions,
      clock: ports.clock,
      take: (transactions, from) =>
        this.#take(transactions, from, 'asked for', async () => {
          await turn();
          return !this.#stopped;
        }),
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#reconciliation.stop();
    this.#telling?.cancel();
    for (const timer of this.#future.values()) timer.cancel();
  }

  status(): Omit<Status, 'addresses'> {
    const { genesis, nodeId, chain, transactions, clock } = this.#ports;
    const { hash, height, work } = chain.tip();
    const tip = { hash, height, work };
    const pending = transactions.claim();
    return { genesis: genesis.hash, rules: genesis.rules, tip, pending, time: clock.now(), nodeId };
  }

  /** Tells every peer where this node stands, soon. */
  tellHead(): void {
    if (this.#stopped) return;
    this.#telling ??= this.#ports.clock.after(tellAfterMs, () => {
      this.#telling = null;
      if (this.#ports.sync.isRunning && ++this.#putOff < tellEach) return this.tellHead();
      this.#putOff = 0;
      for (const { peerId } of this.#ports.network.peers()) this.#quietly(this.#exchange(peerId));
    });
  }

  known(id: string): Transaction | undefined {
    return this.#ports.mempool.get(id)?.transaction;
  }

  onTransactions(
    transactions: readonly Transaction[],
    from: string,
    goOn: () => Promise<boolean>,
  ): Promise<MessageVerdict> {
    return this.#take(transactions, from, 'a message', goOn);
  }

  async #take(
    transactions: readonly Transaction[],
    from: string,
    ...how: [how: 'a message' | 'asked for', goOn: () => Promise<boolean>]
  ): Promise<MessageVerdict> {
    const { verdict, liar } = await this.#ports.transactions.take(transactions, ...how);
    if (liar) this.#ports.network.shun(from, liar.code);
    return verdict;
  }

  async onBlock(block: Block, from: string): Promise<MessageVerdict> {
    const { keeper, network, sync } = this.#ports;
    if (this.#stopped) return 'ignore';
    const offer = await keeper.offer(block, from);
    if (offer.verdict === 'rejected') {
      network.shun(from, offer.rejection.code);
      return 'reject';
    }
    // A block of a side branch was not checked whole: who passed it on could be blamed for it.
    if (offer.verdict === 'accepted') return offer.onMainChain ? 'accept' : 'ignore';
    if (offer.rejection?.code === 'block-from-the-future') this.#retryLater(block, from);
    if (offer.rejection?.code === 'unknown-parent') this.#quietly(this.#exchange(from).then(() => sync.nudge()));
    return 'ignore';
  }

  onPeer(peer: Peer): void {
    this.#ports.onPeer(peer);
    this.onStatus(peer);
  }

  onPeerGone(peerId: string, address: string): void {
    this.#reconciliation.forget(peerId);
    this.#ports.onPeerGone(peerId, address);
  }

  onStatus(peer: Peer): void {
    const { chain, sync, onStatus } = this.#ports;
    onStatus();
    if (peer.status && wins(peer.status.tip, chain.tip())) sync.nudge();
    this.#quietly(this.#reconciliation.heard(peer));
  }

  /** Fetches all pending transactions that a peer has and this node lacks. */
  reconcile(peerId: string): Promise<void> {
    return this.#reconciliation.all(peerId);
  }

  *headersAfter(locator: readonly string[]): Iterable<Uint8Array> {
    const { chain } = this.#ports;
    const common = locator.find((hash) => chain.isOnMainChain(hash));
    const start = common === undefined ? 0 : chain.header(common)!.header.height;
    const hashes: string[] = [];
    for (let height = start + 1; hashes.length < limits.headersPerRequest; height++) {
      const hash = chain.hashAt(height);
      if (hash === undefined) break;
      hashes.push(hash);
    }
    for (const [index, hash] of hashes.entries()) {
      const header = chain.headerBytes(hash, start + 1 + index);
      // Of a branch that was left and forgotten meanwhile.
      if (header === undefined) return;
      yield header;
    }
  }

  blockBytes(hashes: readonly string[]): Uint8Array[] {
    const { chain } = this.#ports;
    // Side branches are not served: their bodies were not checked.
    const stored = hashes.map((hash) => (chain.isOnMainChain(hash) ? chain.blockBytes(hash) : undefined));
    return stored.filter((bytes) => bytes !== undefined);
  }

  pendingIds(from: number): string[] {
    const page = this.#ports.transactions.offered().slice(from, from + limits.pendingIdsPerPage);
    return page.map(({ id }) => id);
  }

  pendingBytes(ids: readonly string[]): Uint8Array[] {
    const found = ids.map((id) => this.#ports.mempool.get(id)?.transaction.bytes);
    return found.filter((bytes) => bytes !== undefined);
  }

  /** One at a time for each peer: neither a burst of blocks nor a peer that floods and does not answer piles them up. */
  async #exchange(peerId: string): Promise<void> {
    if (this.#exchanging.has(peerId)) {
      this.#exchanging.set(peerId, true);
      return;
    }
    try {
      do {
        this.#exchanging.set(peerId, false);
        await this.#ports.network.exchangeStatus(peerId);
      } while (this.#exchanging.get(peerId) && !this.#stopped);
    } finally {
      this.#exchanging.delete(peerId);
    }
  }

  #retryLater(block: Block, from: string): void {
    if (this.#stopped || this.#future.has(block.hash) || this.#future.size >= futureBlocks) return;
    const delayMs = block.header.time - limits.futureBlockMs - this.#ports.clock.now();
    // So far ahead that the peer's clock is wrong: sync will find the block once its time has come.
    if (delayMs > limits.futureBlockMs) return;
    const timer = this.#ports.clock.after(Math.max(delayMs, 1), () => {
      this.#future.delete(block.hash);
      this.#quietly(this.onBlock(block, from));
    });
    this.#future.set(block.hash, timer);
  }

  /** A link may break at any moment; what was missed is asked for again. */
  #quietly(task: Promise<unknown>): void {
    task.catch((error: unknown) => {
      if (!this.#stopped) this.#ports.logger.debug('a peer did not answer', { code: describeError(error).code });
    });
  }
}
