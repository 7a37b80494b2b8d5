/** The one check of a transaction, for the mempool and for a block alike: against the state as it is before it. */

import { fromHex } from '../base/index.ts';
import { verifyStrict } from '../crypto/index.ts';
import { type Genesis, systemAccount } from './genesis.ts';
import { kinds } from './kinds/index.ts';
import type { Occasion } from './kinds/kind.ts';
import { type Rejection, type RejectionCode, type RejectionFacts, rejection } from './rejection.ts';
import type { Role } from './roles.ts';
import { readMember, readPosition, type StateView, type StateWriter } from './state.ts';
import { recordsOf, signedBytes, type Transaction } from './transaction.ts';

/** Told of each check as it is made, so that explaining a verdict is printing. */
export type OnCheck = (name: RejectionCode, facts: RejectionFacts, passed: boolean) => void;

export interface TransactionRules {
  readonly genesis: Genesis;
  /** Whether the signature of these bytes fits; {@link verifyTransaction} unless they were checked before. */
  readonly verify?: (transaction: Transaction, signingKey: string) => boolean;
  readonly onCheck?: OnCheck | undefined;
}

export function verifyTransaction(transaction: Transaction, signingKey: string): boolean {
  return verifyStrict(fromHex(signingKey), signedBytes(transaction), transaction.signature);
}

/** Why the transaction may not enter after `state`; null where it may. */
export function checkTransaction(
  transaction: Transaction,
  state: StateView,
  rules: TransactionRules,
): Rejection | null {
  const { body, id } = transaction;
  const { genesis, verify = verifyTransaction, onCheck } = rules;
  const author = readMember(state, body.author);
  const kind = kindRules(body.kind);

  const check = (code: RejectionCode, passed: boolean, facts: RejectionFacts = {}): Rejection | null => {
    onCheck?.(code, facts, passed);
    return passed ? null : rejection(code, facts);
  };
  const { length: bytes } = transaction.bytes;
  // Cheap checks first; the signature before anything that a stranger could use to make this node read its disk.
  const unfit =
    check('transaction-too-large', bytes <= genesis.limits.transactionBytes, { bytes }) ??
    check('wrong-network', body.network === genesis.hash, { network: body.network }) ??
    check('forged-system-transfer', body.author !== systemAccount) ??
    check('unknown-author', author !== undefined, { author: body.author }) ??
    check('bad-signature', verify(transaction, author!.signingKey)) ??
    check('wrong-role', kind.authors.includes(author!.role), { role: author!.role, kind: body.kind }) ??
    check('already-in-chain', readPosition(state, id) === undefined, { id }) ??
    check('bad-readers', hasGoodReaders(body, author!.id, state));
  if (unfit) return unfit;

  const refused = kind.check({ id, body, author: author!, state });
  if (onCheck) reportKindCheck(onCheck, body.kind, refused);
  return refused;
}

/** Writes what a transaction changes. Only after {@link checkTransaction} found nothing against it. */
export function applyTransaction(transaction: Transaction, draft: StateWriter): void {
  const { body, id } = transaction;
  kindRules(body.kind).effect({ id, body, author: readMember(draft, body.author)!, state: draft }, draft);
}

/** Whether a role may author a kind: one cell of the role × kind matrix. */
export function mayAuthor(role: Role, kind: Transaction['body']['kind']): boolean {
  return kindRules(kind).authors.includes(role);
}

interface KindRules {
  readonly authors: readonly Role[];
  check(occasion: Occasion<unknown>): Rejection | null;
  effect(occasion: Occasion<unknown>, draft: StateWriter): void;
}

/** The compiler cannot see that a body and the kind that it names belong together; the schema has made sure. */
function kindRules(kind: Transaction['body']['kind']): KindRules {
  return kinds[kind] as unknown as KindRules;
}

function hasGoodReaders(body: Transaction['body'], author: string, state: StateView): boolean {
  return Object.values(recordsOf(body)).every(({ readers }) => areReaders(readers, author, state));
}

function areReaders(readers: readonly string[], author: string, state: StateView): boolean {
  const ascending = readers.every((reader, index) => index === 0 || readers[index - 1]! < reader);
  return ascending && readers.includes(author) && readers.every((reader) => readMember(state, reader) !== undefined);
}

/** A kind has one check of its own subject; it is reported under the code that refused, or under the kind's main one. */
function reportKindCheck(onCheck: OnCheck, kind: Transaction['body']['kind'], refused: Rejection | null): void {
  if (refused) onCheck(refused.code, refused.facts, false);
  else onCheck(mainCheck[kind], { kind }, true);
}

const mainCheck: Record<Transaction['body']['kind'], RejectionCode> = {
  PATIENT_REGISTRATION: 'patient-already-registered',
  DOCTOR_CONSULTATION: 'unknown-patient',
  LAB_TEST_RESULT: 'order-already-answered',
  PRESCRIPTION: 'unknown-patient',
  PRESCRIPTION_FILLED: 'prescription-already-filled',
  PRESCRIPTION_CANCELLATION: 'prescription-cancelled',
  TRANSFER_ECASH: 'spends-more-than-balance',
};
