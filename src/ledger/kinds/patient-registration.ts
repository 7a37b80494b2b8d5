import { mapOf } from '../../base/index.ts';
import { patientId, sealed } from '../fields.ts';
import { rejection } from '../rejection.ts';
import { readPatient, stateKeys } from '../state.ts';
import { defineKind, filledSlots } from './kind.ts';

/** A doctor registers a patient under a random id. The name is in the sealed record, never here. */
export const patientRegistration = defineKind({
  name: 'PATIENT_REGISTRATION',
  authors: ['doctor'],
  fields: { patient: patientId, records: mapOf({ identity: sealed }) },
  check({ body, state }) {
    return readPatient(state, body.patient) ? rejection('patient-already-registered', { patient: body.patient }) : null;
  },
  effect({ id, body, author }, draft) {
    draft.create(stateKeys.patient(body.patient), { registration: id, registeredBy: author.id });
  },
  patientOf: (body) => body.patient,
  references: () => [],
  recordsOf: (body) => filledSlots(body.records),
});
