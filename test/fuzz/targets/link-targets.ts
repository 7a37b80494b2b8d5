/**
 * The frames below all messages, of yamux and of gossipsub, which the libraries read: each input goes into a real muxer or a
 * real gossipsub, set as the host sets them, with our watch on it. Whoever sends what is no frame is cut off, nobody else,
 * and nothing that is thrown inside goes unseen.
 */
import { type GossipSub, gossipsub } from '@libp2p/gossipsub';
import { RPC } from '@libp2p/gossipsub/message';
import type { Connection, PeerId } from '@libp2p/interface';
import { yamux } from '@libp2p/yamux';
import { concatBytes, utf8ToBytes } from '../../../src/base/index.ts';
import { watchGossipFrames } from '../../../src/network/gossip-frames.ts';
import { gossipOptions } from '../../../src/network/gossip-options.ts';
import { watchFrames } from '../../../src/network/link-frames.ts';
import { networkLimits } from '../../../src/network/network-limits.ts';
import { type Target, target } from '../target.ts';

const silent = Object.assign(() => {}, { error() {}, trace() {}, newScope: () => silent, enabled: false });

const createYamux = yamux({
  enableKeepAlive: false,
  maxInboundStreams: networkLimits.streamsPerConnection,
  streamOptions: {
    maxStreamWindowSize: networkLimits.streamWindowBytes,
    maxWriteBufferLength: networkLimits.writeBufferBytes,
  },
})();

interface Muxer {
  readonly status: string;
  readonly decoder: { readonly buffer: { readonly byteLength: number } };
  abort(error: Error): void;
  addEventListener(name: 'stream', listener: () => void): void;
}

/** An encrypted link as far as the muxer and the watch see it. */
class Link extends EventTarget {
  readonly log = silent;
  readonly direction = 'inbound';
  readonly muxer: Muxer;
  /** Why it was cut, by whom it may be. */
  errors: Error[] = [];
  violations = 0;

  constructor() {
    super();
    this.muxer = createYamux.createStreamMuxer(this as never) as unknown as Muxer;
    // A stream that nobody takes would be counted among those that came too early.
    this.muxer.addEventListener('stream', () => {});
    watchFrames(this as unknown as Connection, () => {
      this.violations += 1;
    });
  }

  send(): boolean {
    return true;
  }

  abort(error: Error): void {
    this.errors.push(error);
    this.muxer.abort(error);
  }

  hand(bytes: Uint8Array): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data: bytes }));
  }

  get isWaiting(): boolean {
    return this.muxer.status === 'open' && this.muxer.decoder.buffer.byteLength > 0;
  }
}

/** What a frame that waits for its end is given: together more than any frame may have. */
const filling = new Uint8Array(networkLimits.frameBytes / 4);
const fillings = 5;

/** Errors that nobody throws on purpose. */
const bugs: ReadonlySet<string> = new Set(['TypeError', 'RangeError', 'ReferenceError', 'AssertionError']);

async function readFrames(input: Uint8Array): Promise<Link> {
  const link = new Link();
  const half = input.length >> 1;
  for (const part of [input.subarray(0, half), input.subarray(half)]) if (part.length > 0) link.hand(part);
  // The watch cuts in a microtask of its own.
  await Promise.resolve();
  return link;
}

function yamuxFrame(
  type: number,
  flags: number,
  stream: number,
  length: number,
  data: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const header = Buffer.alloc(12);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(flags, 2);
  header.writeUInt32BE(stream, 4);
  header.writeUInt32BE(length, 8);
  return concatBytes(header, data);
}

const [data, windowUpdate, ping, goAway] = [0, 1, 2, 3] as const;
const [syn, ack, fin, rst] = [1, 2, 4, 8] as const;
const hello = utf8ToBytes('hello');

const linkFrames = target<number>({
  name: 'yamux-frames',
  shape: 'bytes',
  mostBytes: 65_536,
  longerAllowed: 'a frame is bounded, and not how many of them come',
  seeds: [
    concatBytes(yamuxFrame(windowUpdate, syn, 1, 0), yamuxFrame(data, 0, 1, hello.length, hello)),
    concatBytes(yamuxFrame(data, syn, 3, hello.length, hello), yamuxFrame(windowUpdate, fin, 3, 0)),
    concatBytes(yamuxFrame(ping, syn, 0, 7), yamuxFrame(windowUpdate, syn, 5, 9), yamuxFrame(windowUpdate, rst, 5, 0)),
    concatBytes(yamuxFrame(windowUpdate, ack, 7, 0), yamuxFrame(goAway, 0, 0, 0)),
    yamuxFrame(data, syn, 9, 1_000, new Uint8Array(500)),
  ],
  async decode(input) {
    const link = await readFrames(input);
    const bug = link.errors.find(({ name }) => bugs.has(name));
    if (bug !== undefined) throw bug;
    if (link.violations > 1) throw new Error('one peer is blamed twice');
    if (link.violations > 0 && link.errors.length === 0) throw new Error('whoever broke the protocol is still linked');
    return link.errors.length > 0 ? null : { value: await endless(link) };
  },
  objection: (most) => (most > networkLimits.frameBytes + filling.length ? 'more than a frame is kept' : null),
});

/** Goes on until no frame waits for its end. @returns the most that was kept meanwhile. */
async function endless(link: Link): Promise<number> {
  let most = 0;
  for (let left = fillings; left > 0 && link.isWaiting; left--) {
    link.hand(filling);
    await Promise.resolve();
    most = Math.max(most, link.muxer.decoder.buffer.byteLength);
  }
  if (link.isWaiting) throw new Error('a frame is waited for though it is longer than allowed');
  return most;
}

const topic = 'carechain/transactions';
const inside = gossipsub(gossipOptions([topic]))({
  logger: { forComponent: () => silent },
} as never) as unknown as GossipSub & {
  handleReceivedRpc(peerId: PeerId, rpc: RPC): Promise<void>;
  pipePeerReadStream(peerId: PeerId, frames: AsyncIterable<Uint8Array>): Promise<void>;
};
let received: RPC | null = null;
const told: string[] = [];
inside.handleReceivedRpc = async (_peerId, rpc) => {
  received = rpc;
};
watchGossipFrames(inside, {
  onViolation: () => told.push('violation'),
  onDeaf: () => told.push('deaf'),
});
const peer = { toString: () => 'peer' } as PeerId;

async function* frameOf(input: Uint8Array): AsyncGenerator<Uint8Array> {
  yield input;
}

const bytes = (length: number) => new Uint8Array(length).fill(0xab);
const nothing = { subscriptions: [], messages: [] };

const gossipFrames = target<RPC>({
  name: 'gossip-frame',
  shape: 'bytes',
  mostBytes: networkLimits.gossipFrameBytes,
  longerAllowed: 'its length goes before it, and is looked at before it',
  seeds: [
    { ...nothing, subscriptions: [{ subscribe: true, topic }] },
    {
      ...nothing,
      messages: [
        { topic, data: bytes(40) },
        { topic, data: bytes(300) },
      ],
    },
    {
      ...nothing,
      control: {
        ihave: [{ topicID: topic, messageIDs: [bytes(20), bytes(20)] }],
        iwant: [{ messageIDs: [bytes(20)] }],
        graft: [{ topicID: topic }],
        prune: [{ topicID: topic, peers: [], backoff: 60 }],
        idontwant: [{ messageIDs: [bytes(20)] }],
      },
    },
  ].map((rpc) => RPC.encode(rpc)),
  async decode(input) {
    received = null;
    told.length = 0;
    await inside.pipePeerReadStream(peer, frameOf(input));
    if (told.length > 1) throw new Error(`one frame is told of as ${told}`);
    if (received !== null && told.length > 0) throw new Error(`what was taken is told of as ${told}`);
    return received === null ? null : { value: received };
  },
  objection: ({ subscriptions, messages }) =>
    subscriptions.length > 64 || messages.length > 1_024 ? 'it holds more than it may' : null,
});

export const linkTargets: readonly Target[] = [linkFrames, gossipFrames];
