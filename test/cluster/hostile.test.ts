import { afterEach, expect, test } from 'vitest';
import { silentLogger, systemRandom } from '../../src/base/index.ts';
import { type Block, encodeSealedHeader, sealBlock } from '../../src/ledger/index.ts';
import { createNetwork, type Network, type NetworkHandlers, type Transport } from '../../src/network/index.ts';
import type { LedgerNode } from '../../src/node/index.ts';
import { type Cluster, createCluster } from '../support/cluster.ts';
import { fastClock } from '../support/fast-clock.ts';
import { nodeKeysFrom } from '../support/ledger.ts';

let cluster: Cluster;
let foe: Network | null = null;
afterEach(async () => {
  await foe?.stop();
  foe = null;
  await cluster.stop();
});

const clock = fastClock(20);

/** A peer that is all network and no rules: it answers what the test says, and on one protocol nothing at all. */
async function meet(answers: Partial<NetworkHandlers>, silentOn?: string): Promise<Network> {
  const honest = cluster.hub.transport('peer-foe', '127.0.0.1:7099');
  const transport: Transport = {
    ...honest,
    handle(protocol, requestBytes, onRequest) {
      const isSilent = silentOn !== undefined && protocol.endsWith(silentOn);
      honest.handle(protocol, requestBytes, isSilent ? () => new Promise(() => {}) : onRequest);
    },
  };
  foe = createNetwork({
    transport,
    genesis: cluster.world.genesis,
    configured: ['127.0.0.1:7002'],
    loopbackOnly: true,
    clock,
    random: systemRandom,
    logger: silentLogger,
  });
  await foe.start({
    status: () => claim(2 ** 40),
    known: () => undefined,
    onTransactions: async () => 'ignore',
    onBlock: async () => 'ignore',
    onPeer() {},
    onPeerGone() {},
    onStatus() {},
    headersAfter: () => [],
    blockBytes: () => [],
    pendingIds: () => [],
    pendingBytes: () => [],
    ...answers,
  });
  return foe;
}

function claim(work: number, hash = 'ff'.repeat(32), height = 9_999) {
  const { genesis } = cluster.world;
  const pending = { count: 0, sum: '00'.repeat(32) };
  return { genesis: genesis.hash, rules: 1, tip: { hash, height, work }, pending, time: clock.now(), nodeId: 'foe' };
}

function shunning(node: LedgerNode): Promise<unknown> {
  return new Promise((resolve) => node.on('peer', (event) => event.state === 'shunned' && resolve(event)));
}

/** A doctor with a chain of `blocks`, and a lab that is not linked to it yet. */
async function doctorAhead(blocks: number) {
  cluster = await createCluster(['doctor', 'lab'], { clock });
  await cluster.cut(['doctor'], ['lab']);
  for (let height = 1; height <= blocks; height++) {
    await cluster.submit('doctor', cluster.world.register('alice', `patient ${height}`));
    await cluster.mine('doctor');
  }
}

test('a peer that claims much work and has no headers is shunned, and does not stop sync', async () => {
  await doctorAhead(30);
  const shunned = shunning(cluster.node('lab'));
  await meet({});
  await shunned;
  cluster.heal();
  await cluster.until(() => cluster.node('lab').head().height === 30, 'the lab to catch up');
});

test('a peer that refuses every question is passed over', async () => {
  await doctorAhead(30);
  await meet({
    headersAfter() {
      throw new Error('it refuses');
    },
  });
  await cluster.until(() => cluster.node('lab').peers().length === 1, 'the peer that refuses to be linked');
  cluster.heal();
  await cluster.until(() => cluster.node('lab').head().height === 30, 'the lab to catch up');
});

test('a peer that never answers is passed over when its time is up', async () => {
  await doctorAhead(30);
  await meet({}, '/headers/1');
  await cluster.until(() => cluster.node('lab').peers().length === 1, 'the silent peer to be linked');
  cluster.heal();
  await cluster.until(() => cluster.node('lab').head().height === 30, 'the lab to catch up');
});

test('honest headers over bent bodies condemn the peer, not the chain', async () => {
  await doctorAhead(5);
  const { chain, tip } = chainOf(cluster.node('doctor'));
  const shunned = shunning(cluster.node('lab'));
  await meet({
    status: () => claim(tip.work, tip.hash, tip.height),
    headersAfter: () => chain.map(encodeSealedHeader),
    // Each under its honest header, without its transactions.
    blockBytes: (hashes) => hashes.map((hash) => withoutBody(chain.find((block) => block.hash === hash)!)),
  });
  await shunned;
  expect(cluster.node('lab').head().height).toBe(0);
  cluster.heal();
  await cluster.until(() => cluster.node('lab').head().height === 5, 'the lab to catch up');
});

test('headers without work are a lie', async () => {
  await doctorAhead(1);
  const miner = nodeKeysFrom('foe').secretKey;
  const { chain } = chainOf(cluster.node('doctor'));
  const easy = sealBlock({ ...chain[0]!.header, difficulty: 2 ** 30 }, chain[0]!.transactions, miner);
  const shunned = shunning(cluster.node('lab'));
  await meet({ headersAfter: () => [encodeSealedHeader(easy)] });
  await shunned;
  cluster.heal();
  await cluster.until(() => cluster.node('lab').head().height === 1, 'the lab to catch up');
});

function chainOf(node: LedgerNode): { chain: Block[]; tip: { hash: string; height: number; work: number } } {
  const { hash, height, work } = node.head();
  const chain = Array.from({ length: height }, (_, index) => node.block(node.hashAt(index + 1)!)!);
  return { chain, tip: { hash, height, work } };
}

/** The honest header and signature over an empty list of transactions. */
function withoutBody(block: Block): Uint8Array {
  const { header, signature } = block;
  const empty = sealBlock(header, [], nodeKeysFrom('anybody').secretKey);
  const bytes = empty.bytes.slice();
  // The signature of the honest miner stands in the place of ours: a map of header, signature and transactions.
  const at = Buffer.from(bytes).indexOf(Buffer.from(empty.signature));
  bytes.set(signature, at);
  return bytes;
}
