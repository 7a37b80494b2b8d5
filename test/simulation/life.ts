/** What the users of a simulation do: sensible for what their node knows, most of the time. */
import { readOrder, readPatient, readPrescription, type StateView, type Transaction } from '../../src/ledger/index.ts';
import type { Chance } from '../support/chance.ts';
import { patientIdFrom, type World } from '../support/ledger.ts';

export class Life {
  readonly #world: World;
  readonly #patients: string[] = ['jane'];
  readonly #orders: Transaction[] = [];
  readonly #prescriptions: Transaction[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** What a user of a node does next, who sees `state`: the chain and all that is pending. */
  next(state: StateView, chance: Chance): Transaction {
    const world = this.#world;
    // Now and then what is only just there, and need not have come to this node yet.
    const anyOr = <One>(known: readonly One[], all: readonly One[]) =>
      chance.happens(0.25) ? chance.pick(all.slice(-2)) : chance.pick(known.length > 0 ? known : all);
    const patients = this.#patients.filter((patient) => readPatient(state, patientIdFrom(patient)));
    const orders = this.#orders.filter(({ id }) => readOrder(state, id)?.answer === null);
    const prescriptions = this.#prescriptions.filter(({ id }) => readPrescription(state, id)?.status === 'open');
    const what = patients.length === 0 ? 5 : chance.below(10);
    if (what < 3 && this.#prescriptions.length > 0)
      return world.fill(chance.pick(['charlie', 'carol']), anyOr(prescriptions, this.#prescriptions));
    if (what < 5 && this.#orders.length > 0)
      return world.answer(chance.pick(['bob', 'beth']), anyOr(orders, this.#orders));
    const doctor = chance.pick(['alice', 'adam']);
    const patient = anyOr(patients, this.#patients);
    if (what === 5) {
      // Two sides of a cut may register the same patient.
      this.#patients.push(`patient ${this.#patients.length - chance.below(2)}`);
      return world.register(doctor, patients.length === 0 ? 'jane' : this.#patients.at(-1)!);
    }
    if (what === 6) return kept(this.#orders, world.order(doctor, patient));
    if (what === 7) return kept(this.#prescriptions, world.prescribe(doctor, patient));
    if (what === 8 && prescriptions.length > 0) return world.cancel('alice', chance.pick(prescriptions));
    return world.pay(
      chance.pick(['alice', 'adam']),
      chance.pick(['charlie', 'dana', 'SYSTEM']),
      chance.between(1, 600),
    );
  }
}

function kept(list: Transaction[], transaction: Transaction): Transaction {
  list.push(transaction);
  return transaction;
}
