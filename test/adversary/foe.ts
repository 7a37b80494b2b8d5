/**
 * A peer of libp2p with its own key and no rules: it links, says who it is, answers as it is told, asks and gossips any
 * bytes. What it does not do by itself is behave.
 */
import { noise } from '@chainsafe/libp2p-noise';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import type { Connection, Ed25519PrivateKey, PrivateKey, Stream } from '@libp2p/interface';
import { ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p, type Libp2p } from 'libp2p';
import { readFrame, writeFrame } from '../../src/network/framing.ts';
import { encodeStatus, type StatusMessage } from '../../src/network/status-message.ts';
import { encodeIds } from '../../src/network/wire.ts';
import { bytesFrom } from '../support/ledger.ts';
import { within } from '../support/waiting.ts';
import { encodeRpc, type GossipRpc, prefixed } from './gossip-rpc.ts';
import { monotonicMs } from './honest-host.ts';
import type { HonestNode } from './honest-node.ts';

export interface FoeSettings {
  readonly name: string;
  readonly genesis: string;
  /** The address on this machine that it comes from: all of 127.0.0.0/8 is this machine. */
  readonly from?: string;
  /** Clock of the honest network. */
  readonly now: () => number;
  /** Signs the handshake; an honest key where nothing is said. */
  readonly bendKey?: (key: Ed25519PrivateKey) => PrivateKey | Promise<PrivateKey>;
  readonly withoutIdentify?: boolean;
}

/** What it answers: bytes in a frame, bytes as they are, or null for nothing at all. */
export type FoeAnswer = Uint8Array | { readonly raw: Uint8Array } | null;

/** Long: a slow machine must not look like an honest node that does not answer. */
const patienceMs = 20_000;
/** Foes come from elsewhere than honest people. */
export const foreignHost = '127.66.0.1';

export class Foe {
  readonly libp2p: Libp2p;
  readonly settings: FoeSettings;
  readonly prefix: string;
  /** What it says of itself. */
  claim: StatusMessage;
  /** When the first byte of an offence went out, since {@link arm}. */
  struckAt: number | null = null;
  /** When its link was cut, since it was dialled. */
  cutAt: number | null = null;
  /** Hashes of the bent blocks that it has offered. */
  readonly offered: string[] = [];
  #isArmed = false;
  #connection: Connection | null = null;
  #gossip: Stream | null = null;
  #cut: Promise<number> = Promise.resolve(0);

  private constructor(libp2p: Libp2p, settings: FoeSettings) {
    this.libp2p = libp2p;
    this.settings = settings;
    this.prefix = `/carechain/${settings.genesis.slice(0, 16)}/`;
    const tip = { hash: settings.genesis, height: 0, work: 0 };
    const { name: nodeId, genesis } = settings;
    // A sum that agrees with nobody's: so it is asked for what it has pending.
    const pending = { count: 1, sum: 'ab'.repeat(32) };
    this.claim = { genesis, rules: 1, tip, pending, time: 0, nodeId, addresses: [], others: [] };
  }

  static async create(settings: FoeSettings): Promise<Foe> {
    const key = await generateKeyPairFromSeed('Ed25519', bytesFrom(`foe ${settings.name}`));
    const quiet = { maxInboundStreams: 10_000, maxOutboundStreams: 10_000 };
    const libp2p = await createLibp2p({
      privateKey: (await settings.bendKey?.(key)) ?? key,
      addresses: { listen: [] },
      transports: [tcp({ dialOpts: { localAddress: settings.from ?? foreignHost } as object })],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux(quiet)],
      connectionManager: { reconnectRetries: 0, maxConnections: 1_000 },
      connectionMonitor: { enabled: false },
      services: { ping: ping(quiet), ...(settings.withoutIdentify ? {} : { identify: identify(quiet) }) },
    });
    const foe = new Foe(libp2p, settings);
    const sink = (stream: Stream) => stream.addEventListener('message', () => undefined);
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await libp2p.handle(`/meshsub/${version}`, sink, quiet);
    await foe.answer('/carechain/status/1', () => foe.status());
    await foe.answer(`${foe.prefix}transactions/1`, () => encodeIds([]));
    return foe;
  }

  get peerId(): string {
    return this.libp2p.peerId.toString();
  }

  get connection(): Connection {
    if (this.#connection === null) throw new Error('the foe is not linked');
    return this.#connection;
  }

  /** Resolves with the moment when its link was cut. */
  get cut(): Promise<number> {
    return this.#cut;
  }

  get isLinked(): boolean {
    return this.#connection?.status === 'open';
  }

  status(): Uint8Array {
    return encodeStatus({ ...this.claim, time: this.claim.time === 0 ? this.settings.now() : this.claim.time });
  }

  /** Opens a connection and no more. */
  async dial({ address }: HonestNode): Promise<Connection> {
    const [host, port] = address.split(':');
    const signal = AbortSignal.timeout(patienceMs);
    const connection = await this.libp2p.dial(multiaddr(`/ip4/${host}/tcp/${port}`), { signal, force: true });
    this.#connection = connection;
    this.#gossip = null;
    this.cutAt = null;
    this.#cut = new Promise((resolve) => {
      const closed = () => {
        if (this.#connection === connection) this.cutAt = monotonicMs();
        resolve(monotonicMs());
      };
      if (connection.status !== 'open') closed();
      connection.addEventListener('close', closed);
    });
    return connection;
  }

  /** Dials, tells its status and listens to gossip, as an honest peer does. */
  async link(node: HonestNode): Promise<void> {
    await this.dial(node);
    await this.tell();
    await this.gossip({
      subscriptions: ['transactions/1', 'blocks/1'].map((name) => ({ topic: this.prefix + name, subscribe: true })),
    });
  }

  /** Tells its status, and hears the other's: no offence, whatever the status claims. */
  async tell(): Promise<void> {
    await this.#exchange('/carechain/status/1', this.status());
  }

  /** From here on the first message counts as the beginning of an offence; an answer does where {@link lie} gives it. */
  arm(): void {
    this.#isArmed = true;
    this.struckAt = null;
  }

  strike(): void {
    if (this.#isArmed) this.struckAt ??= monotonicMs();
  }

  open(protocol: string): Promise<Stream> {
    return this.connection.newStream(protocol, { signal: AbortSignal.timeout(patienceMs) });
  }

  /** Asks as the protocol says. @throws where the other side does not answer. */
  ask(protocol: string, request: Uint8Array): Promise<Uint8Array> {
    return this.#exchange(protocol, request, () => this.strike());
  }

  async #exchange(protocol: string, request: Uint8Array, before = () => {}): Promise<Uint8Array> {
    const signal = AbortSignal.timeout(2 * patienceMs);
    const stream = await this.open(protocol);
    before();
    await writeFrame(stream, request, signal);
    const answer = await readFrame(stream, 16_000_000, signal);
    await stream.close({ signal });
    return answer;
  }

  /** Opens a stream and sends bytes as they are. */
  async send(protocol: string, bytes: Uint8Array): Promise<Stream> {
    const stream = await this.open(protocol);
    this.strike();
    stream.send(bytes);
    return stream;
  }

  /** Answers each request to a protocol of its own. */
  async answer(protocol: string, make: (request: Uint8Array) => FoeAnswer): Promise<void> {
    await this.libp2p.handle(
      protocol,
      async (stream) => {
        try {
          const signal = AbortSignal.timeout(60_000);
          const made = make(await readFrame(stream, 16_000_000, signal));
          if (made === null) return;
          if ('raw' in made) stream.send(made.raw);
          else await writeFrame(stream, made, signal);
          await stream.close({ signal });
        } catch {
          // The honest side has had enough, and hung up.
        }
      },
      { force: true, maxInboundStreams: 10_000 },
    );
  }

  /** As {@link answer}, with what only a liar says: each answer is an offence. */
  lie(protocol: string, make: (request: Uint8Array) => FoeAnswer): Promise<void> {
    return this.answer(protocol, (request) => {
      this.strike();
      return make(request);
    });
  }

  /** Sends messages of gossipsub; waits where the other side reads slowly. */
  async gossip(...messages: readonly (GossipRpc | Uint8Array)[]): Promise<void> {
    this.#gossip ??= await this.open('/meshsub/1.1.0');
    this.strike();
    await this.hint(...messages);
  }

  /** As {@link gossip}, with what is no offence yet: it leads the other side to one. */
  async hint(...messages: readonly (GossipRpc | Uint8Array)[]): Promise<void> {
    this.#gossip ??= await this.open('/meshsub/1.1.0');
    for (const message of messages) {
      const bytes = message instanceof Uint8Array ? message : prefixed(encodeRpc(message));
      if (!this.#gossip.send(bytes)) await this.#gossip.onDrain({ signal: AbortSignal.timeout(patienceMs) });
    }
  }

  publish(topic: 'transactions/1' | 'blocks/1', ...messages: readonly Uint8Array[]): Promise<void> {
    return this.gossip(...messages.map((data) => ({ publish: [{ topic: this.prefix + topic, data }] })));
  }

  async leave(): Promise<void> {
    this.#connection?.abort(new Error('The foe has left.'));
    this.#connection = null;
    await within(Promise.resolve(this.libp2p.stop()), 2_000);
  }
}
