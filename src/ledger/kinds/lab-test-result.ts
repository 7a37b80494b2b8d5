import { mapOf } from '../../base/index.ts';
import { hash, sealed } from '../fields.ts';
import { rejection } from '../rejection.ts';
import { readOrder, stateKeys } from '../state.ts';
import { defineKind, filledSlots } from './kind.ts';

/** A laboratory answers an open order. The doctor who ordered it is owed the order reward. */
export const labTestResult = defineKind({
  name: 'LAB_TEST_RESULT',
  authors: ['lab'],
  fields: { order: hash, records: mapOf({ result: sealed }) },
  check({ body, state }) {
    const order = readOrder(state, body.order);
    if (!order) return rejection('unknown-order', { order: body.order });
    if (order.answer !== null) return rejection('order-already-answered', { order: body.order, answer: order.answer });
    return null;
  },
  effect({ id, body }, draft) {
    const order = readOrder(draft, body.order)!;
    draft.set(stateKeys.order(body.order), { ...order, answer: id });
    draft.owe({ rule: 'order-reward', cause: id, to: order.doctor });
  },
  patientOf: (body, state) => readOrder(state, body.order)?.patient,
  references: (body) => [body.order],
  recordsOf: (body) => filledSlots(body.records),
});
