/**
 * Transports whose wires are in memory: many nodes in one process, without a socket. They keep the contract of the real
 * one (`test/network/transport-contract.ts` runs over both): bytes are copied, nothing arrives in the same turn, what goes
 * over one link arrives in order, limits and timeouts hold, errors have the same codes. The wire can be cut.
 *
 *   const hub = createMemoryHub();
 *   const doctor = hub.transport('doctor');          // listens on 127.0.0.1:7001, the next on 7002, …
 *   hub.cut([doctor], [lab]);                        // links fall, and none can be made
 *   hub.heal();
 */
import { createHash } from 'node:crypto';
import { assert, type Clock, systemClock } from '../../src/base/index.ts';
import { parseAddress } from '../../src/network/address.ts';
import {
  dialFailed,
  dialledSelf,
  type Gate,
  type MessageVerdict,
  requestFailed,
  type Transport,
  type TransportEvents,
} from '../../src/network/index.ts';

type OnMessage = Parameters<Transport['subscribe']>[1];
type OnRequest = Parameters<Transport['handle']>[2];
type End = string | Pick<Transport, 'peerId'>;

export interface MemoryHub {
  /** A transport that is reached at `address`, or at the next free port of 127.0.0.1. */
  transport(peerId: string, address?: string): Transport;
  /** Breaks every link between the two groups, and lets none be made until {@link heal}. */
  cut(some: readonly End[], others: readonly End[]): void;
  heal(): void;
  /** Links that stand, as `a-b` with the lower peer id first. */
  links(): string[];
}

interface Wire {
  readonly peerId: string;
  readonly address: string;
  readonly topics: Map<string, OnMessage>;
  readonly protocols: Map<string, { requestBytes: number; onRequest: OnRequest }>;
  /** Messages seen, by content: gossip passes on nothing twice. */
  readonly seen: Set<string>;
  readonly linked: Set<string>;
  events: TransportEvents | null;
  offline: boolean;
  admits: Gate;
}

export function createMemoryHub({ clock = systemClock }: { clock?: Clock } = {}): MemoryHub {
  const wires = new Map<string, Wire>();
  const cuts: { some: Set<string>; others: Set<string> }[] = [];
  let nextPort = 7_001;

  const isUp = (wire: Wire) => wire.events !== null && !wire.offline;
  const isCut = (a: string, b: string) =>
    cuts.some(({ some, others }) => (some.has(a) && others.has(b)) || (some.has(b) && others.has(a)));

  function link(from: Wire, to: Wire): void {
    if (from.linked.has(to.peerId)) return;
    from.linked.add(to.peerId);
    to.linked.add(from.peerId);
    from.events?.connected({ peerId: to.peerId, address: to.address, dialled: true });
    to.events?.connected({ peerId: from.peerId, address: '127.0.0.1:49152', dialled: false });
  }

  function unlink(a: Wire, b: Wire): void {
    if (!a.linked.delete(b.peerId)) return;
    b.linked.delete(a.peerId);
    a.events?.disconnected(b.peerId);
    b.events?.disconnected(a.peerId);
  }

  function unlinkAll(wire: Wire): void {
    for (const peerId of [...wire.linked]) unlink(wire, wires.get(peerId)!);
  }

  /** What goes over a link, later and in order: `setImmediate` keeps its order. It is lost where the link falls first. */
  function carry(from: Wire, to: Wire, arrive: () => void): void {
    setImmediate(() => {
      if (from.linked.has(to.peerId)) arrive();
    });
  }

  function forward(from: Wire, topic: string, bytes: Uint8Array, except: string | null): void {
    for (const peerId of from.linked) {
      const to = wires.get(peerId)!;
      if (peerId === except || !to.topics.has(topic)) continue;
      const copy = new Uint8Array(bytes);
      carry(from, to, () => void receive(to, topic, copy, from.peerId));
    }
  }

  async function receive(wire: Wire, topic: string, bytes: Uint8Array, from: string): Promise<void> {
    if (!see(wire, topic, bytes)) return;
    let verdict: MessageVerdict = 'ignore';
    try {
      verdict = (await wire.topics.get(topic)?.(bytes, from)) ?? 'ignore';
    } catch {
      // A subscriber that fails has said nothing, as with the real transport.
    }
    if (verdict === 'accept') forward(wire, topic, bytes, from);
  }

  function see(wire: Wire, topic: string, bytes: Uint8Array): boolean {
    const id = createHash('sha256').update(topic).update(bytes).digest('hex');
    if (wire.seen.has(id)) return false;
    wire.seen.add(id);
    return true;
  }

  function request(
    from: Wire,
    to: Wire,
    protocol: string,
    bytes: Uint8Array,
    answerBytes: number,
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const refuse = () => reject(requestFailed('the peer refused it, or the link broke'));
      const handler = to.protocols.get(protocol);
      const copy = new Uint8Array(bytes);
      carry(from, to, async () => {
        if (handler === undefined) return refuse();
        if (copy.length > handler.requestBytes) {
          to.events?.violated?.(from.peerId, 'frame-too-long');
          return refuse();
        }
        try {
          const answer = new Uint8Array(await handler.onRequest(copy, from.peerId));
          carry(to, from, () => {
            if (answer.length <= answerBytes) return resolve(answer);
            from.events?.violated?.(to.peerId, 'frame-too-long');
            refuse();
          });
        } catch {
          refuse();
        }
      });
    });
  }

  function transport(peerId: string, address = `127.0.0.1:${nextPort++}`): Transport {
    assert(wires.get(peerId)?.events == null, 'a peer id is in use once at a time');
    const wire: Wire = {
      peerId,
      address,
      topics: new Map(),
      protocols: new Map(),
      seen: new Set(),
      linked: new Set(),
      events: null,
      offline: false,
      admits: () => true,
    };
    wires.set(peerId, wire);
    /** Requests under way, each with what ends it where its link falls. */
    const pending = new Map<() => void, string>();
    const dropRequests = (to: string | null) => {
      for (const [fail, peer] of pending) if (to === null || peer === to) fail();
    };

    return {
      peerId,
      async start(events) {
        wire.events = {
          connected: (peer) => events.connected(peer),
          disconnected(gone) {
            dropRequests(gone);
            events.disconnected(gone);
          },
          violated: (other, code) => events.violated?.(other, code),
        };
      },
      async stop() {
        unlinkAll(wire);
        dropRequests(null);
        wire.events = null;
      },
      addresses: () => (wire.events === null ? [] : [address]),
      async dial(text) {
        const wanted = parseAddress(text);
        const hostAndPort = `${wanted.host === 'localhost' ? '127.0.0.1' : wanted.host}:${wanted.port}`;
        if (hostAndPort === address || wanted.peerId === peerId) throw dialledSelf();
        await new Promise((resolve) => setImmediate(resolve));
        const other = [...wires.values()].find((one) => one.address === hostAndPort);
        const isThere = other !== undefined && isUp(wire) && isUp(other) && !isCut(peerId, other.peerId);
        if (!isThere || (wanted.peerId ?? other.peerId) !== other.peerId) throw dialFailed('nobody answered there');
        if (wire.linked.has(other.peerId)) return other.peerId;
        if (!wire.admits(other.peerId, hostAndPort) || !other.admits(peerId, null))
          throw dialFailed('nobody answered there');
        link(wire, other);
        return other.peerId;
      },
      async disconnect(other) {
        if (wire.linked.has(other)) unlink(wire, wires.get(other)!);
      },
      setGate(admits) {
        wire.admits = admits;
      },
      async setOffline(offline) {
        wire.offline = offline;
        if (offline) unlinkAll(wire);
      },
      subscribe: (topic, onMessage) => void wire.topics.set(topic, onMessage),
      async broadcast(topic, bytes) {
        if (see(wire, topic, bytes)) forward(wire, topic, bytes, null);
      },
      subscribers: (topic) => [...wire.linked].filter((other) => wires.get(other)!.topics.has(topic)),
      handle: (protocol, requestBytes, onRequest) => void wire.protocols.set(protocol, { requestBytes, onRequest }),
      request(to, protocol, bytes, { timeoutMs, answerBytes }) {
        return new Promise((resolve, reject) => {
          if (!wire.linked.has(to)) return reject(requestFailed('there is no link to the peer'));
          const lost = () => end(() => reject(requestFailed('the peer refused it, or the link broke')));
          const timer = clock.after(timeoutMs, () => end(() => reject(requestFailed('it took too long'))));
          const end = (settle: () => void) => {
            timer.cancel();
            pending.delete(lost);
            settle();
          };
          pending.set(lost, to);
          request(wire, wires.get(to)!, protocol, bytes, answerBytes).then(
            (answer) => end(() => resolve(answer)),
            (error) => end(() => reject(error)),
          );
        });
      },
    };
  }

  const idOf = (end: End) => (typeof end === 'string' ? end : end.peerId);
  return {
    transport,
    cut(some, others) {
      cuts.push({ some: new Set(some.map(idOf)), others: new Set(others.map(idOf)) });
      for (const wire of wires.values()) {
        for (const peerId of [...wire.linked]) if (isCut(wire.peerId, peerId)) unlink(wire, wires.get(peerId)!);
      }
    },
    heal: () => void cuts.splice(0),
    links: () =>
      [...wires.values()].flatMap(({ peerId, linked }) =>
        [...linked].filter((other) => peerId < other).map((other) => `${peerId}-${other}`),
      ),
  };
}
