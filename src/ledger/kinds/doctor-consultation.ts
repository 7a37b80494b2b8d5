import { mapOf, nullOr } from '../../base/index.ts';
import { patientId, sealed } from '../fields.ts';
import { rejection } from '../rejection.ts';
import { readPatient, stateKeys } from '../state.ts';
import { defineKind, filledSlots } from './kind.ts';

/**
 * A doctor sees a patient. Notes and order are sealed apart, for different readers; the order is null where no test was
 * ordered. The id of a consultation with an order is the id of that order.
 */
export const doctorConsultation = defineKind({
  name: 'DOCTOR_CONSULTATION',
  authors: ['doctor'],
  fields: { patient: patientId, records: mapOf({ notes: sealed, order: nullOr(sealed) }) },
  check({ body, state }) {
    return readPatient(state, body.patient) ? null : rejection('unknown-patient', { patient: body.patient });
  },
  effect({ id, body, author }, draft) {
    if (body.records.order === null) return;
    draft.create(stateKeys.order(id), { patient: body.patient, doctor: author.id, answer: null });
  },
  patientOf: (body) => body.patient,
  references: () => [],
  recordsOf: (body) => filledSlots(body.records),
});
