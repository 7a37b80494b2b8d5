/** Frozen bytes, hashes and signatures: a second implementation compares with test/vectors/ledger.json. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/base/index.ts';
import { transactionsRoot } from '../../src/ledger/block.ts';
import { nextDigest } from '../../src/ledger/digest.ts';
import {
  decodeBlock,
  decodeSealedHeader,
  decodeTransaction,
  encodeReward,
  encodeSealedHeader,
  type GenesisFile,
  genesisHeader,
  type Header,
  hashedBytes,
  parseGenesis,
  type Reward,
  type StateChange,
  sealBlock,
  signedBytes,
  signTransaction,
  systemAccount,
  type TransactionBody,
  verifyTransaction,
} from '../../src/ledger/index.ts';
import { rewardLeaf } from '../../src/ledger/rewards.ts';
import { transactionLeaf } from '../../src/ledger/transaction.ts';

interface Vectors {
  genesis: {
    file: GenesisFile;
    hash: string;
    systemAccount: string;
    memberIds: Record<string, string>;
    stateDigest: string;
    transactionsRoot: string;
  };
  signingSeeds: { alice: string };
  minerSeed: string;
  transactions: {
    body: TransactionBody;
    signedBytes: string;
    id: string;
    signature: string;
    bytes: string;
    leaf: string;
  }[];
  reward: Reward & { bytes: string; leaf: string };
  digest: { parent: string; changes: StateChange[]; digest: string };
  block: { header: Header; hashedBytes: string; hash: string; signature: string; sealedHeader: string; bytes: string };
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('../vectors/ledger.json', import.meta.url), 'utf8'));
const genesis = parseGenesis(vectors.genesis.file);

/** SHA-256 of texts and of bytes in hex, told without any of the code under test. */
function hashOf(...parts: (string | { hex: string })[]): string {
  const hasher = createHash('sha256');
  for (const part of parts) hasher.update(typeof part === 'string' ? part : Buffer.from(part.hex, 'hex'));
  return hasher.digest('hex');
}

test('the genesis', () => {
  expect(genesis.hash).toBe(vectors.genesis.hash);
  expect(systemAccount).toBe(vectors.genesis.systemAccount);
  expect(systemAccount).toBe(hashOf('carechain/system/1', 'SYSTEM_BANK_001'));
  expect(Object.fromEntries(genesis.members.map(({ username, id }) => [username, id]))).toEqual(
    vectors.genesis.memberIds,
  );
  for (const { id, signingKey } of genesis.members) expect(id).toBe(hashOf('carechain/member/1', { hex: signingKey }));
  const { stateDigest, transactionsRoot } = genesisHeader(genesis);
  expect({ stateDigest, transactionsRoot }).toEqual({
    stateDigest: vectors.genesis.stateDigest,
    transactionsRoot: vectors.genesis.transactionsRoot,
  });
  expect(transactionsRoot).toBe(hashOf());
});

describe.each(vectors.transactions.map((vector) => [vector.body.kind, vector] as const))('a %s', (_, vector) => {
  const { nonce, network, author, time, ...fields } = vector.body;
  const secretKey = fromHex(vectors.signingSeeds.alice);
  const made = signTransaction(fields, { nonce, network, author, time, secretKey });

  test('is made to the byte', () => {
    expect([made.id, toHex(made.signature), toHex(made.bytes)]).toEqual([vector.id, vector.signature, vector.bytes]);
    expect(toHex(signedBytes(made))).toBe(vector.signedBytes);
    expect(toHex(transactionLeaf(made))).toBe(vector.leaf);
  });

  test('is read from its bytes, and verifies', () => {
    const decoded = decodeTransaction(fromHex(vector.bytes));
    expect(decoded).toMatchObject({ ok: true, value: { id: vector.id, body: vector.body } });
    expect(verifyTransaction(made, vectors.genesis.file.members[0]!.signingKey)).toBe(true);
  });

  test('has the id and the leaf that the format says', () => {
    const body = vector.bytes.slice(2, -132);
    expect(vector.bytes).toBe(`82${body}5840${vector.signature}`);
    expect(vector.id).toBe(hashOf('carechain/transaction/1', { hex: body }));
    expect(vector.leaf).toBe(hashOf({ hex: `00${body}${vector.signature}` }));
  });
});

test('a reward', () => {
  const { bytes, leaf, ...reward } = vectors.reward;
  expect(toHex(encodeReward(reward, genesis.hash))).toBe(bytes);
  expect(toHex(rewardLeaf(reward, genesis.hash))).toBe(leaf);
  expect(reward.id).toBe(hashOf('carechain/reward/1', { hex: bytes }));
  expect(leaf).toBe(hashOf({ hex: `00${bytes}` }));
});

test('a state digest, whatever the order in which the changes are told', () => {
  const { parent, changes, digest } = vectors.digest;
  expect(nextDigest(parent, changes)).toBe(digest);
  expect(nextDigest(parent, changes.toReversed())).toBe(digest);
  expect(changes.some(({ key }) => key.startsWith('transaction/'))).toBe(true);
  expect(nextDigest(parent, changes.slice(1))).not.toBe(digest);
});

test('a block', () => {
  const { header, hash, signature, bytes } = vectors.block;
  const payment = decodeTransaction(fromHex(vectors.transactions[1]!.bytes));
  if (!payment.ok) throw new Error(payment.rejection.code);
  const sealed = sealBlock(header, [payment.value], fromHex(vectors.minerSeed));
  expect([sealed.hash, toHex(sealed.signature), toHex(sealed.bytes)]).toEqual([hash, signature, bytes]);
  expect(decodeBlock(fromHex(bytes))).toMatchObject({ ok: true, value: { hash, header } });
  expect(toHex(hashedBytes(header))).toBe(vectors.block.hashedBytes);
  expect(hash).toBe(hashOf({ hex: vectors.block.hashedBytes }));
  expect(toHex(encodeSealedHeader(sealed))).toBe(vectors.block.sealedHeader);
  expect(decodeSealedHeader(fromHex(vectors.block.sealedHeader))).toMatchObject({ ok: true, value: { hash } });
  expect(header.transactionsRoot).toBe(transactionsRoot([vectors.reward], [payment.value], genesis.hash));
  expect(header.transactionsRoot).toBe(hashOf({ hex: `01${vectors.reward.leaf}${vectors.transactions[1]!.leaf}` }));
  expect(header.stateDigest).toBe(vectors.digest.digest);
});
