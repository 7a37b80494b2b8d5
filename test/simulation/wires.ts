/**
 * The network of a simulation, behind the transport port. What goes over it takes time and so overtakes other things, is
 * lost or arrives twice; links break and half of them does not know; a path can be blocked in one direction; a machine can
 * stand still. It keeps what TCP and Noise promise: nobody but the sender can bend a message.
 *
 *   const wires = new Wires(timeline, chance);
 *   const transport = wires.transport('doctor', '127.0.0.1:7001', clock);
 *   wires.block('doctor', 'lab');      // nothing gets from the doctor to the laboratory
 */
import { createHash } from 'node:crypto';
import { assert, type Clock } from '../../src/base/index.ts';
import {
  dialFailed,
  dialledSelf,
  type MessageVerdict,
  requestFailed,
  type Transport,
  type TransportEvents,
} from '../../src/network/index.ts';
import type { Chance } from '../support/chance.ts';
import type { Timeline } from './timeline.ts';

type OnMessage = Parameters<Transport['subscribe']>[1];
type OnRequest = Parameters<Transport['handle']>[2];

export interface Weather {
  /** The share of messages and of requests that are lost. */
  readonly loss: number;
  readonly duplicates: number;
  readonly delayMs: readonly [least: number, most: number];
}

export const calm: Weather = { loss: 0, duplicates: 0, delayMs: [1, 15] };

/** Dead links are noticed by pings: after the time between two and the time that an answer may take. */
const noticedAfterMs = [4_000, 12_000] as const;
const dialTimeoutMs = 5_000;
const seenMs = 30_000;

/** A connection between two machines; either end may have noticed its death before the other. */
interface Link {
  readonly ends: readonly [Wire, Wire];
  /** Ends that have not noticed its death. */
  readonly open: Set<Wire>;
  /** What waits for a blocked path to be free again, as TCP keeps sending it. */
  held: { readonly from: Wire; readonly to: Wire; readonly arrive: () => void; readonly what: string }[];
  /** Gossip is dead on it, and nobody was told. */
  isDeaf: boolean;
}

/** The process behind a wire: it may stand still, and then takes what came when it moves again. */
export interface Process {
  readonly isPaused: boolean;
  /** Runs at once, or when the process moves again; never once it has ended. */
  whenItMoves(run: () => void): void;
}

interface Wire {
  readonly peerId: string;
  readonly address: string;
  readonly process: Process;
  readonly topics: Map<string, OnMessage>;
  readonly protocols: Map<string, { readonly requestBytes: number; readonly onRequest: OnRequest }>;
  /** Digest of a message -> when it may be forgotten. */
  readonly seen: Map<string, number>;
  readonly links: Map<string, Link>;
  /** Ends of requests under way -> the peer that was asked. */
  readonly asking: Map<() => void, string>;
  /** Ends of dials under way. */
  readonly dialling: Set<() => void>;
  events: TransportEvents | null;
  isOffline: boolean;
  isDead: boolean;
  admits: Parameters<Transport['setGate']>[0];
}

export class Wires {
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #wires = new Map<string, Wire>();
  /** Blocked paths, as `from>to` -> how many faults block it. */
  readonly #blocked = new Map<string, number>();
  /** Addresses of machines that are gone: not even their operating system answers there. */
  readonly #gone = new Set<string>();
  weather: Weather = calm;
  /** Told where a program fails over what came to it. */
  onFailure: (peerId: string, error: unknown) => void = () => {};

  constructor(timeline: Timeline, chance: Chance) {
    this.#timeline = timeline;
    this.#chance = chance;
  }

  /** Blocks the path from one machine to another; what is blocked twice must be freed twice. */
  block(from: string, to: string): void {
    this.#blocked.set(`${from}>${to}`, (this.#blocked.get(`${from}>${to}`) ?? 0) + 1);
    this.#doubt(from, to);
  }

  isBlocked(from: string, to: string): boolean {
    return this.#blocked.has(`${from}>${to}`);
  }

  free(from: string, to: string): void {
    const path = `${from}>${to}`;
    const left = (this.#blocked.get(path) ?? 0) - 1;
    if (left > 0) this.#blocked.set(path, left);
    else this.#blocked.delete(path);
    const link = this.#wires.get(from)?.links.get(to);
    if (left > 0 || !link) return;
    for (const { from: sender, to: receiver, arrive, what } of link.held.splice(0))
      this.#carry(sender, receiver, what, arrive);
  }

  /** Ends the link between two machines, for both; where one is gone, for the other. @returns whether there was one. */
  breakLink(a: string, b: string): boolean {
    const standing = [[a, b] as const, [b, a] as const].filter(([from, to]) => this.#isStanding(from, to));
    for (const [from, to] of standing) this.#close(this.#wires.get(from)!, to);
    return standing.length > 0;
  }

  /** From now on no gossip passes between two machines, although their link stands. @returns whether there is one. */
  deafen(a: string, b: string): boolean {
    if (!this.#isStanding(a, b)) return false;
    this.#wires.get(a)!.links.get(b)!.isDeaf = true;
    return true;
  }

  /**
   * The process of a machine has ended. Its operating system tells the peers; where the machine is gone, nobody does.
   */
  die(peerId: string, how: 'process' | 'machine'): void {
    const wire = this.#wires.get(peerId);
    if (!wire) return;
    wire.isDead = true;
    wire.events = null;
    wire.asking.clear();
    if (how === 'machine') this.#gone.add(wire.address);
    for (const [otherId, link] of wire.links) {
      link.open.delete(wire);
      if (how === 'process') this.#tellClosed(wire, link);
      else this.#doubt(peerId, otherId);
    }
    wire.links.clear();
    this.#wires.delete(peerId);
  }

  /** A process now stands still: its peers will miss it. */
  paused(peerId: string): void {
    const wire = this.#wires.get(peerId);
    if (wire) for (const otherId of wire.links.keys()) this.#doubt(peerId, otherId);
  }

  /** @param clock of the node: what it waits for, it waits for by this. */
  transport(peerId: string, address: string, clock: Clock, process: Process): Transport {
    const wire: Wire = {
      peerId,
      address,
      process,
      topics: new Map(),
      protocols: new Map(),
      seen: new Map(),
      links: new Map(),
      asking: new Map(),
      dialling: new Set(),
      events: null,
      isOffline: false,
      isDead: false,
      admits: () => true,
    };
    this.#wires.set(peerId, wire);
    this.#gone.delete(address);
    return {
      peerId,
      start: async (events) => {
        wire.events = events;
      },
      stop: async () => {
        for (const other of [...wire.links.keys()]) this.#close(wire, other);
        wire.events = null;
        for (const end of [...wire.dialling]) end();
      },
      addresses: () => (wire.events ? [address] : []),
      dial: (text) => this.#dial(wire, text),
      disconnect: async (other) => this.#close(wire, other),
      setGate: (admits) => {
        wire.admits = admits;
      },
      setOffline: async (isOffline) => {
        wire.isOffline = isOffline;
        if (isOffline) for (const other of [...wire.links.keys()]) this.#close(wire, other);
      },
      subscribe: (topic, onMessage) => void wire.topics.set(topic, onMessage),
      broadcast: async (topic, bytes) => {
        if (this.#isNew(wire, topic, bytes)) this.#spread(wire, topic, bytes, null);
      },
      subscribers: (topic) =>
        this.#peersOf(wire)
          .filter(
            (other) =>
              wire.links.get(other.peerId)!.open.has(wire) && other.topics.has(topic) && !this.#isDeaf(wire, other),
          )
          .map((other) => other.peerId),
      handle: (protocol, requestBytes, onRequest) => void wire.protocols.set(protocol, { requestBytes, onRequest }),
      request: (to, protocol, bytes, { timeoutMs, answerBytes }) =>
        new Promise((resolve, reject) => {
          const link = wire.links.get(to);
          if (!link?.open.has(wire)) return reject(requestFailed('there is no link to the peer'));
          const end = (settle: () => void) => {
            if (!wire.asking.delete(lost)) return;
            timer.cancel();
            settle();
          };
          const lost = () => end(() => reject(requestFailed('the peer refused it, or the link broke')));
          const timer = clock.after(timeoutMs, () => end(() => reject(requestFailed('it took too long'))));
          wire.asking.set(lost, to);
          const answered = (answer: Uint8Array | null) =>
            answer && answer.length <= answerBytes ? end(() => resolve(answer)) : lost();
          this.#ask(wire, farEnd(link, wire), protocol, new Uint8Array(bytes), answered);
        }),
    };
  }

  /** Those at the far ends of its links, whether they are still there or not. */
  #peersOf(wire: Wire): Wire[] {
    return [...wire.links.values()].map((link) => farEnd(link, wire));
  }

  #isStanding(from: string, to: string): boolean {
    const wire = this.#wires.get(from);
    return wire?.links.get(to)?.open.has(wire) === true;
  }

  #isCut(a: string, b: string): boolean {
    return this.isBlocked(a, b) || this.isBlocked(b, a);
  }

  #isDeaf(a: Wire, b: Wire): boolean {
    return a.links.get(b.peerId)?.isDeaf === true;
  }

  async #dial(wire: Wire, text: string): Promise<string> {
    const to = [...this.#wires.values()].find(({ address }) => address === text);
    if (text === wire.address) throw dialledSelf();
    const isReachable = to !== undefined && !this.#isCut(wire.peerId, to.peerId);
    // A port where nobody listens says so at once; a blocked path says nothing, and neither does a machine that is gone.
    const isSilent = to ? !isReachable : this.#gone.has(text);
    const takesMs = isSilent ? dialTimeoutMs : this.#delayMs() + this.#delayMs();
    await new Promise<void>((resolve) => {
      const end = () => {
        wire.dialling.delete(end);
        resolve();
      };
      // A node that stops gives up.
      wire.dialling.add(end);
      this.#timeline.after(takesMs, `${wire.peerId} dials ${text}`, end);
    });
    // The machine may have ended and come back meanwhile.
    const listener = [...this.#wires.values()].find(({ address }) => address === text);
    const isUp = (one: Wire) => one.events !== null && !one.isOffline;
    if (!listener || !isReachable || this.#isCut(wire.peerId, listener.peerId) || !isUp(listener) || !isUp(wire))
      throw dialFailed('nobody answered there');
    if (wire.links.get(listener.peerId)?.open.has(wire)) return listener.peerId;
    if (!wire.admits(listener.peerId, listener.address) || !listener.admits(wire.peerId, null))
      throw dialFailed('nobody answered there');
    this.#connect(wire, listener);
    return listener.peerId;
  }

  #connect(from: Wire, to: Wire): void {
    const old = to.links.get(from.peerId);
    const link: Link = { ends: [from, to], open: new Set([from, to]), held: [], isDeaf: false };
    // The far end may not have noticed that the link before this one is dead: to it, the peer was there all along.
    const isNewsToFarEnd = !old?.open.has(to);
    from.links.set(to.peerId, link);
    to.links.set(from.peerId, link);
    from.events?.connected({ peerId: to.peerId, address: to.address, dialled: true });
    if (isNewsToFarEnd) to.events?.connected({ peerId: from.peerId, address: '127.0.0.1:49152', dialled: false });
  }

  /** One end closes its link; the other learns it if the path is free, and by its pings if not. */
  #close(wire: Wire, otherId: string): void {
    const link = wire.links.get(otherId);
    if (!link?.open.has(wire)) return;
    this.#closed(wire, otherId, link);
    this.#tellClosed(wire, link);
  }

  #tellClosed(wire: Wire, link: Link): void {
    const other = farEnd(link, wire);
    if (!link.open.has(other)) return;
    if (this.isBlocked(wire.peerId, other.peerId)) {
      this.#doubt(wire.peerId, other.peerId);
      return;
    }
    this.#timeline.after(this.#delayMs(), `${other.peerId} hears that ${wire.peerId} hung up`, () =>
      other.process.whenItMoves(() => this.#closed(other, wire.peerId, link)),
    );
  }

  #closed(wire: Wire, peerId: string, link: Link): void {
    if (!link.open.delete(wire) || wire.links.get(peerId) !== link) return;
    wire.links.delete(peerId);
    link.held = [];
    for (const [lost, asked] of wire.asking) if (asked === peerId) lost();
    wire.events?.disconnected(peerId);
  }

  /** Something between two machines does not work: each end finds out by itself, unless it works again by then. */
  #doubt(a: string, b: string): void {
    for (const [peerId, otherId] of [
      [a, b],
      [b, a],
    ] as const) {
      const wire = this.#wires.get(peerId);
      const link = wire?.links.get(otherId);
      if (!wire || !link) continue;
      this.#timeline.after(this.#chance.between(...noticedAfterMs), `${peerId} misses ${otherId}`, () => {
        const other = farEnd(link, wire);
        const answers = link.open.has(other) && !other.process.isPaused;
        if ((answers && !this.#isCut(peerId, otherId)) || !link.open.has(wire)) return;
        wire.process.whenItMoves(() => {
          this.#closed(wire, otherId, link);
          this.#tellClosed(wire, link);
        });
      });
    }
  }

  #delayMs(): number {
    return this.#chance.between(...this.weather.delayMs);
  }

  /** What is sent over a link; it arrives while the link stands at the far end. */
  #carry(from: Wire, to: Wire, what: string, arrive: () => void): void {
    const link = from.links.get(to.peerId);
    if (!link?.open.has(from)) return;
    this.#timeline.after(this.#delayMs(), what, () => {
      if (to.isDead || !link.open.has(to) || to.links.get(from.peerId) !== link) return;
      if (this.isBlocked(from.peerId, to.peerId)) link.held.push({ from, to, arrive, what });
      else to.process.whenItMoves(arrive);
    });
  }

  /** Carries it, or loses it, or carries it twice. */
  #carrySomehow(from: Wire, to: Wire, what: string, arrive: () => void): void {
    if (this.#chance.happens(this.weather.loss)) return;
    this.#carry(from, to, what, arrive);
    if (!this.#chance.happens(this.weather.duplicates)) return;
    this.#carry(from, to, `${what} again`, arrive);
  }

  #spread(from: Wire, topic: string, bytes: Uint8Array, except: string | null): void {
    for (const to of this.#peersOf(from)) {
      if (to.peerId === except || !to.topics.has(topic) || this.#isDeaf(from, to)) continue;
      const copy = new Uint8Array(bytes);
      const what = `${from.peerId} > ${to.peerId} ${shortName(topic)} ${digestOf(topic, bytes).slice(0, 8)}`;
      this.#carrySomehow(from, to, what, () => void this.#receive(to, topic, copy, from.peerId));
    }
  }

  async #receive(wire: Wire, topic: string, bytes: Uint8Array, from: string): Promise<void> {
    if (!this.#isNew(wire, topic, bytes)) return;
    let verdict: MessageVerdict = 'ignore';
    try {
      verdict = (await wire.topics.get(topic)?.(bytes, from)) ?? 'ignore';
    } catch (error) {
      // A subscriber that fails has said nothing, as with the real transport.
      this.#failed(wire, error);
    }
    if (verdict === 'accept' && !wire.isDead) this.#spread(wire, topic, bytes, from);
  }

  /** What a process that has ended was at has no end that counts. */
  #failed(wire: Wire, error: unknown): void {
    if (!wire.isDead) this.onFailure(wire.peerId, error);
  }

  #isNew(wire: Wire, topic: string, bytes: Uint8Array): boolean {
    const digest = digestOf(topic, bytes);
    const { nowMs } = this.#timeline;
    for (const [old, untilMs] of wire.seen) {
      if (untilMs > nowMs) break;
      wire.seen.delete(old);
    }
    if (wire.seen.has(digest)) return false;
    wire.seen.set(digest, nowMs + seenMs);
    return true;
  }

  #ask(from: Wire, to: Wire, protocol: string, bytes: Uint8Array, answered: (answer: Uint8Array | null) => void): void {
    const what = `${from.peerId} ? ${to.peerId} ${shortName(protocol)} ${digestOf('', bytes).slice(0, 8)}`;
    this.#carrySomehow(from, to, what, () => {
      const handler = to.protocols.get(protocol);
      const refused = handler === undefined || bytes.length > handler.requestBytes;
      const asked = refused ? Promise.resolve(null) : handler.onRequest(new Uint8Array(bytes), from.peerId);
      void asked
        .catch((error: unknown) => {
          this.#failed(to, error);
          return null;
        })
        .then((answer) => {
          if (to.isDead) return;
          const told = answer && new Uint8Array(answer);
          const digest = told ? digestOf('', told).slice(0, 8) : 'nothing';
          this.#carry(to, from, `${to.peerId} ! ${from.peerId} ${shortName(protocol)} ${digest}`, () => answered(told));
        });
    });
  }
}

function farEnd({ ends: [one, other] }: Link, wire: Wire): Wire {
  return wire === one ? other : one;
}

function digestOf(topic: string, bytes: Uint8Array): string {
  return createHash('sha256').update(topic).update(bytes).digest('hex');
}

/** Without the network: /carechain/<network>/headers/1 is headers. */
function shortName(protocol: string): string {
  const parts = protocol.split('/');
  return parts[parts.length - 2]!;
}

/** Paths between two groups, in both directions. */
export function pathsBetween(some: readonly string[], others: readonly string[]): [from: string, to: string][] {
  assert(!some.some((name) => others.includes(name)), 'nobody is on both sides');
  return some.flatMap((one) =>
    others.flatMap((other): [string, string][] => [
      [one, other],
      [other, one],
    ]),
  );
}
