import { type Rejection, rejection } from '../rejection.ts';
import { type Prescription, readPrescription, type StateView } from '../state.ts';

/** Why a prescription can neither be filled nor withdrawn: it is not here, filled, or withdrawn; null where it is open. */
export function whyNotOpen(state: StateView, id: string): Rejection | null {
  const found: Prescription | undefined = readPrescription(state, id);
  if (!found) return rejection('unknown-prescription', { prescription: id });
  if (found.status === 'open') return null;
  const code = found.status === 'filled' ? 'prescription-already-filled' : 'prescription-cancelled';
  return rejection(code, { prescription: id, because: found.closedBy });
}
