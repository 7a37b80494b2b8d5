import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CarechainError } from '../../src/base/index.ts';
import {
  applyTransaction,
  checkTransaction,
  Draft,
  decodeTransaction,
  genesisChanges,
  readBalance,
  type Transaction,
} from '../../src/ledger/index.ts';
import { encodeTransaction } from '../../src/ledger/transaction.ts';
import { Mempool, type Placement } from '../../src/node/mempool.ts';
import { MemoryState } from '../../src/node/replay.ts';
import { hashFrom, patientIdFrom, testGenesis } from '../support/ledger.ts';

const world = testGenesis();

/** The state of a database that may be about to be opened again. */
class BadState extends MemoryState {
  isReadable = true;
  override get(key: string) {
    if (!this.isReadable) throw new CarechainError('folder-failed', 'It cannot be read now.');
    return super.get(key);
  }
}

function emptyMempool() {
  const head = new BadState();
  head.apply(genesisChanges(world.genesis));
  const mempool = new Mempool(head, { genesis: world.genesis }, () => false);
  /** Puts transactions into the chain behind the mempool's back, as a block does. */
  const confirm = (...transactions: Parameters<typeof applyTransaction>[0][]) => {
    const draft = new Draft(head);
    for (const transaction of transactions) {
      applyTransaction(transaction, draft);
      draft.set(`transaction/${transaction.id}`, { height: 1, position: 0 });
    }
    head.apply(draft.changes());
    return mempool.rebuild([]);
  };
  return { head, mempool, confirm };
}

const placeOf = (placement: Placement) =>
  'rejection' in placement ? `${placement.place}: ${placement.rejection.code}` : placement.place;

test('what refers to something unknown waits, and is pending as soon as that has come', () => {
  const { mempool } = emptyMempool();
  const registration = world.register('alice', 'jane');
  const order = world.order('alice', 'jane');
  const answer = world.answer('bob', order);
  expect(placeOf(mempool.add(answer))).toBe('waiting: unknown-order');
  expect(placeOf(mempool.add(order))).toBe('waiting: unknown-patient');
  expect(placeOf(mempool.add(registration))).toBe('pending');
  expect(mempool.pending().map(({ id }) => id)).toEqual([registration.id, order.id, answer.id]);
  expect(mempool.waiting()).toEqual([]);
});

test('while the state cannot be read nothing is forgotten, and all of it is looked at as soon as it can', () => {
  const { head, mempool, confirm } = emptyMempool();
  const [jane, john, back] = ['jane', 'john', 'back'].map((patient) => world.register('alice', patient));
  const order = world.order('alice', 'jane');
  const early = world.answer('bob', world.order('alice', 'nobody'));
  for (const transaction of [jane!, john!, order, early]) mempool.add(transaction);
  const ids = () =>
    [mempool.pending(), mempool.waiting().map(({ transaction }) => transaction)].flat().map(({ id }) => id);
  head.isReadable = false;
  const failing = [() => mempool.rebuild([back!]), () => mempool.advance([john!]), () => mempool.remove(jane!.id)];
  for (const attempt of failing) expect(attempt).toThrow(expect.objectContaining({ code: 'folder-failed' }));
  const left = [john!, order, back!, early].map(({ id }) => id);
  expect(ids()).toEqual(left);
  expect(mempool.claim([]).count).toBe(3);
  head.isReadable = true;
  expect(mempool.advance([])).toEqual([]);
  expect(ids()).toEqual([john!.id, back!.id, order.id, early.id]);
  expect(mempool.get(order.id)?.rejection?.code).toBe('unknown-patient');
  expect(confirm(jane!)).toEqual([]);
  expect(mempool.get(order.id)?.rejection).toBeNull();
});

test('the second of two that exclude each other waits, and is lost only when the chain says so', () => {
  const { mempool, confirm } = emptyMempool();
  const prescription = world.prescribe('alice', 'jane');
  for (const transaction of [world.register('alice', 'jane'), prescription]) mempool.add(transaction);
  const [first, second] = [world.fill('charlie', prescription), world.fill('carol', prescription)];
  expect(placeOf(mempool.add(first))).toBe('pending');
  expect(placeOf(mempool.add(second))).toBe('waiting: prescription-already-filled');
  const lost = confirm(...mempool.pending());
  expect(lost.map(({ transaction, rejection }) => [transaction.id, rejection.code])).toEqual([
    [second.id, 'prescription-already-filled'],
  ]);
});

test('pending spending is reserved and pending income cannot be spent', () => {
  const { head, mempool } = emptyMempool();
  head.values.set(`balance/${world.id('alice')}`, 500);
  expect(placeOf(mempool.add(world.pay('alice', 'bob', 300)))).toBe('pending');
  expect(placeOf(mempool.add(world.pay('alice', 'bob', 300)))).toBe('waiting: spends-more-than-balance');
  expect(placeOf(mempool.add(world.pay('bob', 'charlie', 1)))).toBe('waiting: spends-more-than-balance');
  expect(readBalance(mempool.state, world.id('alice'))).toBe(200);
});

test('the same transaction is taken once', () => {
  const { mempool, confirm } = emptyMempool();
  const registration = world.register('alice', 'jane');
  expect([mempool.add(registration), mempool.add(registration)].map(placeOf)).toEqual(['pending', 'known']);
  confirm(registration);
  expect(placeOf(mempool.add(registration))).toBe('known');
  expect(mempool.size).toBe(0);
});

test('one author cannot fill the mempool', () => {
  const { mempool } = emptyMempool();
  const bounded = new Mempool(mempool.state, { genesis: world.genesis, verify: () => true }, () => false);
  // Nobody looks at the signatures here, and five thousand take seconds to make.
  const { body, signature } = world.register('alice', 'one of many');
  const places = Array.from({ length: 5_000 }, (_, count) => {
    const nonce = hashFrom(`nonce of one of many ${count}`).slice(0, 32);
    const transaction = decodeTransaction(
      encodeTransaction({ ...body, patient: patientIdFrom(`${count}`), nonce } as typeof body, signature),
    );
    return transaction.ok ? placeOf(bounded.add(transaction.value)) : transaction.rejection.code;
  });
  expect(new Set(places)).toEqual(new Set(['pending']));
  expect(placeOf(bounded.add(world.register('alice', 'one more')))).toBe('full');
  expect(placeOf(bounded.add(world.register('adam', 'another doctor’s')))).toBe('pending');
});

test('what a liar sends is refused, whatever is pending', () => {
  const { mempool } = emptyMempool();
  expect(placeOf(mempool.add(world.register('bob', 'jane')))).toBe('refused: wrong-role');
  expect(placeOf(mempool.add(world.pay('SYSTEM', 'bob', 1)))).toBe('refused: forged-system-transfer');
});

test('what is freed comes after what it refers to, however deep', () => {
  const { mempool } = emptyMempool();
  const registration = world.register('alice', 'deep');
  const prescription = world.prescribe('alice', 'deep');
  const fill = world.fill('charlie', prescription);
  const order = world.order('alice', 'deep');
  const answer = world.answer('bob', order);
  for (const transaction of [answer, fill, order, prescription]) mempool.add(transaction);
  const freed: Transaction[] = [];
  expect(placeOf(mempool.add(registration, freed))).toBe('pending');
  expect(freed.map(({ id }) => id)).toEqual([order, prescription, answer, fill].map(({ id }) => id));
  expect(mempool.waiting()).toEqual([]);
});

test('after a reorg parents come before children, whatever the order in which they came back', () => {
  const { mempool } = emptyMempool();
  const registration = world.register('alice', 'back');
  const prescription = world.prescribe('alice', 'back');
  const fill = world.fill('charlie', prescription);
  expect(mempool.rebuild([fill, prescription, registration])).toEqual([]);
  expect(mempool.pending().map(({ id }) => id)).toEqual([registration, prescription, fill].map(({ id }) => id));
});

/** Steps in a life of three patients, as numbers: who does what, and for whom. */
const act = fc.record({
  what: fc.nat(7),
  patient: fc.nat(2),
  other: fc.boolean(),
  amount: fc.integer({ min: 1, max: 400 }),
});

test('a block of what is pending leads to the same mempool by the short way and by the long one', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 25 }), fc.array(fc.boolean(), { maxLength: 25 }), (acts, chosen) => {
      const head = new MemoryState();
      head.apply(genesisChanges(world.genesis));
      for (const name of ['alice', 'adam', 'bob']) head.values.set(`balance/${world.id(name)}`, 500);
      const mempools = [0, 1].map(() => new Mempool(head, { genesis: world.genesis, verify: () => true }, () => false));
      for (const transaction of transactionsOf(acts)) for (const mempool of mempools) mempool.add(transaction);

      // What a miner would choose among some of them, on the head itself.
      const draft = new Draft(head);
      const confirmed = mempools[0]!.pending().filter((transaction, index) => {
        const rules = { genesis: world.genesis, verify: () => true };
        if (!chosen[index] || checkTransaction(transaction, draft, rules)) return false;
        applyTransaction(transaction, draft);
        draft.set(`transaction/${transaction.id}`, { height: 1, position: index });
        return true;
      });
      head.apply(draft.changes());
      const [short, long] = [mempools[0]!.advance(confirmed), mempools[1]!.rebuild([])];
      expect(short).toEqual(long);
      expect(viewOf(mempools[0]!)).toEqual(viewOf(mempools[1]!));
    }),
    { numRuns: 200 },
  );
});

function viewOf(mempool: Mempool) {
  return {
    pending: mempool.pending().map(({ id }) => id),
    waiting: mempool.waiting().map(({ transaction, rejection }) => [transaction.id, rejection]),
    state: [...mempool.state.writes()].sort(([left], [right]) => (left < right ? -1 : 1)),
  };
}

function transactionsOf(acts: readonly { what: number; patient: number; other: boolean; amount: number }[]) {
  const made: { orders: Transaction[]; prescriptions: Transaction[] } = { orders: [], prescriptions: [] };
  return acts.map(({ what, patient, other, amount }): Transaction => {
    const doctor = other ? 'adam' : 'alice';
    const order = made.orders[patient] ?? world.order('alice', 'unheard of');
    const prescription = made.prescriptions[patient] ?? world.prescribe('alice', 'unheard of');
    if (what === 0) return world.register(doctor, `patient ${patient}`);
    if (what === 1) return remember(made.orders, world.order(doctor, `patient ${patient}`));
    if (what === 2) return remember(made.prescriptions, world.prescribe(doctor, `patient ${patient}`));
    if (what === 3) return world.answer(other ? 'beth' : 'bob', order);
    if (what === 4) return world.fill(other ? 'carol' : 'charlie', prescription);
    if (what === 5) return world.cancel(doctor, prescription);
    return world.pay(doctor, other ? 'SYSTEM' : 'bob', amount);
  });
}

function remember(list: Transaction[], transaction: Transaction): Transaction {
  list.push(transaction);
  return transaction;
}
