import { mapOf } from '../../base/index.ts';
import { hash, sealed } from '../fields.ts';
import { rejection } from '../rejection.ts';
import { readPrescription, stateKeys } from '../state.ts';
import { defineKind, filledSlots } from './kind.ts';
import { whyNotOpen } from './open-prescription.ts';

/** The prescriber withdraws a prescription that nobody filled yet. The reason is in the sealed record. */
export const prescriptionCancellation = defineKind({
  name: 'PRESCRIPTION_CANCELLATION',
  authors: ['doctor'],
  fields: { prescription: hash, records: mapOf({ reason: sealed }) },
  check({ body, author, state }) {
    const found = readPrescription(state, body.prescription);
    if (found && found.prescriber !== author.id)
      return rejection('not-the-prescriber', { prescription: body.prescription });
    return whyNotOpen(state, body.prescription);
  },
  effect({ id, body }, draft) {
    const found = readPrescription(draft, body.prescription)!;
    draft.set(stateKeys.prescription(body.prescription), { ...found, status: 'cancelled', closedBy: id });
  },
  patientOf: (body, state) => readPrescription(state, body.prescription)?.patient,
  references: (body) => [body.prescription],
  recordsOf: (body) => filledSlots(body.records),
});
