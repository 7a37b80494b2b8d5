/**
 * Which confirmed transactions belong to a patient: a count, and one row an event, so that reading a history costs what
 * that history is long, and needs no iterator (LevelDB has no synchronous one). Events stand in the order of the chain,
 * so blocks that leave it take the last ones away.
 */
import { assert } from '../base/index.ts';
import type { Write } from './database.ts';
import { storeKeys } from './keys.ts';
import { putRow, remove } from './rows.ts';
import { damaged } from './storage-errors.ts';

export interface PatientEventPlace {
  readonly height: number;
  /** Among what the block holds: its rewards, then its transactions. */
  readonly position: number;
  readonly id: string;
}

type ReadRow = <Row>(key: string) => Row | undefined;

/** A patient's events, oldest first. @throws CarechainError `folder-damaged` */
export function readPatientEvents(patient: string, read: ReadRow): PatientEventPlace[] {
  const count = read<number>(storeKeys.patientCount(patient)) ?? 0;
  const events: PatientEventPlace[] = [];
  for (let n = 0; n < count; n++) {
    const key = storeKeys.patientEvent(patient, n);
    const row = read<[number, number, string]>(key);
    if (!row) throw damaged(key);
    events.push({ height: row[0], position: row[1], id: row[2] });
  }
  return events;
}

/** What a switch does to the histories of patients: first the removals, then the additions. */
export class PatientIndexChange {
  readonly #read: ReadRow;
  readonly #patients = new Map<string, { before: number; kept: number; added: PatientEventPlace[] }>();

  constructor(read: ReadRow) {
    this.#read = read;
  }

  /** The last event of a patient leaves. */
  removeLast(patient: string): void {
    const history = this.#history(patient);
    assert(history.kept > 0 && history.added.length === 0, 'only events that were confirmed are removed');
    history.kept--;
  }

  add(patient: string, event: PatientEventPlace): void {
    this.#history(patient).added.push(event);
  }

  *writes(): Iterable<Write> {
    for (const [patient, { before, kept, added }] of this.#patients) {
      const after = kept + added.length;
      for (const [index, { height, position, id }] of added.entries()) {
        yield putRow(storeKeys.patientEvent(patient, kept + index), [height, position, id]);
      }
      for (let n = after; n < before; n++) yield remove(storeKeys.patientEvent(patient, n));
      yield after === 0 ? remove(storeKeys.patientCount(patient)) : putRow(storeKeys.patientCount(patient), after);
    }
  }

  #history(patient: string) {
    let history = this.#patients.get(patient);
    if (!history) {
      const before = this.#read<number>(storeKeys.patientCount(patient)) ?? 0;
      history = { before, kept: before, added: [] };
      this.#patients.set(patient, history);
    }
    return history;
  }
}
