/** What people ask of a node: where an entry stands, what is pending, a patient's events, what is open. Reads only. */
import {
  type Order,
  type Prescription,
  patientOf,
  readOrder,
  readPosition,
  readPrescription,
  type Transaction,
} from '../ledger/index.ts';
import { type ChainStore, type Store, storeKeys } from '../storage/index.ts';
import type { ConflictList } from './conflict-list.ts';
import type { DueList } from './due-list.ts';
import { authoredIds, openIds } from './indexes.ts';
import type { EntryState, LocatedEntry, OpenOrder, OpenPrescription, PatientEvent } from './ledger-node.ts';
import type { Mempool } from './mempool.ts';
import type { Transactions } from './transactions.ts';

export interface QueryPorts {
  readonly chain: ChainStore;
  readonly store: Store;
  readonly mempool: Mempool;
  readonly transactions: Transactions;
  readonly conflicts: ConflictList;
  readonly due: DueList;
}

export class Queries {
  readonly #ports: QueryPorts;

  constructor(ports: QueryPorts) {
    this.#ports = ports;
  }

  find(id: string): LocatedEntry | undefined {
    const { chain, mempool, transactions, conflicts, due } = this.#ports;
    const position = readPosition(chain.state, id);
    if (position) return this.#confirmed(id, position.height, position.position);
    const found = mempool.get(id);
    if (found) {
      const where: EntryState = found.rejection
        ? { state: 'waiting', rejection: found.rejection }
        : { state: 'pending' };
      return this.#located(found.transaction, where);
    }
    const returning = transactions.returning(id);
    if (returning) return this.#located(returning, { state: 'pending' });
    const gone = conflicts.get(id);
    if (gone) return this.#located(gone.transaction, { state: 'lost', rejection: gone.rejection });
    const reward = due.get(id);
    return reward && { id, entry: { type: 'reward', reward }, where: { state: 'pending' }, own: false };
  }

  holds(id: string): boolean {
    const { chain, mempool, transactions } = this.#ports;
    return chain.hasTransaction(id) || (mempool.get(id) ?? transactions.returning(id)) !== undefined;
  }

  async findIds(prefix: string, most: number): Promise<string[]> {
    const { chain, mempool, conflicts, due } = this.#ports;
    const here = [
      ...mempool.pending(),
      ...mempool.waiting().map(({ transaction }) => transaction),
      ...conflicts.all().map(({ transaction }) => transaction),
      ...due.all(),
    ];
    const ids = new Set(here.map(({ id }) => id).filter((id) => id.startsWith(prefix)));
    for (const id of await chain.findIds(prefix, most)) ids.add(id);
    return [...ids].slice(0, most);
  }

  async findPatients(prefix: string, most: number): Promise<string[]> {
    const { store, mempool } = this.#ports;
    const patients = new Set<string>();
    const range = storeKeys.state(`patient/${prefix}`);
    for await (const [key] of store.range(range, { limit: most }))
      patients.add(key.slice(storeKeys.state('patient/').length));
    for (const { body } of mempool.pending()) {
      if (body.kind === 'PATIENT_REGISTRATION' && body.patient.startsWith(prefix)) patients.add(body.patient);
    }
    return [...patients].slice(0, most);
  }

  async authored(member: string, most: number): Promise<string[]> {
    const pending = this.#ports.mempool.pending().filter(({ body }) => body.author === member);
    const ids = pending.map(({ id }) => id).reverse();
    // What was pending may be confirmed by the time that the list is read.
    const confirmed = await authoredIds(this.#ports.store, member, most);
    return [...new Set([...ids, ...confirmed])].slice(0, most);
  }

  async openOrders(): Promise<OpenOrder[]> {
    const { mempool } = this.#ports;
    const open = await this.#open('openOrder', (id) => readOrder(mempool.state, id)?.answer === null);
    return open.map((id) => {
      const { patient, doctor }: Order = readOrder(mempool.state, id)!;
      return { id, patient, doctor };
    });
  }

  async openPrescriptions(): Promise<OpenPrescription[]> {
    const { mempool } = this.#ports;
    const open = await this.#open('openPrescription', (id) => readPrescription(mempool.state, id)?.status === 'open');
    return open.map((id) => {
      const { patient, prescriber }: Prescription = readPrescription(mempool.state, id)!;
      return { id, patient, prescriber };
    });
  }

  pending(): LocatedEntry[] {
    const { mempool } = this.#ports;
    const due = this.#ports.due.all().map(
      (reward): LocatedEntry => ({
        id: reward.id,
        entry: { type: 'reward', reward },
        where: { state: 'pending' },
        own: false,
      }),
    );
    const pending = mempool.pending().map((transaction) => this.#located(transaction, { state: 'pending' }));
    const waiting = mempool
      .waiting()
      .map(({ transaction, rejection }) => this.#located(transaction, { state: 'waiting', rejection }));
    return [...due, ...pending, ...waiting];
  }

  lost(): LocatedEntry[] {
    return this.#ports.conflicts
      .all()
      .map(({ transaction, rejection }) => this.#located(transaction, { state: 'lost', rejection }));
  }

  patientEvents(patient: string): PatientEvent[] {
    const { chain, mempool } = this.#ports;
    const confirmed = chain.patientEvents(patient).map(({ id, height, position }) => {
      const located = this.#confirmed(id, height, position);
      return { id, transaction: (located.entry as { transaction: Transaction }).transaction, where: located.where };
    });
    const isOfPatient = ({ body }: Transaction) => patientOf(body, mempool.state) === patient;
    const pending = mempool.pending().filter(isOfPatient);
    const waiting = mempool.waiting().filter(({ transaction }) => isOfPatient(transaction));
    return [
      ...confirmed,
      ...pending.map((transaction): PatientEvent => ({ id: transaction.id, transaction, where: { state: 'pending' } })),
      ...waiting.map(
        ({ transaction, rejection }): PatientEvent => ({
          id: transaction.id,
          transaction,
          where: { state: 'waiting', rejection },
        }),
      ),
    ];
  }

  #located(transaction: Transaction, where: EntryState): LocatedEntry {
    return {
      id: transaction.id,
      entry: { type: 'transaction', transaction },
      where,
      own: this.#ports.transactions.isOwn(transaction.id),
    };
  }

  #confirmed(id: string, height: number, position: number): LocatedEntry {
    const { chain } = this.#ports;
    const hash = chain.hashAt(height)!;
    const { header } = chain.header(hash)!;
    const rewards = chain.rewards(hash);
    const where: EntryState = { state: 'confirmed', height, position, blockHash: hash, blockTime: header.time };
    const reward = rewards[position];
    if (reward) return { id, entry: { type: 'reward', reward }, where, own: false };
    return this.#located(chain.transactionOf(hash, position - rewards.length)!, where);
  }

  /** Open ones in the chain and pending, oldest first. */
  async #open(kind: 'openOrder' | 'openPrescription', isOpen: (id: string) => boolean): Promise<string[]> {
    const { chain, store, mempool } = this.#ports;
    const listed = await openIds(store, kind);
    // By the time that the list is read, a reorg may have taken some of it out of the chain.
    const confirmed = listed.flatMap((id) => {
      const at = readPosition(chain.state, id);
      return at ? [{ id, at }] : [];
    });
    confirmed.sort((left, right) => left.at.height - right.at.height || left.at.position - right.at.position);
    const ids = [...confirmed.map(({ id }) => id), ...mempool.pending().map(({ id }) => id)];
    return ids.filter(isOpen);
  }
}
