/**
 * The peers that are linked, and what they say of themselves.
 *
 * Right after a link stands, the side that dialled asks for the status and sends its own along, so one exchange tells
 * both. The other side asks only where that does not come. A peer of another genesis gets an answer, so that it can say
 * why, and is hung up. From then on each side asks again every few seconds: a status is a claim, and grows old.
 *
 * NOT guaranteed: that a status is true, or that both sides know each other's at the same moment.
 */
import {
  CarechainError,
  type Clock,
  describeError,
  every,
  type Logger,
  limits,
  type Random,
  type Timer,
} from '../base/index.ts';
import { isLoopback, parseAddress } from './address.ts';
import { clockOffset } from './clock-offset.ts';
import type { Peer, Status } from './network.ts';
import { networkLimits } from './network-limits.ts';
import { decodeStatus, encodeStatus, type StatusMessage } from './status-message.ts';
import type { Tasks } from './tasks.ts';

export interface PeersSettings {
  readonly genesis: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly tasks: Tasks;
  ownStatus(): StatusMessage;
  /** Sends a status message and reads the answer. */
  ask(peerId: string, message: Uint8Array): Promise<Uint8Array>;
  hangUp(peerId: string): Promise<void>;
  shun(peerId: string, code: string): void;
  /** Whether a person has configured the peer. */
  isConfigured(peerId: string): boolean;
  onAddresses(peerId: string, message: StatusMessage, tellerIsLocal: boolean): void;
  onPeer(peer: Peer): void;
  onStatus(peer: Peer): void;
  onPeerGone(peerId: string, address: string): void;
  onOtherNetwork(peerId: string, address: string, genesis: string): void;
}

export interface Peers {
  connected(peer: { peerId: string; address: string; dialled: boolean }): void;
  disconnected(peerId: string): void;
  /** Answers a peer that asks for our status, and learns its. */
  answer(message: Uint8Array, from: string): Uint8Array;
  /** @throws CarechainError `request-failed` or `bad-answer`. */
  exchange(peerId: string): Promise<Status>;
  /** Linked peers of this network. */
  list(): Peer[];
  isLinked(peerId: string): boolean;
  /** All links, in the order in which they came. */
  links(): { readonly peerId: string; readonly address: string }[];
  linkCount(): number;
  isOtherNetwork(peerId: string): boolean;
  stop(): void;
}

interface Link {
  readonly peerId: string;
  readonly address: string;
  status: Status | null;
  clockOffsetMs: number | null;
  failures: number;
  isForeign: boolean;
  timers: Timer[];
}

export function createPeers(settings: PeersSettings): Peers {
  const { clock, random, tasks, genesis } = settings;
  const logger = settings.logger.child('peers');
  const links = new Map<string, Link>();
  const foreign = new Map<string, string>();

  const asPeer = ({ peerId, address, status, clockOffsetMs }: Link): Peer => ({
    peerId,
    address,
    status,
    clockOffsetMs,
    isConfigured: settings.isConfigured(peerId),
  });
  const hangUpSoon = (peerId: string) => tasks.run(() => settings.hangUp(peerId));

  function learn(link: Link, message: StatusMessage): void {
    if (message.genesis !== genesis) {
      turnAway(link, message.genesis);
      return;
    }
    const { others: _others, ...status } = message;
    const isFirst = link.status === null;
    link.status = status;
    link.failures = 0;
    foreign.delete(link.peerId);
    settings.onAddresses(link.peerId, message, isLoopback(parseAddress(link.address).host));
    if (isFirst) settings.onPeer(asPeer(link));
    else settings.onStatus(asPeer(link));
  }

  function turnAway(link: Link, theirGenesis: string): void {
    if (link.isForeign) return;
    link.isForeign = true;
    foreign.delete(link.peerId);
    foreign.set(link.peerId, theirGenesis);
    if (foreign.size > limits.knownAddresses) foreign.delete(foreign.keys().next().value!);
    settings.onOtherNetwork(link.peerId, link.address, theirGenesis);
    // Not at once: our own answer, which tells the peer why, may still be on its way.
    link.timers.push(clock.after(networkLimits.statusGraceMs, () => hangUpSoon(link.peerId)));
  }

  async function exchange(peerId: string): Promise<Status> {
    const sentAt = clock.now();
    const answer = await settings.ask(peerId, encodeStatus(settings.ownStatus()));
    const receivedAt = clock.now();
    const message = decodeAnswer(peerId, answer);
    const { others: _others, ...status } = message;
    const link = links.get(peerId);
    if (link === undefined) return status;
    link.clockOffsetMs = clockOffset(message.time, sentAt, receivedAt) ?? link.clockOffsetMs;
    learn(link, message);
    return status;
  }

  function decodeAnswer(peerId: string, answer: Uint8Array): StatusMessage {
    try {
      return decodeStatus(answer);
    } catch (error) {
      settings.shun(peerId, 'bad-answer');
      throw new CarechainError('bad-answer', 'The peer answered with something that is not a status.', {}, error);
    }
  }

  /** An exchange that nobody waits for. A peer that keeps failing is hung up, and the dialer starts afresh. */
  async function exchangeQuietly(link: Link): Promise<void> {
    if (links.get(link.peerId) !== link || link.isForeign) return;
    try {
      await exchange(link.peerId);
    } catch (error) {
      link.failures += 1;
      logger.debug('a status exchange failed', { peer: link.peerId, code: describeError(error).code });
      const isHopeless = link.status === null || link.failures >= networkLimits.statusFailures;
      if (isHopeless && links.get(link.peerId) === link) await settings.hangUp(link.peerId);
    }
  }

  return {
    connected({ peerId, address, dialled }) {
      const link: Link = {
        peerId,
        address,
        status: null,
        clockOffsetMs: null,
        failures: 0,
        isForeign: false,
        timers: [],
      };
      links.set(peerId, link);
      const first = () => {
        // Who was only asked knows what the peer says, but not how far its clock is off.
        if (link.status === null || link.clockOffsetMs === null) tasks.run(() => exchangeQuietly(link));
      };
      if (dialled) first();
      else link.timers.push(clock.after(networkLimits.statusGraceMs, first));
      const jittered = () => Math.round(limits.reconcileMs * (0.75 + random.fraction() / 2));
      link.timers.push(every(clock, jittered, () => tasks.track(() => exchangeQuietly(link))));
    },
    disconnected(peerId) {
      const link = links.get(peerId);
      if (link === undefined) return;
      links.delete(peerId);
      for (const timer of link.timers) timer.cancel();
      if (link.status !== null) settings.onPeerGone(peerId, link.address);
    },
    answer(message, from) {
      const link = links.get(from);
      if (link === undefined) throw new CarechainError('not-linked', 'The peer has no link.');
      let status: StatusMessage;
      try {
        status = decodeStatus(message);
      } catch (error) {
        settings.shun(from, 'malformed-message');
        throw error;
      }
      learn(link, status);
      return encodeStatus(settings.ownStatus());
    },
    exchange,
    list: () => [...links.values()].filter(({ status, isForeign }) => status !== null && !isForeign).map(asPeer),
    isLinked: (peerId) => links.has(peerId),
    links: () => [...links.values()].map(({ peerId, address }) => ({ peerId, address })),
    linkCount: () => links.size,
    isOtherNetwork: (peerId) => foreign.has(peerId),
    stop() {
      for (const link of links.values()) for (const timer of link.timers) timer.cancel();
    },
  };
}
