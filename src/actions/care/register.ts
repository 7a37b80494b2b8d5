import { z } from 'zod';
import { describeError, type Random, toHex } from '../../base/index.ts';
import { defineAction, done } from '../action.ts';
import { isoTime } from '../entries.ts';
import { day, line, objectionOf } from '../inputs.ts';
import { colleaguesOf, userOf } from '../members.ts';
import { seal, submit } from '../submit.ts';

const name = line();

/** The name is sealed for the doctors of the place; the ledger sees a random id. */
export const register = defineAction({
  name: 'register',
  summary: 'register a patient, who becomes the active one',
  usage: 'register <name…> [--born <year-month-day>]',
  example: 'register Jane Doe --born 1980-02-29',
  who: ['doctor'],
  input: z.strictObject({ name, born: day.optional() }),
  positional: [],
  rest: 'name',
  questions: [
    { input: 'name', label: 'Name of the patient', kind: 'text', objection: objectionOf(name) },
    {
      input: 'born',
      label: 'Born',
      unit: 'year-month-day',
      kind: 'text',
      optional: true,
      objection: (answer) => (answer.trim() === '' ? null : objectionOf(day)(answer)),
    },
  ],
  cancelled: 'Registration cancelled (missing details)',
  signs: true,
  async run({ name, born = null }, context) {
    const { node, role, clock, random, registryCsv, logger } = context.carechain;
    const { member } = userOf(context);
    const patientId = randomUuid(random);
    const identity = await seal(context, { name, born }, colleaguesOf(node, member));
    const records = { identity: identity.sealed };
    const submitted = await submit(context, { kind: 'PATIENT_REGISTRATION', patient: patientId, records }, [identity]);
    if (!submitted.ok) return submitted;
    context.session.activePatient = patientId;
    const row = { patientId, name, registeredBy: member.username, timestamp: isoTime(clock.now()) };
    let warning: string | null = null;
    try {
      // Names in the clear are kept on the doctor's own machine alone, whoever logs in elsewhere.
      if (role === 'doctor') await registryCsv.append(row);
    } catch (error) {
      // The registration stands on the ledger: only the list on this machine lacks it.
      logger.warn('the registry file was not written', { code: describeError(error).code });
      warning = 'The patient is registered, but the registry file could not be written: add the row by hand.';
    }
    return done({ patientId, transactionId: submitted.result.transactionId, warning });
  },
});

/** A UUID of version 4 (RFC 9562 §5.4). */
function randomUuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
