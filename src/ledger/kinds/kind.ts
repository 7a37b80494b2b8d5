/** What a kind of transaction is made of: its fields, who may author it, what must hold, what it changes. */
import type { Fields, MapOf } from '../../base/index.ts';
import type { Sealed } from '../fields.ts';
import type { Member } from '../genesis.ts';
import type { Rejection } from '../rejection.ts';
import type { Role } from '../roles.ts';
import type { StateView, StateWriter } from '../state.ts';

/** What a kind's rules are given: the transaction with its id, and the state as it is before it. */
export interface Occasion<Body> {
  readonly id: string;
  readonly body: Body;
  readonly author: Member;
  readonly state: StateView;
}

export interface Kind<Name extends string, Own extends Fields> {
  readonly name: Name;
  /** The row of the role × kind matrix. */
  readonly authors: readonly Role[];
  /** The kind's own fields, as shapes of the wire. */
  readonly fields: Own;
  /** Why it may not enter now; null where it may. Reads state, writes nothing. */
  check(occasion: Occasion<MapOf<Own>>): Rejection | null;
  /** Writes what it changes. Called only after `check` found nothing. */
  effect(occasion: Occasion<MapOf<Own>>, draft: StateWriter): void;
  /** The patient whose history it belongs to; null where it has none, undefined where the reference is not known here. */
  patientOf(body: MapOf<Own>, state: StateView): string | null | undefined;
  /** Ids of the transactions that must come before it. */
  references(body: MapOf<Own>): readonly string[];
  /** Its sealed records, by slot. */
  recordsOf(body: MapOf<Own>): Readonly<Record<string, Sealed>>;
}

export function defineKind<Name extends string, Own extends Fields>(kind: Kind<Name, Own>): Kind<Name, Own> {
  return kind;
}

/** The slots of `records` that are filled. */
export function filledSlots(records: Readonly<Record<string, Sealed | null>>): Record<string, Sealed> {
  const filled: Record<string, Sealed> = {};
  for (const slot of Object.keys(records)) {
    const record = records[slot];
    if (record) filled[slot] = record;
  }
  return filled;
}
