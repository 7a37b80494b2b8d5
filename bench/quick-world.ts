/**
 * The network that is measured: forty members, and transactions that node:crypto signs, ten times as fast as the program
 * itself does. Ed25519 has one signature for a message and a key, so they are the same bytes.
 */
import { createPrivateKey, type JsonWebKeyInput, type KeyObject, sign } from 'node:crypto';
import { assert, toHex } from '../src/base/index.ts';
import { sha256, signingKeyPair } from '../src/crypto/index.ts';
import {
  type BodyOf,
  type KindName,
  parseGenesis,
  type Role,
  signedBytes,
  type Transaction,
  type TransactionFields,
} from '../src/ledger/index.ts';
import { encodeTransaction } from '../src/ledger/transaction.ts';
import { type GenesisOptions, hashFrom, testGenesisFile, World } from '../test/support/ledger.ts';

const membersOfRole = { doctor: 20, lab: 10, pharmacy: 10 } as const;
const names = (role: keyof typeof membersOfRole) =>
  Array.from({ length: membersOfRole[role] }, (_, index) => `${role}_${index}`);

export const doctors = names('doctor');
export const labs = names('lab');
export const pharmacies = names('pharmacy');

const members = Object.fromEntries([
  ...doctors.map((name): [string, Role] => [name, 'doctor']),
  ...labs.map((name): [string, Role] => [name, 'lab']),
  ...pharmacies.map((name): [string, Role] => [name, 'pharmacy']),
]);

/** What a file says of the network; the difficulty is that of the demo. */
export const benchGenesis: GenesisOptions = {
  name: 'bench network',
  members,
  supply: 1_000_000_000_000,
  difficulty: 4_096,
};

export class QuickWorld extends World {
  /** Of whoever writes here: two worlds of different names never write the same transaction. */
  readonly name: string;
  readonly #keys = new Map<string, KeyObject>();
  #written = 0;

  constructor(name: string) {
    super(parseGenesis(testGenesisFile(benchGenesis)));
    this.name = name;
  }

  override sign(username: string, fields: TransactionFields): Transaction {
    const { genesis } = this;
    const count = this.#written++;
    const body = {
      network: genesis.hash,
      author: this.id(username),
      time: genesis.time + count,
      nonce: hashFrom(`${this.name} ${count}`).slice(0, 32),
      ...fields,
    } as BodyOf<KindName>;
    const unsigned = { id: '', body, signature: new Uint8Array(64), bytes: new Uint8Array() };
    const bytes = encodeTransaction(body, unsigned.signature);
    const preimage = signedBytes({ ...unsigned, bytes });
    const signature = new Uint8Array(sign(null, preimage, this.#keyOf(username)));
    bytes.set(signature, bytes.length - signature.length);
    return { id: toHex(sha256(preimage)), body, signature, bytes };
  }

  #keyOf(username: string): KeyObject {
    const known = this.#keys.get(username);
    if (known) return known;
    const keys = this.keys[username];
    assert(keys, `${username} is a member`);
    const key = createPrivateKey(privateKeyOf(keys.signing.secretKey));
    this.#keys.set(username, key);
    return key;
  }
}

/** New patients, by all doctors in turn: what needs nothing else. */
export function registrations(world: QuickWorld, count: number, prefix: string): Transaction[] {
  return Array.from({ length: count }, (_, index) =>
    world.register(doctors[index % doctors.length]!, `${prefix} ${index}`),
  );
}

/** The key of a seed, as node:crypto takes one (RFC 8037, 2). */
export function privateKeyOf(seed: Uint8Array): JsonWebKeyInput {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  const { publicKey } = signingKeyPair(seed);
  return { key: { kty: 'OKP', crv: 'Ed25519', d: text(seed), x: text(publicKey) }, format: 'jwk' };
}
