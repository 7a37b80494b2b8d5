/** A client that was written from docs/PROTOCOL.md agrees with this one about a chain, a record, a key file and messages. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { demoKeyFiles } from '../../src/actions/demo-key-files.ts';
import { systemRandom, toHex } from '../../src/base/index.ts';
import { blockLine, genesisLine } from '../../src/cli/one-shot/block-line.ts';
import { type Block, demoGenesis, demoGenesisFile, genesisHeader, type RejectionCode } from '../../src/ledger/index.ts';
import { transactionLeaf } from '../../src/ledger/transaction.ts';
import { decodeStatus, encodeStatus } from '../../src/network/status-message.ts';
import * as wire from '../../src/network/wire.ts';
import { sealEnvelope } from '../../src/vault/envelope.ts';
import { decodeRequest } from '../../src/vault/exchange.ts';
import { checkStatement } from '../../src/vault/hosting.ts';
import { recordIdOf } from '../../src/vault/record-id.ts';
import { Chain, type GenesisOptions, nodeKeysFrom, people, testGenesis, testGenesisFile } from '../support/ledger.ts';
import {
  bytesOf,
  type Entry,
  encode,
  type Genesis,
  genesisHashOf,
  hexOf,
  join,
  memberIdOf,
  Refusal,
  rebuiltFrom,
  SecondClient,
  sumOfIds,
  systemAccount,
} from './second-client.ts';
import { hostingStatement, openKeyFile, openRecord, recordId } from './second-vault.ts';

/** The genesis as the second client gets it: from a JSON file. */
function fileOf(options: GenesisOptions = {}): Genesis {
  return JSON.parse(JSON.stringify(testGenesisFile(options)));
}

describe('a chain', () => {
  /** Mines every kind, a queue that has to wait, and a refill; at a difficulty at which work is work. */
  function play(options: GenesisOptions) {
    const world = testGenesis(options);
    const chain = new Chain(world);
    const blocks: Block[] = [];
    const mine = (...transactions: Parameters<Chain['mine']>) => blocks.push(chain.mine(...transactions));
    const orders = [world.order('alice', 'zoe'), world.order('adam', 'zoe'), world.order('alice', 'yan')];
    const prescriptions = [world.prescribe('alice', 'zoe'), world.prescribe('adam', 'yan')];
    mine(world.register('alice', 'zoe'), world.register('adam', 'yan'), world.consult('adam', 'zoe'), ...orders);
    mine(...orders.map((order) => world.answer('bob', order)), ...prescriptions);
    mine(world.fill('charlie', prescriptions[0]!), world.cancel('adam', prescriptions[1]!));
    mine(world.pay('alice', 'bob', 100), world.pay('alice', 'paula', 1));
    mine(world.pay('alice', 'SYSTEM', 300), world.pay('bob', 'dana', 40));
    while (chain.due().length > 0 && blocks.length < 12) {
      mine(world.pay('alice', 'SYSTEM', 50), world.pay('dana', 'bob', 10), world.pay('bob', 'dana', 10));
    }
    return { chain, blocks };
  }

  const cases: [string, GenesisOptions][] = [
    ['of an open network', { difficulty: 16 }],
    ['whose system account runs dry', { difficulty: 4, supply: 1_300 }],
    ['that pays one reward a block, and lets one node mine', onlyOneMines()],
  ];

  function onlyOneMines(): GenesisOptions {
    return { miners: [toHex(nodeKeysFrom('one').publicKey)], limits: { rewardsPerBlock: 1 } };
  }

  test.each(cases)('%s', (_name, options) => {
    const { chain, blocks } = play(options);
    const client = new SecondClient(fileOf(options));
    expect(hexOf(client.network)).toBe(chain.world.genesis.hash);
    expect(hexOf(client.digest)).toBe(genesisHeader(chain.world.genesis).stateDigest);
    const links = chain.main();
    for (const [index, block] of blocks.entries()) {
      const read = client.take(block.bytes, chain.now);
      const { header, rewards } = links[index]!;
      expect(read.hash).toBe(block.hash);
      expect(read.transactions.map(({ id }) => id)).toEqual(block.transactions.map(({ id }) => id));
      expect(read.transactions.map(({ leaf }) => hexOf(leaf))).toEqual(
        block.transactions.map((transaction) => toHex(transactionLeaf(transaction))),
      );
      expect(read.rewards.map(({ id }) => id)).toEqual(rewards.map(({ id }) => id));
      expect(hexOf(client.digest)).toBe(header.stateDigest);
    }
    const accounts = [...Object.keys(people), 'SYSTEM'];
    expect(accounts.map((name) => client.balance(chain.world.id(name)))).toEqual(
      accounts.map((name) => chain.balance(name)),
    );
    expect(client.work).toBe(chain.tip.work);
    for (const [key, value] of client.state) expect([key, chain.state.get(key)]).toEqual([key, value]);
    expect(links.flatMap(({ rewards }) => rewards).length).toBeGreaterThan(1);
  });

  test('the system account did run dry', () => {
    const { chain, blocks } = play({ difficulty: 4, supply: 1_300 });
    expect(chain.main().some(({ rewards, header }) => header.height === 3 && rewards.length === 2)).toBe(true);
    expect(blocks.length).toBeGreaterThan(6);
  });

  test('read from an export', () => {
    const { chain, blocks } = play({ difficulty: 4 });
    const { genesis } = chain.world;
    const [first, ...lines] = [
      genesisLine(genesis),
      ...chain.main().map(({ block, rewards }) => blockLine(block!, rewards, genesis)),
    ].map((line) => JSON.parse(JSON.stringify(line)));
    const client = new SecondClient(first.genesis);
    expect([first.hash, first.height, first.parentHash]).toEqual([hexOf(client.hash), 0, '0'.repeat(64)]);
    expect(lines.map((line) => hexOf(rebuiltFrom(line)))).toEqual(blocks.map(({ bytes }) => toHex(bytes)));
    for (const line of lines) {
      const { hash, rewards, transactions } = client.take(rebuiltFrom(line), chain.now);
      expect(hash).toBe(line.hash);
      expect(rewards.map(({ id }) => id)).toEqual(line.rewards.map(({ id }: Entry) => id));
      expect(transactions.map(({ id }) => id)).toEqual(line.transactions.map(({ id }: Entry) => id));
    }
  });

  /** What is wrong with a block, and the code that both clients give it. */
  const world = testGenesis();
  const chain = new Chain(world);
  const registration = world.register('alice', 'zoe');
  const order = world.order('alice', 'zoe');
  const first = chain.mine(registration, order);
  const forgeries: [RejectionCode, Block][] = [
    ['wrong-height', chain.forge({ transactions: [world.consult('alice', 'zoe')], header: { height: 3 } })],
    ['wrong-difficulty', chain.forge({ transactions: [world.consult('alice', 'zoe')], header: { difficulty: 2 } })],
    [
      'bad-miner-signature',
      chain.forge({ transactions: [world.consult('alice', 'zoe')], signedBy: nodeKeysFrom('x') }),
    ],
    ['time-not-after-median', chain.forge({ transactions: [world.consult('alice', 'zoe')], header: { time: 1 } })],
    ['empty-block', chain.forge()],
    ['wrong-transactions-root', chain.forge({ transactions: [order], header: { transactionsRoot: first.hash } })],
    ['already-in-chain', chain.forge({ transactions: [order] })],
    ['wrong-role', chain.forge({ transactions: [world.register('bob', 'yan')] })],
    ['unknown-patient', chain.forge({ transactions: [world.consult('alice', 'nobody')] })],
    ['unknown-order', chain.forge({ transactions: [world.answer('bob', registration)] })],
    ['spends-more-than-balance', chain.forge({ transactions: [world.pay('bob', 'alice', 1)] })],
    [
      'wrong-state-digest',
      chain.forge({ transactions: [world.prescribe('alice', 'zoe')], header: { stateDigest: first.hash } }),
    ],
  ];

  test.each(forgeries)('%s is the verdict of both', (code, block) => {
    const client = new SecondClient(fileOf());
    client.take(first.bytes, chain.now);
    expect(chain.offer(block)).toBe(code);
    expect(() => client.take(block.bytes, chain.now)).toThrow(new Refusal(code));
  });
});

test('the vectors', () => {
  const vectors = JSON.parse(readFileSync(new URL('../vectors/ledger.json', import.meta.url), 'utf8'));
  const { file, hash, memberIds, stateDigest } = vectors.genesis;
  expect(hexOf(genesisHashOf(file))).toBe(hash);
  expect(systemAccount).toBe(vectors.genesis.systemAccount);
  for (const { username, signingKey } of file.members) expect(memberIdOf(signingKey)).toBe(memberIds[username]);
  expect(hexOf(new SecondClient(file).digest)).toBe(stateDigest);
  expect(hexOf(genesisHashOf(JSON.parse(JSON.stringify(demoGenesisFile))))).toBe(demoGenesis.hash);
});

describe('records', () => {
  const world = testGenesis();
  const network = bytesOf(world.genesis.hash);
  const readers = world.genesis.members.slice(0, 3);

  test.each([0, 200, 251, 1_000, 16_380, 65_000])(
    'a record with %i bytes of notes opens for each reader',
    async (length) => {
      const text = { notes: 'x'.repeat(length) };
      const { sealed, bytes } = await sealEnvelope({
        text,
        readers,
        network: world.genesis.hash,
        random: systemRandom,
      });
      for (const { id, username } of readers) {
        expect(openRecord(bytes, network, bytesOf(id), world.keys[username]!.sealing)).toEqual({
          text,
          commitment: sealed.commitment,
          readers: sealed.readers,
        });
      }
      expect(recordId(sealed.commitment, sealed.readers)).toBe(recordIdOf(sealed));
    },
  );

  test('a hosting statement that the second client signs opens doors here', () => {
    const nodeKey = toHex(nodeKeysFrom('one').publicKey);
    const { id, signing } = world.keys.alice!;
    const until = world.genesis.time + 1_000;
    const bytes = hostingStatement(
      { network, member: bytesOf(id), nodeKey: bytesOf(nodeKey), until },
      signing.secretKey,
    );
    const state = new Chain(world).state;
    const context = { network: world.genesis.hash, state, now: world.genesis.time };
    expect(checkStatement(bytes, context)).toEqual({ network: context.network, member: id, nodeKey, until });
    const request = encode({ records: [network], statements: [bytes] });
    expect(decodeRequest(request)).toEqual({ records: [context.network], statements: [bytes] });
  });

  test('the key file of the demo opens', () => {
    const file = demoKeyFiles.dr_alice!;
    const keys = openKeyFile(JSON.parse(JSON.stringify(file)), 'password123');
    expect(keys.map(hexOf)).toEqual([file.signingPublicKey, file.sealingPublicKey]);
  });
});

test('messages', () => {
  const [one, two] = ['11'.repeat(32), '22'.repeat(32)];
  const packed = join(bytesOf(one), bytesOf(two));
  expect(wire.decodeLocator(encode({ locator: packed }))).toEqual([one, two]);
  expect(wire.decodeHashes(encode({ hashes: packed }))).toEqual([one, two]);
  expect(wire.decodeIds(encode({ ids: packed }))).toEqual([one, two]);
  expect(wire.decodeWanted(encode({ from: 4_096 }))).toBe(4_096);
  expect(wire.decodeWanted(encode({ ids: packed }))).toEqual([one, two]);
  expect(hexOf(wire.encodeHeaders([packed]))).toBe(hexOf(encode({ headers: [packed] })));
  expect(hexOf(wire.encodeBlocks([packed]))).toBe(hexOf(encode({ blocks: [packed] })));
  expect(hexOf(wire.encodeTransactions([packed]))).toBe(hexOf(encode({ transactions: [packed] })));
  const told = { rules: 1, time: 5, nodeId: 'DoctorNode-5001', addresses: ['127.0.0.1:5001'], others: [] };
  const pending = { count: 2, sum: sumOfIds([one, two]) };
  const status = { ...told, genesis: one, tip: { hash: two, height: 3, work: 48 }, pending };
  const tip = { ...status.tip, hash: bytesOf(two) };
  const message = encode({ ...told, genesis: bytesOf(one), tip, pending: { ...pending, sum: bytesOf(pending.sum) } });
  expect(hexOf(encodeStatus(status))).toBe(hexOf(message));
  expect(decodeStatus(message)).toEqual(status);
});
