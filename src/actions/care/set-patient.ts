import { z } from 'zod';
import { defineAction, done } from '../action.ts';
import { idText } from '../inputs.ts';
import { resolvePatient } from '../resolve-id.ts';
import { patientName } from './patient-name.ts';

export const setPatient = defineAction({
  name: 'set_patient',
  summary: 'choose the active patient',
  usage: 'set_patient <id>',
  example: 'set_patient 3f2a',
  who: 'member',
  input: z.strictObject({ id: idText }),
  positional: ['id'],
  questions: [{ input: 'id', label: 'Patient (id, its beginning, or a number from the last list)', kind: 'text' }],
  signs: false,
  async run({ id }, context) {
    const resolved = await resolvePatient(id, context);
    if (!resolved.ok) return resolved;
    context.session.activePatient = resolved.result;
    return done({ patientId: resolved.result, name: await patientName(resolved.result, context) });
  },
});
