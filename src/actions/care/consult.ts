import { z } from 'zod';
import { defineAction, done } from '../action.ts';
import { failure } from '../error-codes.ts';
import { flag, longText, objectionOf } from '../inputs.ts';
import { colleaguesOf, membersOfRole, together, userOf } from '../members.ts';
import { seal, submit } from '../submit.ts';
import { bloodTest } from './measured-values.ts';
import { patientName } from './patient-name.ts';

/** Notes and order are sealed apart: the laboratory reads whom and what to test, and never the notes. */
export const consult = defineAction({
  name: 'consult',
  summary: 'note a consultation of the active patient, and order a blood test where one is needed',
  usage: 'consult --notes "…" [--order-test]',
  example: 'consult --notes "Tired for weeks, pale." --order-test',
  who: ['doctor'],
  input: z.strictObject({ notes: longText, orderTest: flag }),
  positional: [],
  questions: [
    { input: 'notes', label: 'Notes', kind: 'long-text', objection: objectionOf(longText) },
    { input: 'orderTest', label: 'Order a blood test?', kind: 'yes-no' },
  ],
  cancelled: 'Consultation cancelled (missing details)',
  signs: true,
  async run({ notes, orderTest }, context) {
    const { node } = context.carechain;
    const patient = context.session.activePatient;
    if (patient === null) return failure('no-active-patient');
    const doctors = colleaguesOf(node, userOf(context).member);
    const sealedNotes = await seal(context, { notes }, doctors);
    const order = { test: bloodTest, patientName: orderTest ? await patientName(patient, context) : null };
    const sealedOrder = orderTest ? await seal(context, order, together(doctors, membersOfRole(node, 'lab'))) : null;
    const records = { notes: sealedNotes.sealed, order: sealedOrder?.sealed ?? null };
    const submitted = await submit(context, { kind: 'DOCTOR_CONSULTATION', patient, records }, [
      sealedNotes,
      sealedOrder,
    ]);
    if (!submitted.ok) return submitted;
    return done({ ...submitted.result, orderId: orderTest ? submitted.result.transactionId : null });
  },
});
