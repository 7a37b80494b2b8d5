import { z } from 'zod';
import { patientOf, readOrder } from '../../ledger/index.ts';
import { type ActionContext, defineAction, done } from '../action.ts';
import { isoTime, standingOf } from '../entries.ts';
import { page, pageOf } from '../inputs.ts';
import { nameOf, userOf } from '../members.ts';
import { rememberList } from '../resolve-id.ts';
import { patientName } from './patient-name.ts';
import { readRecords } from './records.ts';

/** A doctor's own consultations that are looked through for answers, newest first. */
const mostConsultations = 1_000;

/** What waits for whoever is logged in, oldest first and numbered. */
export const todo = defineAction({
  name: 'todo',
  summary: 'what waits for you: open orders, open prescriptions, new results',
  usage: 'todo [--from <n>] [--count <n>]',
  example: 'todo',
  who: 'member',
  input: z.strictObject(page),
  positional: [],
  questions: [],
  signs: false,
  async run(input, context) {
    const { rows, next } = pageOf(await waiting(context), input);
    rememberList(context, rows);
    const tasks = [];
    for (const [index, id] of rows.entries()) tasks.push({ number: index + 1, ...(await taskRow(id, context)) });
    return done({ tasks, next });
  },
});

async function waiting(context: ActionContext): Promise<string[]> {
  const { node } = context.carechain;
  const { role } = userOf(context).member;
  if (role === 'lab') return (await node.openOrders()).map(({ id }) => id);
  if (role === 'pharmacy') return (await node.openPrescriptions()).map(({ id }) => id);
  return role === 'doctor' ? newResults(context) : [];
}

/** Results of the doctor's own orders after which the doctor has neither seen that patient nor prescribed. */
async function newResults(context: ActionContext): Promise<string[]> {
  const { node } = context.carechain;
  const doctor = userOf(context).member.id;
  const results: string[] = [];
  for (const id of await node.authored(doctor, mostConsultations)) {
    const order = readOrder(node.pendingState, id);
    if (!order?.answer) continue;
    const events = node.patientEvents(order.patient);
    const since = events.slice(events.findIndex((event) => event.id === order.answer) + 1);
    const isHandled = since.some(
      ({ transaction: { body } }) =>
        body.author === doctor && (body.kind === 'PRESCRIPTION' || body.kind === 'DOCTOR_CONSULTATION'),
    );
    if (!isHandled) results.push(order.answer);
  }
  return results.reverse();
}

async function taskRow(id: string, context: ActionContext) {
  const { node } = context.carechain;
  const located = node.find(id);
  if (located?.entry.type !== 'transaction') return { id, kind: null, author: null, time: null };
  const { transaction } = located.entry;
  const { state, text } = await readRecords(transaction, context);
  const patientId = patientOf(transaction.body, node.pendingState) ?? null;
  return {
    ...standingOf(node, located.where),
    id,
    kind: transaction.body.kind,
    author: nameOf(node, transaction.body.author),
    time: isoTime(transaction.body.time),
    patientId,
    patientName: patientId === null ? null : await patientName(patientId, context),
    state,
    text,
  };
}
