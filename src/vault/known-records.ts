/** What this node's own ledger says of sealed records: the only source for who their readers are. */
import { recordsOf, type Sealed, type Transaction } from '../ledger/index.ts';
import type { LedgerNode } from '../node/index.ts';
import { recordIdOf } from './record-id.ts';

/** What the vault needs of the ledger node. */
export type VaultLedger = Pick<
  LedgerNode,
  'genesis' | 'nodeKey' | 'state' | 'head' | 'hashAt' | 'block' | 'find' | 'holds' | 'pending' | 'on'
>;

/** A transaction by its id: pending, waiting or confirmed. One that can no longer be confirmed grants nothing. */
export function findTransaction(node: Pick<VaultLedger, 'find'>, id: string): Transaction | undefined {
  const located = node.find(id);
  if (located === undefined || located.entry.type !== 'transaction' || located.where.state === 'lost') return undefined;
  return located.entry.transaction;
}

/** The records that a transaction commits to. */
export function sealedRecordsOf(transaction: Transaction): Sealed[] {
  return Object.values(recordsOf(transaction.body));
}

/** What a transaction says of the record with this id; undefined where it is not known here or says nothing of it. */
export function sealedOf(node: Pick<VaultLedger, 'find'>, transactionId: string, recordId: string): Sealed | undefined {
  const transaction = findTransaction(node, transactionId);
  return transaction && sealedRecordsOf(transaction).find((sealed) => recordIdOf(sealed) === recordId);
}
