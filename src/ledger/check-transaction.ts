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

  // Cheap checks first; the signature before anything that a stranger could use to make this node read its disk.
  const checks: [RejectionCode, () => boolean, RejectionFacts?][] = [
    [
      'transaction-too-large',
      () => transaction.bytes.length <= genesis.limits.transactionBytes,
      { bytes: transaction.bytes.length },
    ],
    ['wrong-network', () => body.network === genesis.hash, { network: body.network }],
    ['forged-system-transfer', () => body.author !== systemAccount],
    ['unknown-author', () => author !== undefined, { author: body.author }],
    ['bad-signature', () => verify(transaction, author!.signingKey)],
    ['wrong-role', () => kind.authors.includes(author!.role), { role: author?.role ?? null, kind: body.kind }],
    ['already-in-chain', () => readPosition(state, id) === undefined, { id }],
    [
      'bad-readers',
      () => Object.values(recordsOf(body)).every((record) => areReaders(record.readers, author!.id, state)),
    ],
  ];
  for (const [code, passes, facts = {}] of checks) {
    const passed = passes();
    onCheck?.(code, facts, passed);
    if (!passed) return rejection(code, facts);
  }
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
