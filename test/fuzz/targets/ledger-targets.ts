/** What peers send and disks keep of the ledger itself: transactions, blocks, headers; and the file that a network begins with. */
import { decode, type Encodable, encode, limits, NotCanonical, toHex, utf8ToBytes } from '../../../src/base/index.ts';
import { genesisOfText } from '../../../src/cli/genesis-file.ts';
import { taggedHash } from '../../../src/crypto/index.ts';
import {
  type Block,
  decodeBlock,
  decodeSealedHeader,
  decodeTransaction,
  encodeSealedHeader,
  type Genesis,
  parseGenesis,
  type SealedHeader,
  type Transaction,
} from '../../../src/ledger/index.ts';
import { encodeTransaction } from '../../../src/ledger/transaction.ts';
import { testGenesisFile } from '../../support/ledger.ts';
import { readByLibrary } from '../../support/library-reader.ts';
import { blocks, chain, transactions } from '../../support/one-of-each.ts';
import { type Target, target, unlessRefused, unlessRejected } from '../target.ts';

/** From the decoded fields alone. */
export function bytesOf({ body, signature }: Transaction): Uint8Array {
  return encodeTransaction(body, signature);
}

/** As {@link bytesOf}. */
export function encodeBlock(block: Block): Uint8Array {
  const { header, signature } = decode(encodeSealedHeader(block)) as { header: Encodable; signature: Uint8Array };
  return encode({ header, signature, transactions: block.transactions.map(bytesOf) });
}

function objectionToTransaction({ id, body, bytes }: Transaction): string | null {
  if (id !== toHex(taggedHash('carechain/transaction/1', bytes.subarray(1, -66)))) return 'the id is not its hash';
  if (bytes.length > limits.transactionBytes) return 'it is too large';
  return objectionToPlain(body);
}

function objectionToHeader({ header, signature }: SealedHeader): string | null {
  if (signature.length !== 64) return 'the signature has another length';
  return objectionToPlain(header);
}

/** What holds of every value that the ledger lets in. */
function objectionToPlain(value: unknown): string | null {
  if (typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0)) return 'a number is no natural one';
  if (typeof value === 'string' && !(value.isWellFormed() && value.normalize('NFC') === value))
    return 'text is not NFC';
  if (typeof value !== 'object' || value === null) return null;
  if (Object.hasOwn(value, '__proto__')) return 'a field is named __proto__';
  return (
    Object.values(value)
      .map(objectionToPlain)
      .find((objected) => objected !== null) ?? null
  );
}

/** Whether our reader and the library agree; the library loses a byte order mark that begins a text. */
function objectionToVerdict(input: Uint8Array, accepted: boolean): string | null {
  if (input.length > limits.transactionBytes || (!accepted && isOutOfBounds(input))) return null;
  if (Buffer.from(input).includes(Buffer.of(0xef, 0xbb, 0xbf))) return null;
  return (readByLibrary(input) !== null) === accepted ? null : 'the library has another verdict';
}

/** The library has no bounds. */
function isOutOfBounds(input: Uint8Array): boolean {
  try {
    decode(input);
    return false;
  } catch (error) {
    return /too many|too deep/.test((error as Error).message);
  }
}

/** The reader below all the others, against the library that encodes again and compares. */
const encoding = target<unknown>({
  name: 'encoding',
  shape: 'cbor',
  mostBytes: limits.blockBytes + limits.blockFramingBytes,
  longerAllowed: 'who reads with it knows how long its own bytes may be',
  seeds: [blocks[1].bytes, transactions[8].bytes, encode({ a: null, b: [true, false, -1, -(2 ** 40)], c: { d: 'é' } })],
  decode(input) {
    try {
      return { value: decode(input) };
    } catch (error) {
      if (error instanceof NotCanonical) return null;
      throw error;
    }
  },
  encode: (value) => encode(value as Encodable),
  objectionToVerdict,
});

export const ledgerTargets: readonly Target[] = [
  encoding,
  target<Transaction>({
    name: 'transaction',
    shape: 'cbor',
    mostBytes: limits.transactionBytes,
    seeds: transactions.map(({ bytes }) => bytes),
    decode: (input) => unlessRejected(decodeTransaction(input)),
    encode: bytesOf,
    objection: objectionToTransaction,
  }),
  target<Block>({
    name: 'block',
    shape: 'cbor',
    mostBytes: limits.blockBytes + limits.blockFramingBytes,
    seeds: blocks.map(({ bytes }) => bytes),
    decode: (input) => unlessRejected(decodeBlock(input)),
    encode: encodeBlock,
    objection: (block) =>
      block.transactions.map(objectionToTransaction).find((objected) => objected !== null) ?? objectionToHeader(block),
  }),
  target<SealedHeader>({
    name: 'sealed-header',
    shape: 'cbor',
    mostBytes: limits.sealedHeaderBytes,
    seeds: blocks.map(encodeSealedHeader),
    decode: (input) => unlessRejected(decodeSealedHeader(input)),
    encode: encodeSealedHeader,
    objection: objectionToHeader,
  }),
  target<Genesis>({
    name: 'genesis',
    shape: 'json',
    mostBytes: limits.genesisBytes,
    longerAllowed: 'its file is read only so far (test/cli/genesis-file.test.ts)',
    // Few members: whether a sealing key is sound costs more than all the rest.
    seeds: [{}, { miners: [toHex(chain.miner.publicKey)] }].map((options) =>
      utf8ToBytes(JSON.stringify(testGenesisFile({ members: { alice: 'doctor', bob: 'lab' }, ...options }))),
    ),
    decode: (input) => unlessRefused(() => genesisOfText(Buffer.from(input).toString('utf8'))),
    objection(genesis) {
      const { hash, members, ...file } = genesis;
      const again = { ...file, members: members.map(({ id: _id, ...member }) => member) };
      if (parseGenesis(JSON.parse(JSON.stringify(again))).hash !== hash) return 'written again it is another network';
      if (members.length > limits.membersInGenesis) return 'it has too many members';
      return objectionToPlain(again);
    },
  }),
];
