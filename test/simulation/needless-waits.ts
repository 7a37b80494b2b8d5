/** Transactions that wait at a node for something that is there. */
import { readOrder, readPatient, readPrescription } from '../../src/ledger/index.ts';
import type { LedgerNode } from '../../src/node/index.ts';

export function needlessWaits(node: LedgerNode): string[] {
  const state = node.pendingState;
  return node.pending().flatMap(({ id, where }) => {
    if (where.state !== 'waiting') return [];
    const { code, facts } = where.rejection;
    const { patient, order, prescription } = facts;
    const isHere =
      (code === 'unknown-patient' && readPatient(state, String(patient)) !== undefined) ||
      (code === 'unknown-order' && readOrder(state, String(order)) !== undefined) ||
      (code === 'unknown-prescription' && readPrescription(state, String(prescription)) !== undefined);
    return isHere ? [`${id.slice(0, 8)} for ${code}`] : [];
  });
}
