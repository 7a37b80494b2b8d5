/**
 * Decodes what peers send, a transaction at a time, so that others have their turn in between. What the node holds already,
 * byte for byte, is not decoded again: most of a block was heard of before it was mined.
 */
import { CarechainError } from '../base/index.ts';
import {
  type Block,
  closeBlock,
  decodeTransaction,
  type KnownTransactions,
  openBlock,
  type Transaction,
  type Verdict,
} from '../ledger/index.ts';
import type { Breathe } from './fair-shares.ts';

/** @throws CarechainError the code of the rejection, where one of them cannot be decoded. */
export async function readTransactions(
  parts: readonly Uint8Array[],
  breathe: Breathe,
  known: KnownTransactions,
): Promise<Transaction[]> {
  const transactions: Transaction[] = [];
  for (const bytes of parts) {
    await breathe();
    transactions.push(readable(decodeTransaction(bytes, known)));
  }
  return transactions;
}

/** @throws as {@link readTransactions} */
export async function readBlock(bytes: Uint8Array, breathe: Breathe, known: KnownTransactions): Promise<Block> {
  await breathe();
  const opened = readable(openBlock(bytes));
  return closeBlock(opened, await readTransactions(opened.transactionBytes, breathe, known), bytes);
}

export function readable<T>(verdict: Verdict<T>): T {
  if (!verdict.ok) throw new CarechainError(verdict.rejection.code, 'What a peer sent cannot be decoded.');
  return verdict.value;
}
