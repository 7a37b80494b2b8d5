/** From an action to the ledger: records are sealed, a transaction names them, the user's key signs it, the node takes it. */
import { CarechainError, limits, toHex } from '../base/index.ts';
import { type Member, signTransaction, type TransactionFields } from '../ledger/index.ts';
import type { RecordText, SealedRecord } from '../vault/index.ts';
import { type ActionContext, done, type Outcome } from './action.ts';
import { errorCodes, refusal, sentenceOf } from './error-codes.ts';
import { userOf } from './members.ts';

/** @throws CarechainError `too-many-readers` or `record-too-large`. */
export async function seal(
  context: ActionContext,
  text: RecordText,
  readers: readonly Member[],
): Promise<SealedRecord> {
  if (readers.length > limits.readersPerRecord) {
    const { sentence, nextStep } = errorCodes['too-many-readers'];
    throw new CarechainError('too-many-readers', `${sentence} ${nextStep}`, { readers: readers.length });
  }
  return context.carechain.vault.seal(text, readers);
}

/** A transaction that is on the disk; `code` and `message` say why where it waits for what it refers to. */
export interface Submitted {
  readonly transactionId: string;
  readonly state: 'pending' | 'waiting';
  readonly code: string | null;
  readonly message: string | null;
}

/** Signs `fields` as the user and hands them to the node with the records they commit to. */
export async function submit(
  context: ActionContext,
  fields: TransactionFields,
  records: readonly (SealedRecord | null)[],
): Promise<Outcome<Submitted>> {
  const { node, clock, random } = context.carechain;
  const { member, keys } = userOf(context);
  const transaction = signTransaction(fields, {
    network: node.genesis.hash,
    author: member.id,
    time: clock.now(),
    nonce: toHex(random.bytes(16)),
    secretKey: keys.signing.secretKey,
  });
  const writes = records.flatMap((record) => record?.writes ?? []);
  const verdict = await node.submit(transaction, writes);
  if (!verdict.ok) return refusal(verdict.rejection);
  const where = node.find(transaction.id)?.where;
  const transactionId = transaction.id;
  if (where?.state !== 'waiting') return done({ transactionId, state: 'pending', code: null, message: null });
  const { code } = where.rejection;
  return done({ transactionId, state: 'waiting', code, message: sentenceOf(code) });
}
