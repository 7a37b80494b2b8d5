/** How entries of the ledger are shown: transactions and rewards in the same words, with usernames and ISO times. */
import type { Block } from '../ledger/index.ts';
import type { Entry, EntryState, LedgerNode } from '../node/index.ts';
import { nameOf } from './members.ts';

/** What the lists of `chain`, `block`, `pending` and `lost` say of an entry. The last four are null but for transfers. */
export interface EntryRow {
  readonly id: string;
  readonly kind: string;
  readonly author: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly amount: number | null;
  readonly reason: string | null;
}

export function rowOf(node: LedgerNode, entry: Entry): EntryRow {
  if (entry.type === 'reward') {
    const { id, kind, from, to, amount, rule } = entry.reward;
    const author = nameOf(node, from);
    return { id, kind, author, from: author, to: nameOf(node, to), amount, reason: rule };
  }
  const { id, body } = entry.transaction;
  const author = nameOf(node, body.author);
  if (body.kind !== 'TRANSFER_ECASH') {
    return { id, kind: body.kind, author, from: null, to: null, amount: null, reason: null };
  }
  const { kind, to, amount, reason } = body;
  return { id, kind, author, from: author, to: nameOf(node, to), amount, reason };
}

/** What a block holds, in order: the rewards that it pays, then its transactions. */
export function entriesOf(node: LedgerNode, block: Block): Entry[] {
  return [
    ...node.rewardsOf(block.hash).map((reward): Entry => ({ type: 'reward', reward })),
    ...block.transactions.map((transaction): Entry => ({ type: 'transaction', transaction })),
  ];
}

/** Where an entry stands, in words and numbers: enough for "in #5 · 3 deep · held by 2 of 2 peers". */
export interface Standing {
  readonly where: 'pending' | 'waiting' | 'in-block' | 'lost';
  readonly height: number | null;
  /** Blocks from the one that holds it up to the head; 0 while none does. */
  readonly confirmations: number;
  /** Linked peers that have this height, and all linked peers; null while no block holds it. */
  readonly holders: number | null;
  readonly peers: number | null;
  /** Why it waits or was lost. */
  readonly code: string | null;
}

export function standingOf(node: LedgerNode, where: EntryState): Standing {
  if (where.state === 'confirmed') {
    return {
      where: 'in-block',
      height: where.height,
      confirmations: confirmationsOf(node, where),
      holders: node.holders(where.height),
      peers: node.peers().length,
      code: null,
    };
  }
  const code = where.state === 'pending' ? null : where.rejection.code;
  return { where: where.state, height: null, confirmations: 0, holders: null, peers: null, code };
}

export function confirmationsOf(node: LedgerNode, where: EntryState): number {
  return where.state === 'confirmed' ? node.head().height - where.height + 1 : 0;
}

export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
