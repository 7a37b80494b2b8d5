import { z } from 'zod';
import { readMember, readPrescription, rejection } from '../../ledger/index.ts';
import type { OpenPrescription } from '../../node/index.ts';
import { type ActionContext, defineAction, done, type Outcome, type Question } from '../action.ts';
import { confirmationsOf } from '../entries.ts';
import { failure, refusal } from '../error-codes.ts';
import { flag, idText } from '../inputs.ts';
import { colleaguesOf, together, userOf } from '../members.ts';
import { resolveTransaction } from '../resolve-id.ts';
import { seal, submit } from '../submit.ts';
import { choicesOf } from './open-choices.ts';
import { requireText, textField, transactionOf } from './records.ts';

/** Below this many blocks on top, another branch may still win and take the prescription away. */
const safeConfirmations = 2;

const idQuestion: Question = {
  input: 'id',
  label: 'Prescription',
  kind: 'choice',
  choices: async (context) => choicesOf(await candidates(context), context),
};

const yesQuestion: Question = {
  input: 'yes',
  label: 'Dispense it?',
  kind: 'yes-no',
  async labelFor(answers, context) {
    const chosen = await choosePrescription(typeof answers.id === 'string' ? answers.id : undefined, context);
    const transaction = chosen.ok ? transactionOf(chosen.result, context) : undefined;
    if (transaction?.body.kind !== 'PRESCRIPTION') return null;
    const text = await requireText(transaction.body.records.prescription, context);
    return text.ok ? `Dispense ${textField(text.result, 'medication') ?? 'it'}?` : null;
  },
};

export const fill = defineAction({
  name: 'fill',
  summary: 'dispense an open prescription: the newest of the active patient where none is named',
  usage: 'fill [<id>] --yes',
  example: 'fill 1 --yes',
  who: ['pharmacy'],
  input: z.strictObject({ id: idText.optional(), yes: flag }),
  positional: ['id'],
  questions: [idQuestion, yesQuestion],
  signs: true,
  async beforeSigning({ id }, context) {
    const chosen = await choosePrescription(typeof id === 'string' ? id : undefined, context);
    const warning = chosen.ok ? warningFor(chosen.result, context) : null;
    return warning === null ? [] : [warning];
  },
  async run({ id, yes }, context) {
    const { node } = context.carechain;
    const chosen = await choosePrescription(id, context);
    if (!chosen.ok) return chosen;
    const prescriptionId = chosen.result;
    const prescription = readPrescription(node.pendingState, prescriptionId);
    const transaction = transactionOf(prescriptionId, context);
    if (!prescription || transaction?.body.kind !== 'PRESCRIPTION') return refusal(rejection('unknown-prescription'));
    if (prescription.status === 'filled') return failure('already-filled');
    if (prescription.status === 'cancelled') return refusal(rejection('prescription-cancelled'));
    const text = await requireText(transaction.body.records.prescription, context);
    if (!text.ok) return text;
    if (!yes) return failure('confirmation-needed');

    const { member } = userOf(context);
    const prescriber = readMember(node.state, prescription.prescriber);
    const readers = together(colleaguesOf(node, member), prescriber ? colleaguesOf(node, prescriber) : []);
    const details = Object.fromEntries(
      ['patientName', 'medication', 'dosage', 'frequency', 'duration'].map((field) => [
        field,
        textField(text.result, field),
      ]),
    );
    const dispensing = await seal(context, { ...details, dispensedBy: member.username }, readers);
    const records = { dispensing: dispensing.sealed };
    const warning = warningFor(prescriptionId, context);
    const submitted = await submit(context, { kind: 'PRESCRIPTION_FILLED', prescription: prescriptionId, records }, [
      dispensing,
    ]);
    return submitted.ok ? done({ ...submitted.result, prescriptionId, warning }) : submitted;
  },
});

function warningFor(prescriptionId: string, { carechain }: ActionContext): string | null {
  const located = carechain.node.find(prescriptionId);
  const confirmations = located ? confirmationsOf(carechain.node, located.where) : 0;
  if (confirmations >= safeConfirmations) return null;
  const counted = confirmations === 1 ? '1 confirmation' : 'no confirmation';
  return `The prescription has ${counted} so far; with fewer than ${safeConfirmations} another branch of the chain could still undo it.`;
}

/** The prescription that was named; else the newest open one of the active patient; else the only one there is. */
async function choosePrescription(typed: string | undefined, context: ActionContext): Promise<Outcome<string>> {
  if (typed !== undefined) return resolveTransaction(typed, context);
  const open = await candidates(context);
  if (open.length === 0) return failure('nothing-to-fill');
  if (context.session.activePatient === null && open.length > 1) {
    return failure('no-active-patient', {
      what: `No patient is active, and ${open.length} prescriptions are open: name one.`,
    });
  }
  return done(open[0]!.id);
}

/** Open prescriptions of the active patient, or all where none is active; newest first. */
async function candidates({ carechain, session }: ActionContext): Promise<OpenPrescription[]> {
  const open = await carechain.node.openPrescriptions();
  const { activePatient } = session;
  return open.filter(({ patient }) => activePatient === null || patient === activePatient).reverse();
}
