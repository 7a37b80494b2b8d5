import { z } from 'zod';
import type { PatientEvent } from '../../node/index.ts';
import { type ActionContext, defineAction, done } from '../action.ts';
import { isoTime, standingOf } from '../entries.ts';
import { failure } from '../error-codes.ts';
import { idText, page, pageOf } from '../inputs.ts';
import { nameOf } from '../members.ts';
import { resolvePatient } from '../resolve-id.ts';
import { patientName } from './patient-name.ts';
import { readRecords } from './records.ts';

/** A patient's events, oldest first: what is not for this user shows as sealed, and for whom. */
export const history = defineAction({
  name: 'history',
  summary: 'what was done for a patient, as far as you may read it',
  usage: 'history [<patient>] [--from <n>] [--count <n>]',
  example: 'history',
  who: 'member',
  input: z.strictObject({ patient: idText.optional(), ...page }),
  positional: ['patient'],
  questions: [],
  signs: false,
  async run({ patient, from, count }, context) {
    const { node } = context.carechain;
    let patientId = context.session.activePatient;
    if (patient !== undefined) {
      const resolved = await resolvePatient(patient, context);
      if (!resolved.ok) return resolved;
      patientId = resolved.result;
    }
    if (patientId === null) return failure('no-active-patient');
    const { rows, next } = pageOf(node.patientEvents(patientId), { from, count });
    const events = [];
    for (const event of rows) events.push(await eventRow(event, context));
    return done({ patientId, name: await patientName(patientId, context), events, next });
  },
});

async function eventRow({ id, transaction, where }: PatientEvent, context: ActionContext) {
  const { node } = context.carechain;
  const { kind, time, author } = transaction.body;
  const { state, readers, text, records } = await readRecords(transaction, context);
  return {
    ...standingOf(node, where),
    id,
    kind,
    time: isoTime(time),
    blockTime: where.state === 'confirmed' ? isoTime(where.blockTime) : null,
    author: nameOf(node, author),
    state,
    readers,
    text,
    records,
  };
}
