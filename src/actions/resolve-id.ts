/**
 * Which transaction, patient or block a person means. Wherever an id is taken, so is its beginning where that is unique
 * (at least 4 characters), or a number from the last list that was shown.
 */
import { limits } from '../base/index.ts';
import { isPatientId, patientOf, readPatient } from '../ledger/index.ts';
import type { LedgerNode } from '../node/index.ts';
import { type ActionContext, done, type Outcome } from './action.ts';
import { type ErrorCode, failure } from './error-codes.ts';

const leastCharacters = 4;
const hashCharacters = 64;
/** A number of up to three digits is one from the list; more digits are the beginning of an id. */
const listNumber = /^#?\d{1,3}$/;

export async function resolveTransaction(typed: string, context: ActionContext): Promise<Outcome<string>> {
  const { node } = context.carechain;
  const text = typed.toLowerCase();
  const listed = fromList(text, context);
  if (listed !== null) return node.find(listed) ? done(listed) : failure('unknown-transaction');
  if (text.length < leastCharacters || !/^[0-9a-f]{1,64}$/.test(text)) return failure('unknown-transaction');
  if (text.length === hashCharacters) return node.find(text) ? done(text) : failure('unknown-transaction');
  return theOnly(await node.findIds(text, 2), 'unknown-transaction');
}

/** A number that stands for a transaction means its patient: `todo`, then `set_patient 1`. */
export async function resolvePatient(typed: string, context: ActionContext): Promise<Outcome<string>> {
  const { node } = context.carechain;
  const text = typed.toLowerCase();
  const listed = fromList(text, context);
  const patient = listed === null ? text : patientBehind(listed, node);
  if (patient === null) return failure('unknown-patient');
  if (isPatientId(patient)) return readPatient(node.pendingState, patient) ? done(patient) : failure('unknown-patient');
  if (text.length < leastCharacters || !/^[0-9a-f-]{1,36}$/.test(text)) return failure('unknown-patient');
  return theOnly(await node.findPatients(text, 2), 'unknown-patient');
}

/** The hash of a block of the main chain, or of a stored side branch where it is given in full. */
export async function resolveBlock(typed: string, { carechain }: ActionContext): Promise<Outcome<string>> {
  const { node } = carechain;
  const text = typed.toLowerCase();
  const height = /^#?\d{1,15}$/.test(text) ? Number(text.replace('#', '')) : null;
  if (height === 0) return done(node.genesis.hash);
  const atHeight = height === null ? undefined : node.hashAt(height);
  if (atHeight !== undefined) return done(atHeight);
  if (text.length < leastCharacters || !/^[0-9a-f]{1,64}$/.test(text)) return failure('unknown-block');
  if (text === node.genesis.hash || (text.length === hashCharacters && node.block(text))) return done(text);
  return theOnly(await hashesFrom(node, text), 'unknown-block');
}

/** Hashes of the main chain that begin with `prefix`, newest first, at most two. */
async function hashesFrom(node: LedgerNode, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (let height = node.head().height; height >= 0 && found.length < 2; height--) {
    const hash = node.hashAt(height);
    if (hash?.startsWith(prefix)) found.push(hash);
    // A long chain is read in pieces, so that nothing else waits for it.
    if (height % 10_000 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return found;
}

function fromList(text: string, { session }: ActionContext): string | null {
  if (!listNumber.test(text)) return null;
  return session.lastList[Number(text.replace('#', '')) - 1] ?? null;
}

function patientBehind(id: string, node: LedgerNode): string | null {
  if (isPatientId(id)) return id;
  const found = node.find(id)?.entry;
  return found?.type === 'transaction' ? (patientOf(found.transaction.body, node.pendingState) ?? null) : null;
}

function theOnly(found: readonly string[], unknown: ErrorCode): Outcome<string> {
  if (found.length > 1) return failure('ambiguous-id');
  return found.length === 1 ? done(found[0]!) : failure(unknown);
}

/** A list as the numbers from now on mean it. Longer lists than numbers reach are cut. */
export function rememberList({ session }: ActionContext, ids: readonly string[]): void {
  session.lastList = ids.slice(0, limits.chainPage - 1);
}
