/** Every patient whose name the records of a login tell, and those of the registry file on the doctor's own machine. */
import { isPatientId, patientOf } from '../../ledger/index.ts';
import type { ActionContext } from '../action.ts';
import { colleaguesOf, userOf } from '../members.ts';
import { nameIn, registryRows } from './patient-name.ts';
import { transactionOf } from './records.ts';

/** How many transactions of each source are looked through, newest first. */
const mostPerSource = 1_000;

/** Names by patient id; `problem` is why those of the registry file are not among them, or null. */
export async function knownNames(
  context: ActionContext,
): Promise<{ names: Map<string, string>; problem: string | null }> {
  const { node } = context.carechain;
  const names = new Map<string, string>();
  const { rows, problem } = await registryRows(context);
  for (const { patientId, name } of rows) if (isPatientId(patientId)) names.set(patientId, name);
  for (const id of await sources(context)) {
    const transaction = transactionOf(id, context);
    const patient = transaction && patientOf(transaction.body, node.pendingState);
    if (!patient || names.has(patient)) continue;
    const name = await nameIn(id, context);
    if (name !== null) names.set(patient, name);
  }
  return { names, problem };
}

/** Transactions whose records may name a patient to this user: by colleagues, or waiting for their role. */
async function sources(context: ActionContext): Promise<string[]> {
  const { node } = context.carechain;
  const { member } = userOf(context);
  const ids = new Set<string>();
  for (const colleague of colleaguesOf(node, member)) {
    for (const id of await node.authored(colleague.id, mostPerSource)) ids.add(id);
  }
  if (member.role === 'lab') for (const { id } of (await node.openOrders()).slice(-mostPerSource)) ids.add(id);
  if (member.role === 'pharmacy') {
    for (const { id } of (await node.openPrescriptions()).slice(-mostPerSource)) ids.add(id);
  }
  return [...ids];
}

/** A name as it is searched for: without accents and capitals. */
export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
