import { z } from 'zod';
import { readPrescription, rejection } from '../../ledger/index.ts';
import { defineAction, type Question } from '../action.ts';
import { refusal } from '../error-codes.ts';
import { idText, longText, objectionOf } from '../inputs.ts';
import { colleaguesOf, membersOfRole, together, userOf } from '../members.ts';
import { resolveTransaction } from '../resolve-id.ts';
import { seal, submit } from '../submit.ts';
import { choicesOf } from './open-choices.ts';

const idQuestion: Question = {
  input: 'id',
  label: 'Prescription',
  kind: 'choice',
  async choices(context) {
    const open = await context.carechain.node.openPrescriptions();
    const own = open.filter(({ prescriber }) => prescriber === userOf(context).member.id);
    return choicesOf(own.reverse(), context);
  },
};

/** Withdraws an unfilled prescription of one's own. The reason is for the doctors of the place and the pharmacies. */
export const voidPrescription = defineAction({
  name: 'void',
  summary: 'withdraw an unfilled prescription of your own',
  usage: 'void <id> --reason …',
  example: 'void 3f2a91 --reason "Allergy found"',
  who: ['doctor'],
  input: z.strictObject({ id: idText, reason: longText }),
  positional: ['id'],
  questions: [idQuestion, { input: 'reason', label: 'Reason', kind: 'text', objection: objectionOf(longText) }],
  cancelled: 'Nothing was withdrawn (missing details)',
  signs: true,
  async run({ id, reason }, context) {
    const { node } = context.carechain;
    const resolved = await resolveTransaction(id, context);
    if (!resolved.ok) return resolved;
    const { member } = userOf(context);
    const prescription = readPrescription(node.pendingState, resolved.result);
    if (!prescription) return refusal(rejection('unknown-prescription'));
    if (prescription.prescriber !== member.id) return refusal(rejection('not-the-prescriber'));
    if (prescription.status === 'filled') return refusal(rejection('prescription-already-filled'));
    if (prescription.status === 'cancelled') return refusal(rejection('prescription-cancelled'));
    const readers = together(colleaguesOf(node, member), membersOfRole(node, 'pharmacy'));
    const sealed = await seal(context, { reason }, readers);
    const records = { reason: sealed.sealed };
    return submit(context, { kind: 'PRESCRIPTION_CANCELLATION', prescription: resolved.result, records }, [sealed]);
  },
});
