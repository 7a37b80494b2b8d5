/** Links and what lies below messages: sockets, handshakes, frames, streams, identities. */
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey, Stream } from '@libp2p/interface';
import { limits } from '../../../src/base/index.ts';
import { decodeSealedHeader } from '../../../src/ledger/index.ts';
import { networkLimits } from '../../../src/network/network-limits.ts';
import { decodeHeaders, encodeLocator } from '../../../src/network/wire.ts';
import { pause, until, within } from '../../support/waiting.ts';
import { type Arena, type Behaviour, counted } from '../behaviour.ts';
import { type Foe, foreignHost } from '../foe.ts';
import type { HonestNetwork } from '../honest-network.ts';

/** Where an honest peer comes from that nobody has configured. */
export const newcomersHost = '127.3.0.1';
const newcomerMs = 5_000;
/** Two pings, four seconds apart, and the patience of the last one; a slow machine takes longer. */
const pingedMs = 30_000;
/** Less than a request may take to come: until then an idle stream is let be. */
const boundedMs = 8_000;
/** The longest wait of a dialer, and as much again. */
const dialledMs = 20_000;
/** An address that leads nowhere is dialled for so long at the least: chance takes no more than half of each wait. */
const hopelessMs = 22_500;

function socketTo({ network }: Arena): Socket {
  const [host, port] = network.victim.address.split(':');
  const socket = createConnection({ host: host!, port: Number(port), localAddress: foreignHost });
  // Reset or refused: that is what the honest side may do.
  socket.on('error', () => undefined);
  return socket;
}

/** Holds sockets open while `meanwhile` runs. */
async function holding(sockets: readonly Socket[], meanwhile: () => Promise<void>): Promise<void> {
  try {
    await meanwhile();
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** A peer that nobody knows yet links and is answered, as at any other time. @throws Error after five seconds. */
async function newcomerLinks(arena: Arena, from = newcomersHost): Promise<void> {
  const startedAt = performance.now();
  const newcomer = await arena.foe({ from });
  const links = async () => {
    await within(
      newcomer.link(arena.network.victim).catch(() => undefined),
      2_000,
    );
    return newcomer.isLinked && (await arena.network.victim.call('view')).peers.includes(newcomer.peerId);
  };
  await until(links, `a newcomer from ${from} to be linked`, newcomerMs);
  arena.note('newcomerMs', performance.now() - startedAt);
}

/** A peer that was hung up, and not shunned, links again and is answered. */
export async function comesBack(foe: Foe, { victim }: HonestNetwork): Promise<void> {
  const isBack = async () => {
    if (!foe.isLinked) await foe.link(victim).catch(() => undefined);
    return foe.isLinked && (await victim.call('view')).peers.includes(foe.peerId);
  };
  await until(isBack, 'a peer that was hung up to come back', newcomerMs);
}

/** The methods below a connection that its type does not show. */
type Raw = {
  muxer: { send(bytes: Uint8Array): boolean; createStream(): Promise<Pick<Stream, 'send' | 'status'>> };
};
const muxerOf = (foe: Foe) => (foe.connection as unknown as Raw).muxer;

export const linkLies: readonly Behaviour[] = [
  {
    name: 'malformed-frames',
    does: 'sends bytes that are no frame of yamux through the encrypted link',
    crime: true,
    codes: ['malformed-frame'],
    async go(foe, { chance }) {
      foe.strike();
      muxerOf(foe).send(Uint8Array.of(7, 7, ...chance.bytes(10)));
    },
  },
  {
    name: 'endless-frame',
    does: 'begins a frame of 2 GiB and goes on sending it',
    crime: true,
    codes: ['malformed-frame'],
    async go(foe, arena) {
      foe.strike();
      muxerOf(foe).send(Uint8Array.of(0, 0, 0, 1, 0, 0, 0x0f, 0xff, 0x7f, 0xff, 0xff, 0xff));
      for (let count = 0; count < counted(2_000, arena) && foe.isLinked; count += 1) {
        muxerOf(foe).send(new Uint8Array(65_536));
        await pause(0);
      }
    },
  },
];

export const linkOddities: readonly Behaviour[] = [
  {
    name: 'half-open-sockets',
    does: 'opens three hundred sockets and says nothing on them',
    crime: false,
    comesUnlinked: true,
    go: (_foe, arena) => {
      const sockets = Array.from({ length: counted(300, arena) }, () => socketTo(arena));
      return holding(sockets, async () => {
        await newcomerLinks(arena);
        await newcomerLinks(arena, foreignHost);
      });
    },
  },
  {
    name: 'slow-handshake',
    does: 'begins a hundred handshakes and sends a byte of them a second',
    crime: false,
    takesLong: true,
    comesUnlinked: true,
    async go(_foe, arena) {
      const sockets = Array.from({ length: counted(100, arena) }, () => socketTo(arena));
      const greeting = Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n');
      let sent = 0;
      const drip = setInterval(() => {
        for (const socket of sockets) socket.write(greeting.subarray(sent, sent + 1));
        sent += 1;
      }, 1_000);
      await holding(sockets, async () => {
        await newcomerLinks(arena);
        await until(() => sockets.every(({ destroyed }) => destroyed), 'slow handshakes to be given up', 12_000);
      });
      clearInterval(drip);
    },
  },
  {
    name: 'garbage-instead-of-a-handshake',
    does: 'sends random bytes where a handshake should be',
    crime: false,
    takesLong: true,
    comesUnlinked: true,
    async go(_foe, arena) {
      const sockets = Array.from({ length: counted(40, arena) }, () => socketTo(arena));
      for (const socket of sockets) socket.write(arena.chance.bytes(400));
      await holding(sockets, () =>
        until(() => sockets.every(({ destroyed }) => destroyed), 'garbage to be hung up on', 12_000),
      );
    },
  },
  {
    name: 'noise-garbage',
    does: 'agrees on Noise and then sends random bytes as its handshake',
    crime: false,
    takesLong: true,
    comesUnlinked: true,
    async go(_foe, arena) {
      const sockets = Array.from({ length: counted(40, arena) }, () => socketTo(arena));
      for (const socket of sockets) {
        socket.write('\x13/multistream/1.0.0\n\x07/noise\n');
        socket.write(Uint8Array.of(0, 200, ...arena.chance.bytes(200)));
      }
      await holding(sockets, () =>
        until(() => sockets.every(({ destroyed }) => destroyed), 'a bent handshake to be hung up on', 12_000),
      );
    },
  },
  {
    name: 'borrowed-identity',
    does: 'signs its handshake with another key than that of the identity it claims; the owner is let in',
    crime: false,
    comesUnlinked: true,
    settings: { bendKey: bentKey },
    async go(foe, arena) {
      const { network } = arena;
      const connection = await foe.dial(network.victim).catch(() => null);
      await until(() => connection === null || connection.status !== 'open', 'a bent identity to be refused', 8_000);
      const { peers } = await network.victim.call('view');
      if (peers.includes(foe.peerId)) throw new Error('an identity was borrowed');
      // The very same identity with its own key: it was the signature that was refused.
      const owner = await arena.foe({ name: foe.settings.name });
      await owner.link(network.victim);
      const isIn = async () => (await network.victim.call('view')).peers.includes(owner.peerId);
      await until(isIn, 'the owner of the identity to be linked', newcomerMs);
      if (owner.peerId !== foe.peerId) throw new Error('the owner is somebody else: nothing is shown');
    },
  },
  {
    name: 'key-of-another-kind',
    does: 'comes with a key of secp256k1, whose signatures only another library could check',
    crime: false,
    comesUnlinked: true,
    settings: { bendKey: () => generateKeyPair('secp256k1') },
    async go(foe, arena) {
      const { network } = arena;
      const connection = await foe.dial(network.victim).catch(() => null);
      await until(() => connection === null || connection.status !== 'open', 'such a key to be refused', boundedMs);
      const { peers } = await network.victim.call('view');
      if (peers.includes(foe.peerId)) throw new Error('a key of another kind was let in');
      // The same host with a key of the right kind: it was the key that was refused.
      await newcomerLinks(arena, foreignHost);
    },
  },
  {
    name: 'idle-streams',
    does: 'opens a thousand streams and uses none',
    crime: false,
    async go(foe, arena) {
      const opening = Array.from({ length: counted(1_000, arena) }, (_, index) =>
        index % 2 === 0 ? muxerOf(foe).createStream() : foe.open(`${foe.prefix}headers/1`),
      );
      const settled = await Promise.allSettled(opening);
      // This side believes at once that a stream is open; one that is too many is reset by the other.
      const streams = settled.flatMap((each, index) =>
        index % 2 === 1 && each.status === 'fulfilled' ? [each.value as Stream] : [],
      );
      const open = () => streams.filter(({ status }) => status === 'open').length;
      await until(
        () => open() > 0 && open() < streams.length,
        'some of the streams to be taken and the others to be refused',
        boundedMs,
      );
      arena.note('streamsTaken', open());
      await newcomerLinks(arena);
    },
  },
  {
    name: 'garbage-instead-of-a-protocol',
    does: 'opens streams and names no protocol on them but random bytes',
    crime: false,
    async go(foe, arena) {
      const streams: Pick<Stream, 'status'>[] = [];
      for (let count = 0; count < counted(200, arena) && foe.isLinked; count += 1) {
        const stream = await muxerOf(foe).createStream();
        streams.push(stream);
        // One that is too many is reset at once.
        if (stream.status === 'open') stream.send(arena.chance.bytes(60));
      }
      // Of some the first byte announces more than follows: those are waited for.
      await until(
        () => streams.some(({ status }) => status !== 'open'),
        'the victim to have read some of it',
        boundedMs,
      );
      if (!foe.isLinked) throw new Error('a stream is reset, and the link stays');
      // As long as too many are waited for, another one is refused.
      const isHeard = () =>
        foe.tell().then(
          () => true,
          () => false,
        );
      await until(isHeard, 'the foe to be heard once it says something', boundedMs);
    },
  },
  {
    name: 'malformed-identify',
    does: 'answers identify with random bytes',
    crime: false,
    comesUnlinked: true,
    settings: { withoutIdentify: true },
    async go(foe, { network, chance }) {
      let asked = 0;
      await foe.libp2p.handle('/ipfs/id/1.0.0', (stream) => {
        asked += 1;
        stream.send(chance.bytes(3_000));
      });
      await foe.link(network.victim);
      const push = await foe.open('/ipfs/id/push/1.0.0').catch(() => null);
      push?.send(chance.bytes(3_000));
      await until(() => asked > 0, 'the victim to ask who the foe is', 5_000);
      await foe.ask('/carechain/status/1', foe.status());
      if (!foe.isLinked) throw new Error('who cannot say who it is may stay all the same');
    },
  },
  {
    name: 'many-identities',
    does: 'links two hundred identities from one address',
    crime: false,
    comesUnlinked: true,
    async go(_foe, arena) {
      const tried = counted(200, arena);
      const most = networkLimits.connectionsPerHost;
      const least = Math.min(tried, most) / 2;
      const sybils: Foe[] = [];
      const linkedNow = () => sybils.filter(({ isLinked }) => isLinked).length;
      // The door lets in only so many a second, and may count those of the go before this one: then it takes some more.
      const giveUpAt = performance.now() + newcomerMs;
      while (sybils.length < tried || (linkedNow() < least && performance.now() < giveUpAt)) {
        const sybil = await arena.foe();
        sybils.push(sybil);
        await within(
          sybil.link(arena.network.victim).catch(() => undefined),
          500,
        );
      }
      await newcomerLinks(arena);
      const { peers } = await arena.network.victim.call('view');
      const linked = sybils.filter(({ peerId }) => peers.includes(peerId)).length;
      arena.note('sybilsLinked', linked);
      if (linked > most) throw new Error(`one address has ${linked} links, and not at most ${most}`);
      // Fewer than that may have been quick enough.
      if (linked < least) throw new Error(`only ${linked} identities were linked: nothing is shown`);
    },
  },
  {
    name: 'many-connections',
    does: 'links one identity a hundred times at once',
    crime: false,
    comesUnlinked: true,
    async go(foe, arena) {
      const dialled = () =>
        within(
          foe.dial(arena.network.victim).catch(() => null),
          newcomerMs,
        );
      // Those of an attack before this one have had the places of this host.
      await until(async () => (await dialled()) !== null, 'the first connection', newcomerMs);
      const tried = counted(100, arena);
      // One too many is closed within its handshake, or behind it.
      for (let count = 0; count < tried; count += 1) await dialled();
      await newcomerLinks(arena);
      const open = () => foe.libp2p.getConnections().filter(({ status }) => status === 'open').length;
      const most = networkLimits.connectionsPerPeer;
      if (tried <= most) throw new Error(`only ${tried} connections were tried: nothing is shown`);
      await until(() => open() <= most, `all but ${most} connections of one peer to be closed`, newcomerMs);
      arena.note('connectionsAtOnce', open());
      if (open() < most) throw new Error('the first connections of a peer are its link, and stand');
    },
  },
  {
    name: 'address-spam',
    does: 'tells thousands of addresses, of this machine and of private networks: few are dialled, and an honest one after them',
    crime: false,
    async go(foe, arena) {
      const { network, chance } = arena;
      const part = () => Math.floor(chance.fraction() * 256);
      // All of 127.0.0.0/8 at one port is one listener, which sees under which address it was dialled.
      const trap = await listenAt('0.0.0.0');
      const home = await listenAt(newcomersHost);
      const startedAt = performance.now();
      try {
        const address = () => `${chance.fraction() < 0.5 ? '127' : '10'}.${part()}.${part()}.${part()}:${trap.port}`;
        for (let count = 0; count < counted(200, arena); count += 1) {
          const list = () => Array.from({ length: 16 }, address);
          foe.claim = { ...foe.claim, addresses: list(), others: list() };
          await foe.ask('/carechain/status/1', foe.status());
        }
        await until(() => trap.dialled.size > 0, 'an address of the spam to be dialled', dialledMs);
        const newcomer = await arena.foe({ from: newcomersHost });
        newcomer.claim = { ...newcomer.claim, addresses: [`${newcomersHost}:${home.port}`] };
        await newcomer.dial(network.victim);
        await newcomer.tell();
        // While a peer is linked, it is not dialled.
        newcomer.connection.abort(new Error('The line is bad.'));
        await until(() => home.dialled.size > 0, 'an honest address to be dialled after the spam', dialledMs);
        arena.note('addressesDialled', trap.dialled.size);
        // What it says are its own is passed on to the other two. One that leads nowhere makes room for another after a time.
        const times = 1 + Math.floor((performance.now() - startedAt) / hopelessMs);
        if (trap.dialled.size > times * (networkLimits.addressesPerTeller + limits.addressesPerPeer))
          throw new Error(`${trap.dialled.size} addresses that one peer has told were dialled`);
        const mostDials = Math.max(...trap.dialled.values());
        if (mostDials > network.nodes.length * networkLimits.learntDialFailures)
          throw new Error(`an address that leads nowhere was dialled ${mostDials} times`);
        if (!foe.isLinked) throw new Error('to know many addresses is no crime');
      } finally {
        trap.close();
        home.close();
      }
    },
  },
  {
    name: 'peer-that-says-nothing',
    does: 'is linked and says nothing at all: it is hung up, and may come back',
    crime: false,
    takesLong: true,
    comesUnlinked: true,
    async go(foe, { network }) {
      await foe.answer('/carechain/status/1', () => null);
      await foe.dial(network.victim);
      await until(() => !foe.isLinked, 'the silent peer to be hung up', 20_000);
      await foe.answer('/carechain/status/1', () => foe.status());
      await comesBack(foe, network);
    },
  },
  {
    name: 'ping-never-answered',
    does: 'takes every ping and answers none: it is hung up, and may come back',
    crime: false,
    takesLong: true,
    async go(foe, { network }) {
      let asked = 0;
      await onPing(foe, () => {
        asked += 1;
      });
      await until(() => !foe.isLinked, 'a peer that answers no ping to be hung up', pingedMs);
      if (asked === 0) throw new Error('it was hung up before it was pinged: nothing is shown');
      await onPing(foe, (stream, bytes) => stream.send(bytes));
      await comesBack(foe, network);
    },
  },
  {
    name: 'ping-answered-wrongly',
    does: 'answers each ping with a kilobyte of other bytes: that shows that it is there, and nothing is made of the rest',
    crime: false,
    takesLong: true,
    async go(foe, arena) {
      let asked = 0;
      await onPing(foe, (stream) => {
        asked += 1;
        stream.send(arena.chance.bytes(1_024));
      });
      await until(() => asked >= 2 || !foe.isLinked, 'the victim to ping twice', pingedMs);
      await foe.ask('/carechain/status/1', foe.status());
      if (!foe.isLinked) throw new Error('who answers a ping is there');
    },
  },
  {
    name: 'reconnects-again-and-again',
    does: 'is an honest peer on a bad line: its link breaks again and again',
    crime: false,
    isHonest: true,
    async go(foe, { network }) {
      for (let count = 0; count < 3; count += 1) {
        foe.connection.abort(new Error('The line is bad.'));
        await pause(200);
        await foe.link(network.victim);
      }
    },
  },
  skewed('clock-ahead-by-twelve-seconds', 12_000),
  skewed('clock-behind-by-an-hour', -3_600_000),
  {
    name: 'old-tip',
    does: 'is an honest peer that was off for long: its head is an old block of the chain, and it asks for what follows',
    crime: false,
    isHonest: true,
    async go(foe, { network }) {
      const links = (await network.mirror()).main();
      const old = links[Math.floor((links.length - 1) / 2)]!;
      foe.claim = { ...foe.claim, tip: { hash: old.hash, height: old.header.height, work: old.work } };
      await foe.tell();
      const answer = await foe.ask(`${foe.prefix}headers/1`, encodeLocator([old.hash, network.world.genesis.hash]));
      const headers = decodeHeaders(answer).map((bytes) => decodeSealedHeader(bytes));
      const [next] = headers;
      const follows = next === undefined ? links.length === 1 : next.ok && next.value.header.parent === old.hash;
      if (!follows) throw new Error('an honest peer was not told what follows its head');
    },
  },
];

/** Takes pings in its own way. */
async function onPing(foe: Foe, take: (stream: Stream, bytes: Uint8Array) => void): Promise<void> {
  await foe.libp2p.handle(
    '/ipfs/ping/1.0.0',
    (stream) => stream.addEventListener('message', ({ data }) => take(stream, data.subarray())),
    { force: true, maxInboundStreams: 1_000 },
  );
}

/** Hangs up on whoever comes, and counts how often under which address. */
async function listenAt(host: string): Promise<{ port: number; dialled: ReadonlyMap<string, number>; close(): void }> {
  const dialled = new Map<string, number>();
  const server = createServer((socket) => {
    const address = socket.localAddress ?? '';
    dialled.set(address, (dialled.get(address) ?? 0) + 1);
    socket.on('error', () => undefined);
    socket.destroy();
  });
  server.listen(0, host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, dialled, close: () => void server.close() };
}

function skewed(name: string, aheadMs: number): Behaviour {
  return {
    name,
    does: `is an honest peer whose clock is ${aheadMs / 1_000} s off`,
    crime: false,
    isHonest: true,
    async go(foe, { network }) {
      foe.claim = { ...foe.claim, time: network.now() + aheadMs };
      await foe.ask('/carechain/status/1', foe.status());
    },
  };
}

/** The honest public key, and signatures of nobody. */
function bentKey(key: Ed25519PrivateKey): Ed25519PrivateKey {
  return {
    ...{ type: key.type, raw: key.raw, publicKey: key.publicKey },
    equals: (other) => key.equals(other),
    sign: () => new Uint8Array(64).fill(7),
  } as Ed25519PrivateKey;
}
