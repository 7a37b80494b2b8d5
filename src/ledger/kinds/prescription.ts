import { mapOf } from '../../base/index.ts';
import { patientId, sealed } from '../fields.ts';
import { rejection } from '../rejection.ts';
import { readPatient, stateKeys } from '../state.ts';
import { defineKind, filledSlots } from './kind.ts';

/** A doctor prescribes. What, how much and for how long is in the sealed record. */
export const prescription = defineKind({
  name: 'PRESCRIPTION',
  authors: ['doctor'],
  fields: { patient: patientId, records: mapOf({ prescription: sealed }) },
  check({ body, state }) {
    return readPatient(state, body.patient) ? null : rejection('unknown-patient', { patient: body.patient });
  },
  effect({ id, body, author }, draft) {
    draft.create(stateKeys.prescription(id), {
      patient: body.patient,
      prescriber: author.id,
      status: 'open',
      closedBy: null,
    });
  },
  patientOf: (body) => body.patient,
  references: () => [],
  recordsOf: (body) => filledSlots(body.records),
});
