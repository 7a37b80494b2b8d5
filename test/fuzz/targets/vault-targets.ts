/** What peers send about sealed records, and what authors seal in them. */
import { encode, fromHex, limits, toHex } from '../../../src/base/index.ts';
import { encryptRecord, recordCommitmentOf, sha256, wrappedKeyBytes } from '../../../src/crypto/index.ts';
import { decodeEnvelope, type Envelope, envelopeBytes } from '../../../src/vault/envelope.ts';
import {
  decodeAnswer,
  decodeRequest,
  type ExchangeRequest,
  encodeAnswer,
  encodeRequest,
  recordsPerRequest,
  requestBytes,
} from '../../../src/vault/exchange.ts';
import { checkStatement, type HostingStatement, signStatement, statementBytes } from '../../../src/vault/hosting.ts';
import { pad, unpad } from '../../../src/vault/padding.ts';
import { decodeText, encodeText } from '../../../src/vault/record-text.ts';
import type { RecordText } from '../../../src/vault/vault.ts';
import { bytesFrom, hashFrom } from '../../support/ledger.ts';
import { chain, world } from '../../support/one-of-each.ts';
import { type Target, target, unlessNull } from '../target.ts';

const texts: readonly RecordText[] = [
  { notes: 'sleeps badly\nand dreams', born: null },
  { patientName: 'Zoë O’Brien', test: 'Blood Test', values: [{ name: 'Hemoglobin', value: '13.5', unit: 'g/dL' }] },
  { medication: 'Ibuprofen', dosage: '400 mg', repeats: 2, generic: true, photo: new Uint8Array(20) },
];

const salt = bytesFrom('salt');
const dataKey = bytesFrom('data key');
const plaintext = pad(encodeText(texts[0]!));
const nonce = bytesFrom('nonce').slice(0, 12);
const ciphertext = encryptRecord({ plaintext, dataKey, nonce, associatedData: new Uint8Array(1) });
const reader = fromHex(world.id('alice'));
/** Wraps differ each time that they are made; a corpus does not. */
const wrapped = new Uint8Array(wrappedKeyBytes).fill(7);
const envelope: Envelope = {
  commitment: recordCommitmentOf(salt, sha256(ciphertext), sha256(dataKey)),
  salt,
  keyHash: sha256(dataKey),
  ciphertext: new Uint8Array(ciphertext),
  wraps: [
    { reader, wrapped },
    { reader: fromHex(world.id('bob')), wrapped },
  ],
};

const network = world.genesis.hash;
const now = world.genesis.time + 1_000;
const alice = world.keys.alice!;
const statement: HostingStatement = {
  network,
  member: alice.id,
  nodeKey: toHex(chain.miner.publicKey),
  until: now + limits.hostingMs,
};
const signedStatement = signStatement(statement, alice.signing.secretKey);
const encodeEnvelope = ({ commitment, salt: salted, keyHash, ciphertext: sealed, wraps }: Envelope) =>
  encode({ commitment, salt: salted, keyHash, ciphertext: sealed, wraps });

export const vaultTargets: readonly Target[] = [
  target<ExchangeRequest>({
    name: 'vault-request',
    shape: 'cbor',
    mostBytes: requestBytes,
    longerAllowed: 'the network takes no longer request (test/network/transport-contract.ts)',
    seeds: [
      encodeRequest({ records: [hashFrom('one'), hashFrom('two')], statements: [signedStatement] }),
      encodeRequest({ records: [], statements: [] }),
    ],
    decode: (input) => unlessNull(decodeRequest(input)),
    encode: encodeRequest,
    objection: ({ records, statements }) =>
      records.length > recordsPerRequest || statements.length > recordsPerRequest ? 'it asks for too many' : null,
  }),
  target<Uint8Array[]>({
    name: 'vault-answer',
    shape: 'cbor',
    mostBytes: limits.responseBytes,
    longerAllowed: 'the network takes no longer answer (test/network/transport-contract.ts)',
    seeds: [encodeAnswer([encodeEnvelope(envelope), encodeEnvelope(envelope)]), encodeAnswer([])],
    decode: (input) => unlessNull(decodeAnswer(input)),
    encode: encodeAnswer,
    objection: (envelopes) => (envelopes.length > recordsPerRequest ? 'it answers too many' : null),
  }),
  target<Envelope>({
    name: 'record-envelope',
    shape: 'cbor',
    mostBytes: envelopeBytes,
    seeds: [encodeEnvelope(envelope)],
    decode: (input) => unlessNull(decodeEnvelope(input)),
    encode: encodeEnvelope,
    objection: ({ wraps }) => (wraps.length > limits.readersPerRecord ? 'it has too many readers' : null),
  }),
  target<HostingStatement>({
    name: 'hosting-statement',
    shape: 'cbor',
    mostBytes: statementBytes,
    seeds: [signedStatement],
    decode: (input) => unlessNull(checkStatement(input, { network, state: chain.state, now })),
    encode: (value) => signStatement(value, alice.signing.secretKey),
  }),
  target<RecordText>({
    name: 'record-text',
    shape: 'cbor',
    mostBytes: limits.recordBytes,
    seeds: texts.map(encodeText),
    decode: (input) => unlessNull(decodeText(input)),
    encode: encodeText,
    objection: (value) => (Object.getPrototypeOf(value) === Object.prototype ? null : 'it is no plain map'),
  }),
  target<Uint8Array>({
    name: 'record-padding',
    shape: 'bytes',
    mostBytes: limits.recordBytes + 4,
    seeds: [plaintext, pad(new Uint8Array(0)), pad(encode({ long: 'x'.repeat(300) }))],
    decode: (input) => unlessNull(unpad(input)),
    encode: pad,
  }),
];
