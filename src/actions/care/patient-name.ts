/**
 * What a patient is called, for whoever is logged in: by the registration if they may read it, by what was sealed for them
 * with an order or a prescription, and on the doctor's own machine by the registry file.
 */
import { describeError } from '../../base/index.ts';
import { readPatient, recordsOf } from '../../ledger/index.ts';
import type { ActionContext } from '../action.ts';
import type { RegistryRow } from '../registry-csv.ts';
import { readRecords, textField, transactionOf } from './records.ts';

export async function patientName(patient: string, context: ActionContext): Promise<string | null> {
  const { node } = context.carechain;
  if (!context.session.user) return null;
  const registration = readPatient(node.pendingState, patient)?.registration;
  const registered = registration === undefined ? null : await nameIn(registration, context);
  if (registered !== null) return registered;
  const row = (await registryRows(context)).rows.find((candidate) => candidate.patientId === patient);
  if (row) return row.name;
  for (const { transaction } of node.patientEvents(patient).reverse()) {
    const name = textField((await readRecords(transaction, context)).text, 'patientName');
    if (name !== null) return name;
  }
  return null;
}

/** The name in the records of a transaction; null where they say none to this user. */
export async function nameIn(transactionId: string, context: ActionContext): Promise<string | null> {
  const transaction = transactionOf(transactionId, context);
  if (!transaction || Object.keys(recordsOf(transaction.body)).length === 0) return null;
  const { text } = await readRecords(transaction, context);
  return textField(text, transaction.body.kind === 'PATIENT_REGISTRATION' ? 'name' : 'patientName');
}

/**
 * The registry file, for doctors on a doctor's node: names in it are not for whoever else logs in there.
 * Where the file cannot be read, `problem` says why: work with records goes on without it.
 */
export async function registryRows({
  carechain,
  session,
}: ActionContext): Promise<{ readonly rows: readonly RegistryRow[]; readonly problem: string | null }> {
  if (carechain.role !== 'doctor' || session.user?.member.role !== 'doctor') return { rows: [], problem: null };
  try {
    return { rows: await carechain.registryCsv.rows(), problem: null };
  } catch (error) {
    const { code, message } = describeError(error);
    carechain.logger.warn('the registry file was not read', { code });
    return { rows: [], problem: message };
  }
}
