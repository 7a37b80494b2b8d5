/**
 * One block as one line of JSON: readable, and lossless. The header is written field by field, each transaction both as
 * fields and as its exact bytes; the block's own bytes follow from these.
 */
import { encode, fromHex, isHex, toHex } from '../../base/index.ts';
import {
  type Block,
  decodeBlock,
  type Genesis,
  type GenesisFile,
  genesisHeader,
  type Reward,
  type Transaction,
  type Verdict,
} from '../../ledger/index.ts';

export type BlockLine = Readonly<Record<string, unknown>>;

export function genesisLine(genesis: Genesis): BlockLine {
  const { hash, members, ...file } = genesis;
  const listed: GenesisFile = { ...file, members: members.map(({ id: _id, ...member }) => member) };
  return { height: 0, hash, parentHash: genesisHeader(genesis).parent, genesis: listed };
}

export function blockLine(block: Block, rewards: readonly Reward[], genesis: Genesis): BlockLine {
  const { header, hash, signature, transactions } = block;
  const { height, parent, time, ...others } = header;
  return {
    height,
    hash,
    parentHash: parent,
    time: new Date(time).toISOString(),
    ...others,
    signature: toHex(signature),
    rewards: rewards.map((reward) => ({ ...reward })),
    transactions: transactions.map((transaction) => transactionLine(transaction, genesis)),
  };
}

function transactionLine({ id, body, signature, bytes }: Transaction, { members }: Genesis): BlockLine {
  const { network: _network, kind, author, time, nonce, ...fields } = body;
  return {
    id,
    kind,
    author: members.find((member) => member.id === author)?.username ?? author,
    authorId: author,
    time: new Date(time).toISOString(),
    nonce,
    fields,
    signature: toHex(signature),
    bytes: toHex(bytes),
  };
}

/** The block that a line tells of: its header from the readable fields, its transactions from their bytes. */
export function blockOfLine(line: BlockLine): Verdict<Block> {
  const bytes = (value: unknown, length?: number) =>
    typeof value === 'string' && isHex(value, length) ? fromHex(value) : null;
  const wire = {
    header: {
      rules: integer(line.rules),
      network: bytes(line.network, 32),
      height: integer(line.height),
      parent: bytes(line.parentHash, 32),
      time: typeof line.time === 'string' ? integer(Date.parse(line.time)) : null,
      miner: bytes(line.miner, 32),
      transactionsRoot: bytes(line.transactionsRoot, 32),
      stateDigest: bytes(line.stateDigest, 32),
      difficulty: integer(line.difficulty),
      nonce: bytes(line.nonce, 8),
    },
    signature: bytes(line.signature, 64),
    transactions: Array.isArray(line.transactions)
      ? line.transactions.map((transaction: unknown) => bytes((transaction as BlockLine | null)?.bytes))
      : null,
  };
  return decodeBlock(encode(wire));
}

/** What has an encoding; null for anything else that a line may hold in its place. */
function integer(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null;
}

export interface Difference {
  /** Such as `transactions.0.fields.amount`. */
  readonly path: string;
}

/** The first place where a line says something else than the block that was rebuilt from it; null where there is none. */
export function firstDifference(line: unknown, rebuilt: unknown, path = ''): Difference | null {
  if (typeof line !== 'object' || line === null || typeof rebuilt !== 'object' || rebuilt === null) {
    // `===` takes -0 for 0.
    return Object.is(line, rebuilt) ? null : { path };
  }
  if (Array.isArray(line) !== Array.isArray(rebuilt)) return { path };
  for (const key of new Set([...Object.keys(rebuilt), ...Object.keys(line)])) {
    const keyPath = path === '' ? key : `${path}.${key}`;
    // What both inherit, such as `__proto__`, is not the same as what the line says.
    if (!Object.hasOwn(line, key) || !Object.hasOwn(rebuilt, key)) return { path: keyPath };
    const difference = firstDifference((line as BlockLine)[key], (rebuilt as BlockLine)[key], keyPath);
    if (difference) return difference;
  }
  return null;
}
