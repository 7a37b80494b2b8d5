import { z } from 'zod';
import { describeError } from '../../base/index.ts';
import type { Member } from '../../ledger/index.ts';
import { readBalance, readMember } from '../../ledger/index.ts';
import { type ActionContext, defineAction, done, type Question } from '../action.ts';
import { failure } from '../error-codes.ts';
import { line, objectionOf } from '../inputs.ts';
import { colleaguesOf, membersOfRole, nameOf, together, userOf } from '../members.ts';
import { seal, submit } from '../submit.ts';
import { patientName } from './patient-name.ts';

const detail = line(500);

type Payment =
  | { readonly transactionId: string; readonly amount: number; readonly to: string }
  /** `insufficient-funds`, `no-lab-result`, or the code of what else stood against it. */
  | { readonly skipped: string };

function ask(input: string, label: string): Question {
  return { input, label, kind: 'text', objection: objectionOf(detail) };
}

/**
 * First the prescription, then the payment for reading the latest result: what becomes of the payment never stops or
 * undoes the prescription.
 */
export const prescribe = defineAction({
  name: 'prescribe',
  summary: 'prescribe for the active patient; the laboratory of the latest result is paid for it',
  usage: 'prescribe --medication … --dosage … --frequency … --duration …',
  example: 'prescribe --medication "Ferrous sulfate" --dosage 325mg --frequency daily --duration "30 days"',
  who: ['doctor'],
  input: z.strictObject({ medication: detail, dosage: detail, frequency: detail, duration: detail }),
  positional: [],
  questions: [
    ask('medication', 'Medication'),
    ask('dosage', 'Dosage'),
    ask('frequency', 'Frequency'),
    ask('duration', 'Duration'),
  ],
  cancelled: 'Prescription cancelled (missing details)',
  signs: true,
  async beforeSigning(_answers, context) {
    const { activePatient } = context.session;
    if (activePatient === null) return [];
    const lab = labOfLatestResult(activePatient, context);
    const due = paymentDue(lab, context);
    if ('skipped' in due) return [skippedSentences[due.skipped]];
    return [`A payment of ${due.amount} to ${due.lab.username} for the laboratory's report is signed with it.`];
  },
  async run(details, context) {
    const { node } = context.carechain;
    const patient = context.session.activePatient;
    if (patient === null) return failure('no-active-patient');
    const lab = labOfLatestResult(patient, context);
    const text = {
      patientName: await patientName(patient, context),
      ...details,
      basedOnTestBy: lab?.username ?? null,
    };
    const readers = together(colleaguesOf(node, userOf(context).member), membersOfRole(node, 'pharmacy'));
    const prescription = await seal(context, text, readers);
    const records = { prescription: prescription.sealed };
    const submitted = await submit(context, { kind: 'PRESCRIPTION', patient, records }, [prescription]);
    if (!submitted.ok) return submitted;
    return done({ ...submitted.result, payment: await payFor(lab, context) });
  },
});

/** Who made the patient's latest result, in the chain or pending. */
function labOfLatestResult(patient: string, { carechain }: ActionContext): Member | null {
  const { node } = carechain;
  const results = node
    .patientEvents(patient)
    .filter(({ transaction, where }) => transaction.body.kind === 'LAB_TEST_RESULT' && where.state !== 'waiting');
  const latest = results.at(-1);
  return latest ? (readMember(node.state, latest.transaction.body.author) ?? null) : null;
}

type Due = { readonly lab: Member; readonly amount: number } | { readonly skipped: keyof typeof skippedSentences };

const skippedSentences = {
  'no-lab-result': 'No laboratory is paid: this patient has no result yet.',
  'free-of-charge': 'No laboratory is paid: reports are free on this network.',
  'insufficient-funds': 'The laboratory is not paid: your balance does not cover its report.',
} as const;

/** What the laboratory is owed for its report, or why it is owed nothing. */
function paymentDue(lab: Member | null, context: ActionContext): Due {
  const { node } = context.carechain;
  if (lab === null) return { skipped: 'no-lab-result' };
  const amount = node.genesis.prices.reportAccess;
  if (amount === 0) return { skipped: 'free-of-charge' };
  const spendable = readBalance(node.pendingState, userOf(context).member.id);
  return spendable < amount ? { skipped: 'insufficient-funds' } : { lab, amount };
}

async function payFor(lab: Member | null, context: ActionContext): Promise<Payment> {
  const { node, logger } = context.carechain;
  const due = paymentDue(lab, context);
  if ('skipped' in due) return due;
  const { amount } = due;
  try {
    const paid = await submit(
      context,
      { kind: 'TRANSFER_ECASH', to: due.lab.id, amount, reason: 'report-access', records: { note: null } },
      [],
    );
    if (!paid.ok) return { skipped: paid.error.code };
    return { transactionId: paid.result.transactionId, amount, to: nameOf(node, due.lab.id) };
  } catch (error) {
    const { code } = describeError(error);
    logger.warn('a payment was not made', { code });
    return { skipped: code };
  }
}
