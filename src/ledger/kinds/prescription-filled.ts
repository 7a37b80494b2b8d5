import { mapOf } from '../../base/index.ts';
import { hash, sealed } from '../fields.ts';
import { readPrescription, stateKeys } from '../state.ts';
import { defineKind, filledSlots } from './kind.ts';
import { whyNotOpen } from './open-prescription.ts';

/** A pharmacy dispenses an open prescription, which closes it. The prescriber is owed the fill reward. */
export const prescriptionFilled = defineKind({
  name: 'PRESCRIPTION_FILLED',
  authors: ['pharmacy'],
  fields: { prescription: hash, records: mapOf({ dispensing: sealed }) },
  check: ({ body, state }) => whyNotOpen(state, body.prescription),
  effect({ id, body }, draft) {
    const found = readPrescription(draft, body.prescription)!;
    draft.set(stateKeys.prescription(body.prescription), { ...found, status: 'filled', closedBy: id });
    draft.owe({ rule: 'fill-reward', cause: id, to: found.prescriber });
  },
  patientOf: (body, state) => readPrescription(state, body.prescription)?.patient,
  references: (body) => [body.prescription],
  recordsOf: (body) => filledSlots(body.records),
});
