/** What peers send: each message of the network, the frames around them, and the ways in behind which they are decoded. */
import type { Stream } from '@libp2p/interface';
import { concatBytes, describeError, equalBytes, silentLogger, systemClock } from '../../../src/base/index.ts';
import {
  encodeSealedHeader,
  type KnownTransactions,
  type SealedHeader,
  type Transaction,
} from '../../../src/ledger/index.ts';
import { type PeerAddress, parseAddress, toMultiaddr } from '../../../src/network/address.ts';
import type { FairShares } from '../../../src/network/fair-shares.ts';
import { readFrame } from '../../../src/network/framing.ts';
import { createGossip } from '../../../src/network/gossip.ts';
import type { MessageVerdict, Transport } from '../../../src/network/index.ts';
import { networkLimits } from '../../../src/network/network-limits.ts';
import { createQuestions } from '../../../src/network/questions.ts';
import { decodeStatus, encodeStatus, type StatusMessage } from '../../../src/network/status-message.ts';
import { createTasks } from '../../../src/network/tasks.ts';
import * as wire from '../../../src/network/wire.ts';
import { hashFrom } from '../../support/ledger.ts';
import { blocks, transactions, world } from '../../support/one-of-each.ts';
import { type Decoded, type Target, target, unlessRefused } from '../target.ts';
import { bytesOf, encodeBlock } from './ledger-targets.ts';

const network = world.genesis.hash;

const hashes = Array.from({ length: 5 }, (_, index) => hashFrom(`hash ${index}`));
const headers = blocks.map(encodeSealedHeader);
const transactionBytes = transactions.map(({ bytes }) => bytes);
const status = {
  genesis: network,
  rules: 1,
  tip: { hash: hashes[0]!, height: 3, work: 4_096 },
  pending: { count: 2, sum: hashes[0]! },
  time: 1_800_000_000_000,
  nodeId: 'DoctorNode-5001 Ärztin',
  addresses: ['127.0.0.1:5001'],
  others: ['[::1]:5002', 'clinic.example:5003'],
} as StatusMessage;

function message<Value>(options: {
  name: string;
  most: number;
  values: readonly Value[];
  encode(value: Value): Uint8Array;
  decode(bytes: Uint8Array): Value;
}): Target {
  const { name, most, values, encode, decode } = options;
  return target<Value>({
    name,
    shape: 'cbor',
    mostBytes: most,
    seeds: values.map(encode),
    decode: (input) => unlessRefused(() => decode(input)),
    encode,
  });
}

const { wireBytes } = wire;
const messages: readonly Target[] = [
  message({
    ...{ name: 'status', most: networkLimits.statusBytes, values: [status] },
    ...{ encode: encodeStatus, decode: decodeStatus },
  }),
  message({
    ...{ name: 'headers-request', most: wireBytes.locator, values: [hashes, []] },
    ...{ encode: wire.encodeLocator, decode: wire.decodeLocator },
  }),
  message({
    ...{ name: 'headers-answer', most: wireBytes.headers, values: [headers, []] },
    ...{ encode: wire.encodeHeaders, decode: wire.decodeHeaders },
  }),
  message({
    ...{ name: 'blocks-request', most: wireBytes.hashes, values: [hashes, []] },
    ...{ encode: wire.encodeHashes, decode: wire.decodeHashes },
  }),
  message({
    ...{ name: 'blocks-answer', most: wireBytes.blocks, values: [blocks.map(({ bytes }) => bytes), []] },
    ...{ encode: wire.encodeBlocks, decode: wire.decodeBlocks },
  }),
  message({
    ...{ name: 'transactions-request', most: wireBytes.wanted, values: [hashes, 4_096] as (string[] | number)[] },
    ...{ encode: wire.encodeWanted, decode: wire.decodeWanted },
  }),
  message({
    ...{ name: 'pending-ids-answer', most: wireBytes.ids, values: [hashes, []] },
    ...{ encode: wire.encodeIds, decode: wire.decodeIds },
  }),
  message({
    ...{ name: 'transactions-answer', most: wireBytes.transactions, values: [transactionBytes, []] },
    ...{ encode: wire.encodeTransactions, decode: wire.decodeFetched },
  }),
  message({
    ...{ name: 'gossip-batch', most: wireBytes.batch, values: [transactionBytes] },
    ...{ encode: wire.encodeTransactions, decode: wire.decodeBatch },
  }),
];

/** A stream that hands out what a peer wrote, in chunks whose size its last byte and its length decide. */
class WrittenStream extends EventTarget {
  readonly status = 'open';
  readonly readBufferLength = 0;

  hand(input: Uint8Array): void {
    const chunk = 1 + (input.at(-1) ?? 0) * 7 + (input.length >> 9);
    for (let at = 0; at < input.length; at += chunk) {
      const part = input.subarray(at, at + chunk);
      this.dispatchEvent(Object.assign(new Event('message'), { data: { subarray: () => part } }));
    }
    this.dispatchEvent(new Event('end'));
  }
}

const mostFrame = 70_000;

async function readWritten(input: Uint8Array): Promise<Decoded<Uint8Array>> {
  const stream = new WrittenStream();
  const reading = readFrame(stream as unknown as Stream, mostFrame, new AbortController().signal);
  stream.hand(input);
  const read = await reading.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  return unlessRefused(read);
}

function framed(bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(bytes.length);
  return concatBytes(header, bytes);
}

const frame = target<Uint8Array>({
  name: 'frame',
  shape: 'bytes',
  mostBytes: mostFrame + 10,
  longerAllowed: 'a frame ends where it says, and what follows it is not read',
  seeds: [framed(encodeStatus(status)), framed(new Uint8Array(0)), framed(blocks[0].bytes)],
  decode: readWritten,
  // What a peer writes after its frame, in a chunk of its own, is not looked at any more.
  objection: (value, input) =>
    equalBytes(framed(value), input.subarray(0, 4 + value.length)) ? null : 'it is not what was written',
});

/** Nobody else is here who could want a turn. */
const shares: FairShares = { work: (_peer, task) => task(async () => {}) };

/** What the node holds already: half of what the seeds are made of, so that its shortcut is tried and so is the long way. */
const held = new Map(transactions.filter((_, index) => index % 2 === 0).map((each) => [each.id, each]));
const known: KnownTransactions = (id) => held.get(id);

/** What a node hears by gossip: the whole way from the bytes to the rules. A lie is `reject`, and the sender is shunned. */
function gossipTarget(
  name: string,
  topic: 'transactions' | 'blocks',
  mostBytes: number,
  seeds: readonly Uint8Array[],
): Target {
  const hear = new Map<string, (bytes: Uint8Array, from: string) => Promise<MessageVerdict>>();
  const topics = { transactions: 'transactions', blocks: 'blocks' };
  const transport = { subscribe: (to: string, onMessage: never) => void hear.set(to, onMessage) };
  let heard: readonly Uint8Array[] = [];
  let shunned = false;
  let bug: string | null = null;
  createGossip({
    transport: transport as unknown as Transport,
    topics,
    clock: systemClock,
    // What is told there is a bug of ours, and no refusal.
    logger: {
      ...silentLogger,
      error(_message, facts) {
        bug = String(facts?.message);
      },
    },
    tasks: createTasks(() => undefined),
    budgets: {
      admitsMessage: () => true,
      admitsTransactions: () => true,
      whileAnswering: (_peer, _protocol, answer) => answer(),
      forget() {},
    },
    shares,
    isShunned: () => false,
    isLinked: () => true,
    shun() {
      shunned = true;
    },
  }).listen({
    known,
    async onTransactions(list) {
      // From what was read, and not the bytes that were kept of it: or nothing could be found that has two encodings.
      heard = [...heard, ...list.map(bytesOf)];
      return 'accept';
    },
    async onBlock(block) {
      heard = [encodeBlock(block)];
      return 'accept';
    },
  });
  return target<readonly Uint8Array[]>({
    name,
    shape: 'cbor',
    mostBytes,
    seeds,
    async decode(input) {
      shunned = false;
      heard = [];
      bug = null;
      const verdict = await hear.get(topic)!(input, 'peer');
      if (bug !== null) throw new Error(bug);
      if ((verdict === 'reject') !== shunned) throw new Error(`the verdict is ${verdict}, and shunned is ${shunned}`);
      return verdict === 'accept' ? { value: heard } : null;
    },
    encode: (parts) => (topic === 'blocks' ? parts[0]! : wire.encodeTransactions(parts)),
  });
}

/** An answer to a question of ours: the whole way to headers and transactions. */
function answerTarget<Value>(options: {
  name: string;
  most: number;
  seeds: readonly Uint8Array[];
  ask(questions: ReturnType<typeof createQuestions>): Promise<Value>;
  encode(value: Value): Uint8Array;
}): Target {
  const { name, most, seeds, ask, encode } = options;
  return target<Value>({
    name,
    shape: 'cbor',
    mostBytes: most,
    seeds,
    async decode(input) {
      const questions = createQuestions({
        genesis: network,
        shares,
        known,
        ask: async () => input,
        shun() {},
      });
      const answered = await ask(questions).then(
        (value) => () => value,
        (error: unknown) => () => {
          // A failure that is not held against the peer has a bug of ours for its cause.
          throw describeError(error).code === 'bad-answer' ? error : (error as Error).cause;
        },
      );
      return unlessRefused(answered);
    },
    encode,
  });
}

const ids = transactions.map(({ id }) => id);
/** A kind has its decoder; here it is what is around them that is tried, and few of them take less time to read. */
const smallBatches = transactionBytes.flatMap((_, at) =>
  at % 3 === 0 ? [wire.encodeTransactions(transactionBytes.slice(at, at + 3))] : [],
);
const waysIn: readonly Target[] = [
  gossipTarget('heard-transactions', 'transactions', wireBytes.batch, smallBatches),
  gossipTarget('heard-block', 'blocks', wireBytes.block, [blocks[1].bytes]),
  answerTarget<SealedHeader[]>({
    name: 'fetched-headers',
    most: wireBytes.headers,
    seeds: [wire.encodeHeaders(headers)],
    ask: (questions) => questions.fetchHeaders('peer', [network]),
    encode: (read) => wire.encodeHeaders(read.map(encodeSealedHeader)),
  }),
  answerTarget<Transaction[]>({
    name: 'fetched-transactions',
    most: wireBytes.transactions,
    seeds: smallBatches,
    ask: (questions) => questions.fetchPending('peer', ids),
    encode: (read) => wire.encodeTransactions(read.map(bytesOf)),
  }),
];

const addressTexts = [
  ...['127.0.0.1:5002', '[::1]:5002', 'clinic.example:5002', 'localhost:1', '/ip4/127.0.0.1/tcp/5002'],
  ...['/dns4/clinic.example/tcp/443', '/ip6/::1/tcp/9', '[::ffff:127.0.0.1]:65535'],
  '/ip4/10.0.0.1/tcp/4001/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
];

const address = target<PeerAddress>({
  name: 'peer-address',
  shape: 'text',
  mostBytes: 16_384,
  seeds: addressTexts.map((text) => new TextEncoder().encode(text)),
  words: ['ip4', 'ip6', 'dns', 'tcp', 'p2p', 'ws', 'quic-v1', 'unix', 'p2p-circuit', '::', '%eth0', '127.1', '0x7f'],
  decode: (input) => unlessRefused(() => parseAddress(Buffer.from(input).toString('utf8'))),
  objection(value) {
    if (parseAddress(value.text).text !== value.text) return 'its canonical text is read as another';
    if (toMultiaddr(value).toString() === '') return 'it has no multiaddr';
    return value.port >= 1 && value.port <= 65_535 ? null : 'the port is none';
  },
});

export const wireTargets: readonly Target[] = [...messages, frame, ...waysIn, address];
