/** One transaction or one block, with every id in full. */
import type { Line } from '../printer.ts';
import { type Formatter, formatterOf, more } from './formatter.ts';
import { pairs } from './layout.ts';
import { count, kindWord, localTime, short, who } from './plain-words.ts';
import { valueWords } from './record-words.ts';
import { type Standing, standingWords } from './standing.ts';

interface Transaction extends Standing {
  readonly id: string;
  readonly kind: string;
  readonly author: string;
  readonly authorKey: string | null;
  readonly time: string | null;
  readonly signature: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly blockHash?: string | null;
  readonly bytes?: string;
}

interface Block {
  readonly height: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly time: string;
  readonly miner: string;
  readonly signature: string | null;
  readonly isOnMainChain?: boolean;
  readonly confirmations?: number;
  readonly holders?: number | null;
  readonly peers?: number;
  readonly transactions: readonly { readonly id: string; readonly kind: string; readonly author: string }[];
  readonly next?: number | null;
  readonly bytes?: string;
}

function bytesLines(bytes: string | undefined): Line[] {
  // On one line of its own, so that it can be cut out and hashed.
  return bytes === undefined ? [] : [{ text: 'bytes that are hashed:', tone: 'faint' }, bytes];
}

function fieldRows(fields: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]): [string, string][] => {
    if (name !== 'records' || typeof value !== 'object' || value === null) return [[name, valueWords(value)]];
    return Object.entries(value as Readonly<Record<string, unknown>>).flatMap(([slot, sealed]) =>
      sealedRows(slot, sealed),
    );
  });
}

/** A sealed record as the ledger knows it: its commitment, and for whom. */
function sealedRows(slot: string, sealed: unknown): [string, string][] {
  const { commitment, readers } = (sealed ?? {}) as { commitment?: unknown; readers?: unknown };
  return [
    [slot, valueWords(commitment)],
    ['  readers', valueWords(readers)],
  ];
}

function blockState({ isOnMainChain = true, confirmations = 0, holders = null, peers = 0 }: Block): string {
  if (!isOnMainChain) return '✗ on a side branch';
  return `✓ on the main chain · ${confirmations} deep · ${peers > 0 ? `held by ${holders ?? 0} of ${count(peers, 'peer')}` : 'held by this node alone'}`;
}

export const detailFormatters: Readonly<Record<string, Formatter>> = {
  tx: formatterOf<Transaction>((tx) => [
    { text: `${kindWord(tx.kind)} by ${who(tx.author)}`, tone: 'heading' },
    ...pairs([
      ['id', tx.id],
      ['kind', tx.kind],
      ['state', standingWords(tx)],
      ...(tx.blockHash ? [['block', tx.blockHash] as const] : []),
      ['time', localTime(tx.time)],
      ['author key', tx.authorKey ?? 'none: derived, not signed'],
      ['signature', tx.signature ?? 'none: derived, not signed'],
      ...fieldRows(tx.fields),
    ]),
    ...bytesLines(tx.bytes),
  ]),
  block: formatterOf<Block>((block) => [
    { text: `Block #${block.height}`, tone: 'heading' },
    ...pairs([
      ['hash', block.hash],
      ['parent', block.parentHash],
      ['state', blockState(block)],
      ['time', localTime(block.time)],
      ['miner', block.miner],
      ['signature', block.signature ?? 'none: nobody mined the genesis'],
      ...headerRows(block),
    ]),
    ...block.transactions.map(({ id, kind, author }) => `  ${short(id)}  ${kindWord(kind)} by ${who(author)}`),
    ...more(`block ${block.height}`, block.next ?? null),
    ...bytesLines(block.bytes),
  ]),
};

/** The other fields of the header. A hash has room for all of its 64 digits beside a label of up to 14 characters. */
function headerRows(block: Block): [string, string][] {
  const values = block as unknown as Readonly<Record<string, unknown>>;
  const labels = {
    rules: 'rules',
    network: 'network',
    transactionsRoot: 'root',
    stateDigest: 'state digest',
    difficulty: 'difficulty',
    nonce: 'nonce',
  };
  return Object.entries(labels).flatMap(([name, label]): [string, string][] =>
    values[name] === undefined ? [] : [[label, valueWords(values[name])]],
  );
}
