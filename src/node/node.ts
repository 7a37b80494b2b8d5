/** The ledger node: puts its parts together and is the face that the rooms above see. */
import { describeError, type Timer, toHex } from '../base/index.ts';
import type { Block, Genesis, Reward, StateView, Transaction, Verdict } from '../ledger/index.ts';
import type { Network } from '../network/index.ts';
import type { Write } from '../storage/index.ts';
import { Announcer } from './announcer.ts';
import { ChainKeeper } from './chain-keeper.ts';
import { ClockWatch, offsetOf } from './clock-watch.ts';
import { ConflictList } from './conflict-list.ts';
import { DueList } from './due-list.ts';
import { Emitter } from './emitter.ts';
import { Equivocations } from './equivocations.ts';
import { FolderCare } from './folder-care.ts';
import type { RowsOfARoom } from './healing.ts';
import { indexWrites } from './indexes.ts';
import type {
  Equivocation,
  Head,
  LedgerNode,
  LocatedEntry,
  LoggedReorg,
  MineOutcome,
  NodeEvents,
  SyncReport,
  VerifyReport,
} from './ledger-node.ts';
import { Mempool } from './mempool.ts';
import { hasSomethingToMine, Miner } from './miner.ts';
import { startMiningRhythm } from './mining-rhythm.ts';
import type { NodeParts } from './node-parts.ts';
import type { NodeSettings, NodeWorld } from './node-settings.ts';
import { PeerService } from './peer-service.ts';
import { Queries } from './queries.ts';
import { Signatures } from './signatures.ts';
import { Solitude } from './solitude.ts';
import { Sync } from './sync.ts';
import { Transactions } from './transactions.ts';

export class Node implements LedgerNode {
  readonly genesis: Genesis;
  readonly nodeKey: string;
  readonly nodeId: string;
  readonly network: Network;
  readonly state: StateView;
  readonly pendingState: StateView;
  readonly #settings: NodeSettings;
  readonly #world: NodeWorld;
  readonly #parts: NodeParts;
  readonly #emitter: Emitter<NodeEvents>;
  readonly #mempool: Mempool;
  readonly #transactions: Transactions;
  readonly #keeper: ChainKeeper;
  readonly #miner: Miner;
  readonly #sync: Sync;
  readonly #peers: PeerService;
  readonly #queries: Queries;
  readonly #solitude: Solitude;
  readonly #announcer: Announcer;
  readonly #care: FolderCare;
  #mining: Timer | null = null;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(settings: NodeSettings, world: NodeWorld, parts: NodeParts) {
    const { genesis } = settings;
    const { clock, workers } = world;
    const { chain, store, outbox, network, nodeKey } = parts;
    const conflicts = new ConflictList(parts.lost);
    const due = new DueList(chain, genesis);
    const logger = world.logger.child('node');
    this.#settings = settings;
    this.#world = world;
    this.#parts = parts;
    this.genesis = genesis;
    this.nodeKey = toHex(nodeKey.publicKey);
    this.nodeId = settings.nodeId;
    this.network = network;
    this.state = chain.state;
    this.#emitter = new Emitter((error) => logger.error('a listener failed', describeError(error)));

    const signatures = new Signatures(workers);
    this.#mempool = new Mempool(chain.state, { genesis, verify: signatures.verify }, (id) =>
      this.#transactions.isOwn(id),
    );
    this.pendingState = this.#mempool.state;
    this.#transactions = new Transactions({
      mempool: this.#mempool,
      signatures,
      chain,
      store,
      outbox,
      conflicts,
      clock,
      logger,
      onPending: (transactions) => this.#announcer.pending(transactions),
      publish: (transactions) => network.publishTransactions(transactions),
      onConflict: (id, rejection) => this.#emitter.emit('conflict', { id, rejection }),
      onFault: (error) => this.#fault(error),
    });
    const equivocations = new Equivocations({
      chain,
      store,
      log: parts.equivocationLog,
      clock,
      logger,
      onFault: (error) => this.#fault(error),
    });
    this.#keeper = new ChainKeeper({
      genesis,
      chain,
      signatures,
      clock,
      logger,
      alsoWrite: (change) => [...this.#transactions.alsoWrite(change), ...indexWrites(change)],
      switched: (change) => {
        this.#announcer.switched(change);
        this.#peers.tellHead();
      },
      onHeader: (sealed) => equivocations.look(sealed),
      mendState: () => this.#care.healing.doubtState(),
      onLiar: (peerId, code) => network.shun(peerId, code),
      onFault: (error) => this.#fault(error),
    });
    const clockWatch = new ClockWatch(
      () => offsetOf(network.peers()),
      (message) => this.#emitter.emit('error', { code: 'clock-skewed', message }),
    );
    this.#miner = new Miner({
      genesis,
      chain,
      keeper: this.#keeper,
      signatures,
      workers,
      clock,
      logger,
      nodeKey,
      candidates: () => this.#transactions.candidates(),
      rewardsDue: () => due.all(),
      clockIsWrong: () => clockWatch.isSkewed,
      onHeadMove: (run) => this.#emitter.on('tip', run),
      blocksJudged: () => network.blocksJudged(),
      onMined: (block) => network.publishBlock(block),
    });
    this.#sync = new Sync({
      genesis,
      chain,
      keeper: this.#keeper,
      network,
      clock,
      logger,
      onEnd: () => this.#solitude.syncEnded(),
    });
    this.#queries = new Queries({
      chain,
      store,
      mempool: this.#mempool,
      transactions: this.#transactions,
      conflicts,
      due,
    });
    this.#care = new FolderCare({
      ...parts,
      ...parts.unwatched,
      genesis,
      mempool: this.#mempool,
      transactions: this.#transactions,
      keeper: this.#keeper,
      clock,
      logger,
      emitter: this.#emitter,
      checkFiles: world.checkFiles,
    });
    this.#solitude = new Solitude({
      clock,
      waitingOwn: () => this.#transactions.kept().length,
      emit: (name, ...event) => this.#emitter.emit(name, ...event),
    });
    this.#announcer = new Announcer({
      nodeKey: this.nodeKey,
      emitter: this.#emitter,
      transactions: this.#transactions,
      solitude: this.#solitude,
      chain,
      store,
      reorgLog: parts.reorgLog,
      clock,
      onFault: (error) => this.#fault(error),
    });
    this.#peers = new PeerService({
      genesis,
      nodeId: settings.nodeId,
      chain,
      keeper: this.#keeper,
      mempool: this.#mempool,
      transactions: this.#transactions,
      sync: this.#sync,
      network,
      clock,
      logger,
      onStatus: () => clockWatch.look(),
      onPeer: ({ peerId, address, status }) => {
        this.#solitude.peerCame();
        this.#emitter.emit('peer', { peerId, address, nodeId: status?.nodeId ?? null, state: 'connected' });
        // Also when there is nothing to fetch, so that catching up has an end.
        this.#sync.nudge();
      },
      onPeerGone: (peerId, address) => {
        clockWatch.look();
        this.#emitter.emit('peer', { peerId, address, nodeId: null, state: 'disconnected' });
        if (network.peers().length === 0 && !this.#stopping) this.#solitude.lastPeerLeft();
      },
    });
  }

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { network } = this.#parts;
    await this.#transactions.load();
    if (this.#stopping) return;
    network.on('otherNetwork', ({ address }) =>
      this.#emitter.emit('peer', { peerId: '', address, nodeId: null, state: 'other-network' }),
    );
    network.on('shunned', ({ peerId, code }) => {
      this.#emitter.emit('peer', { peerId, address: '', nodeId: null, state: 'shunned' });
      this.#world.logger.warn('a peer is shunned', { code });
    });
    await network.start(this.#peers);
    const { mineEverySeconds, scrubEveryMs } = this.#settings;
    this.#care.start(this.#stopping ? null : (scrubEveryMs ?? null));
    if (mineEverySeconds === null || this.#stopping) return;
    const { chain } = this.#parts;
    this.#mining = startMiningRhythm(mineEverySeconds, {
      ...this.#world,
      chain,
      nodeKey: this.nodeKey,
      hasPeers: () => network.peers().length > 0,
      isDue: () => hasSomethingToMine(chain, this.genesis, this.#mempool.size),
      isFull: () => this.#mempool.bytes >= this.genesis.limits.blockBytes,
      mine: (insists) => (insists ? this.#miner.mine() : this.#miner.mineOnce()),
      onHeadMove: (run) => this.#emitter.on('tip', run),
    });
  }

  /** Safe at any moment, also while the node starts, and more than once. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#mining?.cancel();
    const mined = this.#miner.stop();
    this.#peers.stop();
    // A network that is half started cannot be stopped. Why the start failed is told to whoever started.
    await this.#starting?.catch(() => undefined);
    await this.#parts.network.stop();
    await this.#sync.stop();
    await this.#care.stop();
    await mined;
    await this.#keeper.idle();
    await this.#parts.store.close();
    await this.#world.workers.stop();
  }

  head(): Head {
    return this.#parts.chain.tip();
  }

  hashAt(height: number) {
    return this.#parts.chain.hashAt(height);
  }

  block(hash: string): Block | undefined {
    return this.#parts.chain.block(hash);
  }

  rewardsOf(hash: string): readonly Reward[] {
    return this.#parts.chain.rewards(hash);
  }

  find(id: string) {
    return this.#queries.find(id);
  }

  holds(id: string) {
    return this.#queries.holds(id);
  }

  findIds(prefix: string, most: number) {
    return this.#queries.findIds(prefix, most);
  }

  findPatients(prefix: string, most: number) {
    return this.#queries.findPatients(prefix, most);
  }

  authored(member: string, most: number) {
    return this.#queries.authored(member, most);
  }

  openOrders() {
    return this.#queries.openOrders();
  }

  openPrescriptions() {
    return this.#queries.openPrescriptions();
  }

  pending(): LocatedEntry[] {
    return this.#queries.pending();
  }

  lost(): LocatedEntry[] {
    return this.#queries.lost();
  }

  reorgs(): readonly LoggedReorg[] {
    return this.#parts.reorgLog.all();
  }

  equivocations(): readonly Equivocation[] {
    return this.#parts.equivocationLog.all();
  }

  patientEvents(patient: string) {
    return this.#queries.patientEvents(patient);
  }

  peers() {
    return this.network.peers();
  }

  configuredPeers() {
    return this.network.configured();
  }

  holders(height: number): number {
    return this.network.peers().filter(({ status }) => status !== null && status.tip.height >= height).length;
  }

  submit(transaction: Transaction, alongside: readonly Write[] = []): Promise<Verdict<null>> {
    return this.#transactions.submit(transaction, alongside);
  }

  mine(): Promise<MineOutcome> {
    return this.#miner.mine();
  }

  async sync(): Promise<SyncReport> {
    const peers = this.network.peers();
    await Promise.allSettled(peers.map(({ peerId }) => this.network.exchangeStatus(peerId)));
    const report = await this.#sync.run();
    await Promise.allSettled(peers.map(({ peerId }) => this.#peers.reconcile(peerId)));
    return { ...report, peersAsked: peers.length };
  }

  verify(onProgress?: (height: number) => void): Promise<VerifyReport> {
    return this.#care.verification.verify(onProgress);
  }

  recalculateBalances() {
    return this.#care.verification.recalculate();
  }

  scrub() {
    return this.#care.scrub.run();
  }

  lastScrub() {
    return this.#care.scrub.last();
  }

  lookAfter(rows: RowsOfARoom): void {
    this.#care.healing.lookAfter(rows);
  }

  setOffline(offline: boolean): Promise<void> {
    return this.network.setOffline(offline);
  }

  isOffline(): boolean {
    return this.network.isOffline();
  }

  on<Name extends keyof NodeEvents>(name: Name, listener: (...event: NodeEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  #fault(error: unknown): void {
    const { code, message } = describeError(error);
    this.#care.fault(error);
    this.#world.logger.error('a fault', { code });
    this.#emitter.emit('error', { code, message });
  }
}
