import { z } from 'zod';
import { readMember, readOrder, rejection } from '../../ledger/index.ts';
import type { OpenOrder } from '../../node/index.ts';
import { type ActionContext, defineAction, done, type Outcome, type Question } from '../action.ts';
import { failure, refusal } from '../error-codes.ts';
import { idText, objectionOf } from '../inputs.ts';
import { colleaguesOf, together, userOf } from '../members.ts';
import { resolveTransaction } from '../resolve-id.ts';
import { seal, submit } from '../submit.ts';
import { bloodTest, type Measure, measuredValue, measures, unitLabel } from './measured-values.ts';
import { choicesOf } from './open-choices.ts';
import { nameIn } from './patient-name.ts';

const [hemoglobin, wbc, platelets] = measures as readonly [Measure, Measure, Measure];
const input = z.strictObject({
  order: idText.optional(),
  hemoglobin: measuredValue(hemoglobin),
  wbc: measuredValue(wbc),
  platelets: measuredValue(platelets),
});

const orderQuestion: Question = {
  input: 'order',
  label: 'Order',
  kind: 'choice',
  choices: async (context) => choicesOf(await candidates(context), context),
};

const valueQuestions = measures.map((measure): Question => {
  const objection = objectionOf(measuredValue(measure));
  return { input: measure.input, label: measure.name, unit: unitLabel(measure), kind: 'number', objection };
});

/** The result is for the doctor who ordered it and the doctors there, and for the laboratory that made it. */
export const performTest = defineAction({
  name: 'perform_test',
  summary: 'answer an open order with the values of a blood test',
  usage: 'perform_test [--order <id>] --hemoglobin <g/dL> --wbc </µL> --platelets </µL>',
  example: 'perform_test --hemoglobin 13.9 --wbc 6200 --platelets 250000',
  who: ['lab'],
  input,
  positional: [],
  questions: [orderQuestion, ...valueQuestions],
  cancelled: 'Test data entry cancelled',
  signs: true,
  async run(values, context) {
    const { node } = context.carechain;
    const chosen = await chooseOrder(values.order, context);
    if (!chosen.ok) return chosen;
    const orderId = chosen.result;
    const order = readOrder(node.pendingState, orderId);
    if (!order) return refusal(rejection('unknown-order'));
    if (order.answer !== null) return refusal(rejection('order-already-answered'));
    const doctor = readMember(node.state, order.doctor);
    const readers = together(colleaguesOf(node, userOf(context).member), doctor ? colleaguesOf(node, doctor) : []);
    const results = Object.fromEntries(measures.map(({ name, unit, input }) => [name, { value: values[input], unit }]));
    const text = { test: bloodTest, patientName: await nameIn(orderId, context), results };
    const result = await seal(context, text, readers);
    const submitted = await submit(
      context,
      { kind: 'LAB_TEST_RESULT', order: orderId, records: { result: result.sealed } },
      [result],
    );
    return submitted.ok ? done({ ...submitted.result, orderId, patientId: order.patient }) : submitted;
  },
});

/** The order that was named; else the newest of the active patient; else the only one there is. */
async function chooseOrder(typed: string | undefined, context: ActionContext): Promise<Outcome<string>> {
  if (typed !== undefined) return resolveTransaction(typed, context);
  const open = await candidates(context);
  if (open.length === 0) return failure('no-open-order');
  if (context.session.activePatient === null && open.length > 1) {
    return failure('no-active-patient', {
      what: `No patient is active, and ${open.length} orders are open: --order says which.`,
    });
  }
  return done(open[0]!.id);
}

/** Open orders of the active patient, or all where none is active; newest first. */
async function candidates({ carechain, session }: ActionContext): Promise<OpenOrder[]> {
  const open = await carechain.node.openOrders();
  const { activePatient } = session;
  return open.filter(({ patient }) => activePatient === null || patient === activePatient).reverse();
}
