/** Peers who ask: for what is no question, for too much, too often, or for what they may not have. */
import { decode, encode, fromHex } from '../../../src/base/index.ts';
import { decodeStatus } from '../../../src/network/status-message.ts';
import { decodeHeaders, encodeHashes, encodeLocator, encodeWanted } from '../../../src/network/wire.ts';
import { encodeRequest, recordsPerRequest, requestBytes } from '../../../src/vault/exchange.ts';
import { signStatement } from '../../../src/vault/hosting.ts';
import { nodeKeysFrom, personKeysFrom } from '../../support/ledger.ts';
import { pause, until } from '../../support/waiting.ts';
import { type Arena, type Behaviour, counted } from '../behaviour.ts';
import type { Foe } from '../foe.ts';
import { newcomersHost } from './connections.ts';

const longest: Readonly<Record<string, number>> = {
  'status/1': 16_384,
  'headers/1': 2_112,
  'blocks/1': 4_160,
  'transactions/1': 7_776,
  'vault/1': requestBytes,
};

/** How long a slow reader leaves its answers unread. */
const holdsForMs = 2_000;

const nameOf = (foe: Foe, protocol: string) =>
  protocol === 'status/1' ? '/carechain/status/1' : foe.prefix + protocol;
const hashes = (count: number, { chance }: Arena) =>
  Array.from({ length: count }, () => Buffer.from(chance.bytes(32)).toString('hex'));

function frame(length: number, body: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(length);
  return Uint8Array.from(Buffer.concat([header, body]));
}

/** A request that is refused: the foe hears nothing, and is found out. */
function refused(asking: Promise<unknown>): Promise<void> {
  return asking.then(
    () => undefined,
    () => undefined,
  );
}

function malformed(protocol: string): Behaviour {
  return {
    name: `malformed-request-of-${protocol.replace('/1', '')}`,
    does: `asks ${protocol} with random bytes`,
    crime: true,
    codes: ['malformed-message', 'bad-request'],
    go: (foe, { chance }) => refused(foe.ask(nameOf(foe, protocol), chance.bytes(100))),
  };
}

function oversize(protocol: string): Behaviour {
  return {
    name: `oversize-request-of-${protocol.replace('/1', '')}`,
    does: `asks ${protocol} with a frame that is longer than allowed`,
    crime: true,
    codes: ['frame-too-long'],
    async go(foe) {
      const length = longest[protocol]! + 1;
      await foe.send(nameOf(foe, protocol), frame(length, new Uint8Array(length)));
    },
  };
}

function slowWriter(protocol: string): Behaviour {
  return {
    name: `slow-writer-of-${protocol.replace('/1', '')}`,
    does: `asks ${protocol} a byte a second, on every stream it may have`,
    crime: false,
    takesLong: true,
    async go(foe) {
      const streams = await Promise.all(
        Array.from({ length: 8 }, () => foe.send(nameOf(foe, protocol), frame(90, new Uint8Array()))),
      );
      const drip = setInterval(() => {
        for (const stream of streams) if (stream.status === 'open') stream.send(new Uint8Array(1));
      }, 1_000);
      try {
        await until(() => streams.every(({ status }) => status !== 'open'), 'slow requests to be given up', 20_000);
      } finally {
        clearInterval(drip);
      }
    },
  };
}

/** What one storm asks for. */
interface Storm {
  readonly name: string;
  readonly does: string;
  /** Protocol and request of each question. */
  questions(foe: Foe, arena: Arena): Promise<(index: number) => readonly [protocol: string, request: Uint8Array]>;
  /** Another peer asks a question meanwhile. @returns whether the answer is of use. */
  askWell(other: Foe, arena: Arena): Promise<boolean>;
}

function storm({ name, does, questions, askWell }: Storm): Behaviour {
  return {
    name,
    does,
    crime: false,
    async go(foe, arena) {
      const other = await arena.foe({ from: newcomersHost });
      await other.link(arena.network.victim);
      const question = await questions(foe, arena);
      let answered = 0;
      const asking = Array.from({ length: counted(400, arena) }, (_, index) => {
        const [protocol, request] = question(index);
        return foe.ask(nameOf(foe, protocol), request).then(
          () => {
            answered += 1;
          },
          // Over its budget.
          () => undefined,
        );
      });
      const startedAt = performance.now();
      const isServed = await askWell(other, arena);
      arena.note('otherPeerMs', performance.now() - startedAt);
      await Promise.all(asking);
      arena.note('answered', answered);
      if (!isServed) throw new Error('another peer was not answered meanwhile');
      if (answered === 0) throw new Error('nothing of it was answered: nothing is shown');
      if (!foe.isLinked) throw new Error('who asks too much is refused and no more');
    },
  };
}

async function isToldHeaders(other: Foe, { network }: Arena): Promise<boolean> {
  const answer = await other.ask(nameOf(other, 'headers/1'), encodeLocator([network.world.genesis.hash]));
  return decodeHeaders(answer).length > 0;
}

const all = Object.keys(longest);

export const requestLies: readonly Behaviour[] = [
  ...all.map(malformed),
  ...all.map(oversize),
  {
    name: 'request-of-sixteen-mebibytes',
    does: 'announces a request of 16 MiB and sends all of it without waiting',
    crime: true,
    codes: ['frame-too-long'],
    async go(foe) {
      await foe.send(nameOf(foe, 'headers/1'), frame(2 ** 24, new Uint8Array(2 ** 24)));
    },
  },
  {
    name: 'huge-locator',
    does: 'asks for headers with 65 hashes instead of at most 64',
    crime: true,
    codes: ['frame-too-long', 'malformed-message'],
    go: (foe, arena) =>
      refused(foe.ask(nameOf(foe, 'headers/1'), encode({ locator: fromHex(hashes(65, arena).join('')) }))),
  },
  {
    name: 'huge-range',
    does: 'asks for 129 blocks instead of at most 128',
    crime: true,
    codes: ['frame-too-long', 'malformed-message'],
    go: (foe, arena) =>
      refused(foe.ask(nameOf(foe, 'blocks/1'), encode({ hashes: fromHex(hashes(129, arena).join('')) }))),
  },
  {
    name: 'bytes-after-the-request',
    does: 'sends more bytes than it has announced',
    crime: true,
    codes: ['frame-too-long'],
    async go(foe) {
      await foe.send(nameOf(foe, 'headers/1'), frame(4, new Uint8Array(40)));
    },
  },
];

export const requestOddities: readonly Behaviour[] = [
  storm({
    name: 'storm-of-requests',
    does: 'asks for the largest pages of headers, blocks and pending ids without a pause',
    async questions(_foe, arena) {
      const blocks = (await arena.network.mirror()).main().map(({ hash }) => hash);
      return (index) => {
        if (index % 3 === 0) return ['headers/1', encodeLocator(hashes(64, arena))];
        if (index % 3 === 1) return ['blocks/1', encodeHashes(blocks.slice(0, 128))];
        return ['transactions/1', encodeWanted(0)];
      };
    },
    askWell: isToldHeaders,
  }),
  storm({
    name: 'storm-of-statuses',
    does: 'tells another status again and again without a pause, and asks for the victim’s',
    questions: async (foe, arena) => () => {
      // Each names other pending transactions, which the victim might ask for.
      const sum = Buffer.from(arena.chance.bytes(32)).toString('hex');
      foe.claim = { ...foe.claim, pending: { count: 1, sum } };
      return ['status/1', foe.status()];
    },
    async askWell(other, { network }) {
      const answer = await other.ask(nameOf(other, 'status/1'), other.status());
      return decodeStatus(answer).genesis === network.world.genesis.hash;
    },
  }),
  storm({
    name: 'storm-of-vault-requests',
    does: 'asks for the most records there may be in a request, each with a true statement, without a pause',
    async questions(foe, arena) {
      const record = await recordOf(arena);
      const statements = Array.from({ length: recordsPerRequest }, (_, index) => granted(foe, arena, index));
      return () => [
        'vault/1',
        encodeRequest({ records: [record, ...hashes(recordsPerRequest - 1, arena)], statements }),
      ];
    },
    async askWell(other, arena) {
      const record = await recordOf(arena);
      const request = encodeRequest({ records: [record], statements: [granted(other, arena)] });
      return (decode(await other.ask(nameOf(other, 'vault/1'), request)) as unknown[]).length === 1;
    },
  }),
  {
    name: 'slow-reader',
    does: 'asks for all blocks on many streams and reads none of the answers',
    crime: false,
    async go(foe, arena) {
      const other = await arena.foe({ from: newcomersHost });
      await other.link(arena.network.victim);
      const blocks = (await arena.network.mirror()).main().map(({ hash }) => hash);
      const request = encodeHashes(blocks.slice(0, 128));
      const header = frame(request.length, request);
      let asked = 0;
      for (let count = 0; count < counted(60, arena); count += 1) {
        const stream = await foe.open(nameOf(foe, 'blocks/1')).catch(() => null);
        if (stream?.status !== 'open') continue;
        stream.pause();
        stream.send(header);
        asked += 1;
      }
      arena.note('answersUnread', asked);
      if (asked === 0) throw new Error('no stream was opened: nothing is shown');
      if (!(await isToldHeaders(other, arena))) throw new Error('another peer was not answered meanwhile');
      // Who hangs up at once leaves nothing to hold.
      await pause(arena.isQuick ? 100 : holdsForMs);
      if (!foe.isLinked) throw new Error('who reads slowly may stay all the same');
    },
  },
  ...all.map(slowWriter),
  {
    name: 'records-it-may-not-have',
    does: 'asks vault/1 for a record with no statement, another node’s, a forged one and one that is over; then with its own',
    crime: false,
    async go(foe, arena) {
      const record = await recordOf(arena);
      const { genesis } = arena.network.world;
      const alice = personKeysFrom('alice');
      const statement = {
        ...{ network: genesis.hash, member: alice.id, nodeKey: nodeKey('lab') },
        until: arena.network.now() + 60_000,
      };
      const ofOthers = signStatement(statement, alice.signing.secretKey);
      const forged = signStatement({ ...statement, nodeKey: keyOf(foe) }, personKeysFrom('bob').signing.secretKey);
      const over = signStatement({ ...statement, nodeKey: keyOf(foe), until: 1 }, alice.signing.secretKey);
      for (const statements of [[], [ofOthers], [forged], [over], [ofOthers, forged, over]]) {
        const answer = await foe.ask(nameOf(foe, 'vault/1'), encodeRequest({ records: [record], statements }));
        if ((decode(answer) as unknown[]).length > 0)
          throw new Error('a record was given to somebody who may not have it');
      }
      const request = encodeRequest({ records: [record], statements: [granted(foe, arena)] });
      const answer = await foe.ask(nameOf(foe, 'vault/1'), request);
      if ((decode(answer) as unknown[]).length !== 1)
        throw new Error('who may have it did not get it: nothing is shown');
    },
  },
];

/** The statement of a doctor who is at home at this foe, which opens what is sealed for her. Each `index` is another. */
function granted(foe: Foe, { network }: Arena, index = 0): Uint8Array {
  const alice = personKeysFrom('alice');
  const until = network.now() + 60_000 + index;
  const statement = { network: network.world.genesis.hash, member: alice.id, nodeKey: keyOf(foe), until };
  return signStatement(statement, alice.signing.secretKey);
}

const records = new WeakMap<object, Promise<string>>();

function recordOf({ network }: Arena): Promise<string> {
  const kept = records.get(network) ?? network.victim.call('keepRecord');
  records.set(network, kept);
  return kept;
}

const nodeKey = (name: string) => Buffer.from(nodeKeysFrom(name).publicKey).toString('hex');
const keyOf = (foe: Foe) => Buffer.from(foe.libp2p.peerId.publicKey!.raw).toString('hex');
