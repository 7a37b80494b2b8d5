/**
 * The network room, wired. Below it is a transport (links, broadcast, request); above it the ledger node, which says what
 * is valid. In between: who is linked and what they say (`peers`), keeping links up (`dialer`), who is refused
 * (`shunning`), what a peer may cost (`budgets`), the fast path (`gossip`) and the sure one (`questions`, `answers`).
 *
 * `<network>` in the names of topics and protocols is the first 16 hex digits of the genesis hash: nodes of two networks
 * do not even share a topic. Only `/carechain/status/1` is the same for all, so that another genesis is a disconnect that
 * can be named, and not a silence.
 */
import { type Clock, describeError, type Logger, limits, type Random } from '../base/index.ts';
import type { Genesis } from '../ledger/index.ts';
import { checkConfigured } from './address.ts';
import { type Answer, budgeted, createAnswers } from './answers.ts';
import { createBudgets } from './budgets.ts';
import { whoGivesWay } from './crowd.ts';
import { createDialer } from './dialer.ts';
import { createFairShares } from './fair-shares.ts';
import { createGossip } from './gossip.ts';
import type { Network, NetworkEvents, NetworkHandlers } from './network.ts';
import { networkLimits } from './network-limits.ts';
import { createPeers } from './peers.ts';
import { createQuestions } from './questions.ts';
import { createShunning } from './shunning.ts';
import { createTasks } from './tasks.ts';
import type { Gate, Transport } from './transport.ts';
import { createTurns } from './turns.ts';
import { startWatchdog } from './watchdog.ts';

const statusProtocol = '/carechain/status/1';

export interface NetworkSettings {
  readonly transport: Transport;
  readonly genesis: Pick<Genesis, 'hash' | 'rules'>;
  /** Peers to be linked to, as host:port or multiaddr. */
  readonly configured: readonly string[];
  /** Dial nothing but this machine: the demo network, whose keys everybody has. */
  readonly loopbackOnly: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** @throws CarechainError `bad-peer-address` or `not-loopback` for what is configured. */
export function createNetwork(settings: NetworkSettings): Network {
  const { transport, genesis, clock, random, loopbackOnly } = settings;
  const logger = settings.logger.child('network');
  const prefix = `/carechain/${genesis.hash.slice(0, 16)}/`;
  const topics = { transactions: `${prefix}transactions/1`, blocks: `${prefix}blocks/1` };
  const listeners: { [Name in keyof NetworkEvents]: ((...event: NetworkEvents[Name]) => void)[] } = {
    otherNetwork: [],
    shunned: [],
  };
  const tasks = createTasks((error) => logger.error('a task of the network failed', describeError(error)));
  const shunning = createShunning(clock);
  const budgets = createBudgets(clock);
  const shares = createFairShares(clock, 'the peer');
  const turns = createTurns();
  let handlers: NetworkHandlers | null = null;
  let offline = false;
  let stopWatching = () => {};

  const hangUp = (peerId: string) => transport.disconnect(peerId);
  // Strangers share a number of places; whom a person has configured finds one always. A few strangers more are let in, so
  // that makeRoom can say which of them goes.
  const strangers = () => peers.links().filter(({ peerId }) => !dialer.isConfigured(peerId, null));
  const admits: Gate = (peerId, dialledAt = null) => {
    if (shunning.isShunned(peerId)) return false;
    if (peers.isLinked(peerId) || dialer.isConfigured(peerId, dialledAt)) return true;
    return strangers().length < limits.peers + networkLimits.spareLinks;
  };

  function makeRoom(): void {
    const peerId = whoGivesWay(strangers(), limits.peers);
    if (peerId === null) return;
    logger.debug('a stranger gives way to another', { peer: peerId });
    tasks.run(() => hangUp(peerId));
  }

  function shun(peerId: string, code: string): void {
    if (shunning.isShunned(peerId)) return;
    const forMs = shunning.shun(peerId);
    logger.warn('a peer is shunned', { peer: peerId, code, forMs });
    for (const listener of listeners.shunned) listener({ peerId, code, forMs });
    tasks.run(() => hangUp(peerId));
  }

  const ask = (peerId: string, protocol: string, message: Uint8Array, answerBytes: number) =>
    turns.take(peerId, protocol, () =>
      transport.request(peerId, protocol, message, { timeoutMs: limits.requestMs, answerBytes }),
    );
  const askNetwork: typeof ask = (peerId, protocol, message, answerBytes) =>
    ask(peerId, prefix + protocol, message, answerBytes);

  const peers = createPeers({
    genesis: genesis.hash,
    clock,
    random,
    logger,
    tasks,
    hangUp,
    shun,
    isConfigured: (peerId) => dialer.isConfigured(peerId, null),
    ask: (peerId, message) => ask(peerId, statusProtocol, message, networkLimits.statusBytes),
    ownStatus: () => ({
      ...handlers!.status(),
      addresses: transport.addresses().slice(0, limits.addressesPerPeer),
      others: dialer.linkedAddresses().slice(0, limits.addressesPerPeer),
    }),
    onAddresses(peerId, { addresses, others }, isLocal) {
      dialer.learn(addresses, { peerId, isLocal, tellsOwn: true });
      dialer.learn(others, { peerId, isLocal, tellsOwn: false });
    },
    onPeer: (peer) => handlers!.onPeer(peer),
    onStatus: (peer) => handlers!.onStatus(peer),
    onPeerGone: (peerId, address) => handlers!.onPeerGone(peerId, address),
    onOtherNetwork(peerId, address, theirGenesis) {
      logger.warn('a peer is of another network', { peer: peerId });
      for (const listener of listeners.otherNetwork) listener({ address, genesis: theirGenesis });
    },
  });
  const dialer = createDialer({
    configured: settings.configured.map((text) => checkConfigured(text, loopbackOnly)),
    loopbackOnly,
    clock,
    random,
    logger,
    tasks,
    admits,
    dial: (address) => transport.dial(address),
    isLinked: peers.isLinked,
    linkCount: peers.linkCount,
    isOtherNetwork: peers.isOtherNetwork,
  });
  const { isShunned } = shunning;
  const { isLinked } = peers;
  const gossip = createGossip({ transport, topics, clock, logger, tasks, budgets, shares, isShunned, isLinked, shun });
  const questions = createQuestions({
    genesis: genesis.hash,
    shares: createFairShares(clock, 'we'),
    known: (id) => handlers?.known(id),
    ask: askNetwork,
    shun,
  });

  function listenersToAll(): Set<string> {
    const toBlocks = new Set(transport.subscribers(topics.blocks));
    return new Set(transport.subscribers(topics.transactions).filter((peerId) => toBlocks.has(peerId)));
  }

  function serve(protocol: string, requestBytes: number, answer: Answer): void {
    transport.handle(prefix + protocol, requestBytes, budgeted(protocol, budgets, shares, answer));
  }

  return {
    peerId: transport.peerId,
    async start(given) {
      handlers = given;
      transport.setGate(admits);
      gossip.listen(given);
      for (const { protocol, requestBytes, answer } of createAnswers(given, shun))
        serve(protocol, requestBytes, answer);
      const answerStatus = async (message: Uint8Array, from: string) => peers.answer(message, from);
      transport.handle(statusProtocol, networkLimits.statusBytes, budgeted('status/1', budgets, shares, answerStatus));
      await transport.start({
        connected(peer) {
          peers.connected(peer);
          dialer.linked(peer.peerId);
          makeRoom();
        },
        disconnected(peerId) {
          peers.disconnected(peerId);
          dialer.unlinked(peerId);
          budgets.forget(peerId);
        },
        violated: shun,
      });
      dialer.start();
      const watchdog = startWatchdog({ clock, logger, tasks, peers: peers.list, listeners: listenersToAll, hangUp });
      stopWatching = () => watchdog.cancel();
    },
    async stop() {
      dialer.stop();
      gossip.stop();
      stopWatching();
      await transport.stop();
      peers.stop();
      await tasks.settle();
    },
    addresses: () => transport.addresses(),
    peers: peers.list,
    configured: dialer.configured,
    publishTransactions: gossip.publishTransactions,
    publishBlock: gossip.publishBlock,
    blocksJudged: gossip.blocksJudged,
    exchangeStatus: peers.exchange,
    ...questions,
    serve,
    request: askNetwork,
    shun,
    async setOffline(wanted) {
      offline = wanted;
      if (offline) dialer.setOffline(true);
      await transport.setOffline(offline);
      if (!offline) dialer.setOffline(false);
    },
    isOffline: () => offline,
    on(name, listener) {
      listeners[name].push(listener);
    },
  };
}
