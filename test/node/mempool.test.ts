import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CarechainError } from '../../src/base/index.ts';
import {
  applyTransaction,
  checkTransaction,
  Draft,
  decodeTransaction,
  genesisChanges,
  natureOf,
  readBalance,
  type StateChange,
  stateKeys,
  type Transaction,
} from '../../src/ledger/index.ts';
import { encodeTransaction } from '../../src/ledger/transaction.ts';
import { Mempool, type Placement, type Refused } from '../../src/node/mempool.ts';
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

const confirming = (...transactions: Transaction[]) => ({
  confirmed: transactions.map(({ id }) => id),
  changed: [],
  returned: [],
});

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
  const failing = [
    () => mempool.rebuild([back!]),
    () => mempool.advance(confirming(john!)),
    () => mempool.remove(jane!.id),
  ];
  for (const attempt of failing) expect(attempt).toThrow(expect.objectContaining({ code: 'folder-failed' }));
  const left = [john!, order, back!, early].map(({ id }) => id);
  expect(ids()).toEqual(left);
  expect(mempool.claim([]).count).toBe(3);
  head.isReadable = true;
  expect(mempool.advance(confirming())).toEqual([]);
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

test('what waits for money is looked at again when some is no longer reserved', () => {
  const { head, mempool } = emptyMempool();
  const alice = `balance/${world.id('alice')}`;
  head.values.set(alice, 500);
  const [first, second] = [world.pay('alice', 'bob', 300), world.pay('alice', 'bob', 250)];
  for (const payment of [first, second]) mempool.add(payment);
  expect(mempool.get(second.id)?.rejection?.code).toBe('spends-more-than-balance');
  mempool.remove(first.id);
  expect(mempool.pending()).toEqual([second]);
  expect(placeOf(mempool.add(first))).toBe('waiting: spends-more-than-balance');
  // A block pays it, and alice receives as much: her balance is what it was, and nothing of it is reserved.
  expect(mempool.advance(confirming(second))).toEqual([]);
  expect(mempool.pending()).toEqual([first]);
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
  expect(placeOf(mempool.add(registration, { freed }))).toBe('pending');
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
/** What happens to a mempool: something comes, a block with some of it and something else, a block goes, one is taken out. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ step: fc.constant('add' as const), act }) },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('block' as const),
      chosen: fc.array(fc.boolean(), { maxLength: 12 }),
      others: fc.array(act, { maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('undo' as const), blocks: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('remove' as const), which: fc.nat(9) }) },
);

test('whatever comes, is mined and comes back, it is as if everything had been looked at again', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const life = new Life();
      for (const each of steps) {
        life.live(each);
        life.check();
      }
    }),
    { numRuns: 60 },
  );
});

/** A mempool and the chain below it. */
class Life {
  readonly head = new MemoryState();
  readonly rules = { genesis: world.genesis, verify: () => true };
  readonly mempool = new Mempool(this.head, this.rules, () => false);
  readonly blocks: { transactions: Transaction[]; changes: StateChange[] }[] = [];
  readonly made: Made = { orders: [], prescriptions: [] };

  constructor() {
    this.head.apply(genesisChanges(world.genesis));
    for (const name of ['alice', 'adam', 'bob']) this.head.values.set(`balance/${world.id(name)}`, 500);
  }

  live(each: typeof step extends fc.Arbitrary<infer Step> ? Step : never): void {
    if (each.step === 'add') this.mempool.add(transactionOf(each.act, this.made));
    else if (each.step === 'remove') this.#tell(this.mempool.remove(this.mempool.pending()[each.which]?.id ?? 'none'));
    else if (each.step === 'undo') this.#undo(each.blocks);
    else
      this.#mine(
        each.chosen,
        each.others.map((other) => transactionOf(other, this.made)),
      );
  }

  #mine(chosen: readonly boolean[], others: readonly Transaction[]): void {
    const draft = new Draft(this.head);
    const pending = this.mempool.pending().filter((_, index) => chosen[index]);
    const transactions = [...others, ...pending].filter((transaction, position) => {
      if (checkTransaction(transaction, draft, this.rules)) return false;
      applyTransaction(transaction, draft);
      draft.set(`transaction/${transaction.id}`, { height: this.blocks.length + 1, position });
      return true;
    });
    const changes = draft.changes();
    this.head.apply(changes);
    this.blocks.push({ transactions, changes });
    const [confirmed, changed] = [transactions.map(({ id }) => id), changes.map(({ key }) => key)];
    this.#tell(this.mempool.advance({ confirmed, changed, returned: [] }));
  }

  #undo(count: number): void {
    const undone = this.blocks.splice(-count).reverse();
    if (undone.length === 0) return;
    const changes = undone.flatMap((block) =>
      block.changes.map(({ key, before, after }) => ({ key, before: after, after: before })),
    );
    this.head.apply(changes);
    const returned = undone.reverse().flatMap(({ transactions }) => transactions);
    this.#tell(this.mempool.advance({ confirmed: [], changed: changes.map(({ key }) => key), returned }));
  }

  #tell(impossible: readonly Refused[]): void {
    for (const { transaction, rejection } of impossible) {
      expect(this.mempool.get(transaction.id)).toBeUndefined();
      // Who prescribed is known before it is in the chain.
      if (rejection.code === 'not-the-prescriber') continue;
      const refused = checkTransaction(transaction, this.head, this.rules);
      expect(natureOf(refused!.code)).toBe('never');
    }
  }

  /** One that never was anything else holds the same in the same order, and nothing that waits. */
  check(): void {
    const fresh = new Mempool(this.head, this.rules, () => false);
    const pending = this.mempool.pending();
    expect(pending.map((transaction) => placeOf(fresh.add(transaction)))).toEqual(pending.map(() => 'pending'));
    for (const { transaction, rejection } of this.mempool.waiting()) {
      const placement = fresh.add(transaction);
      // What a prescriber may not withdraw is told of with the next block.
      const isOverdue = placement.place === 'refused' && placement.rejection.code === 'not-the-prescriber';
      if (!isOverdue) expect(placeOf(placement)).toBe(`waiting: ${rejection.code}`);
    }
    for (const key of keysOfTheWorld(this.made)) expect(this.mempool.state.get(key)).toEqual(fresh.state.get(key));
    expect(this.mempool.claim([])).toEqual(fresh.claim([]));
    const byAge = [...this.mempool.candidates().byAuthor()].flatMap(({ oldestFirst }) => [...oldestFirst]);
    expect(byAge.sort((one, other) => one.age - other.age).map(({ transaction }) => transaction)).toEqual(pending);
    for (const { bytes, oldestFirst } of this.mempool.candidates().byAuthor())
      expect(bytes).toBe([...oldestFirst].reduce((sum, { transaction }) => sum + transaction.bytes.length, 0));
  }
}

interface Made {
  readonly orders: Transaction[];
  readonly prescriptions: Transaction[];
}

function keysOfTheWorld({ orders, prescriptions }: Made): string[] {
  return [
    ...['alice', 'adam', 'bob', 'SYSTEM'].map((name) => stateKeys.balance(world.id(name))),
    ...[0, 1, 2].map((patient) => stateKeys.patient(patientIdFrom(`patient ${patient}`))),
    ...orders.map(({ id }) => stateKeys.order(id)),
    ...prescriptions.map(({ id }) => stateKeys.prescription(id)),
  ];
}

function transactionOf(
  { what, patient, other, amount }: { what: number; patient: number; other: boolean; amount: number },
  made: Made,
): Transaction {
  const doctor = other ? 'adam' : 'alice';
  // Of those that were made some are lost on the way.
  const order = made.orders[amount % (made.orders.length + 1)] ?? world.order('alice', 'unheard of');
  const prescription =
    made.prescriptions[amount % (made.prescriptions.length + 1)] ?? world.prescribe('alice', 'unheard of');
  if (what === 0) return world.register(doctor, `patient ${patient}`);
  if (what === 1) return remember(made.orders, world.order(doctor, `patient ${patient}`));
  if (what === 2) return remember(made.prescriptions, world.prescribe(doctor, `patient ${patient}`));
  if (what === 3) return world.answer(other ? 'beth' : 'bob', order);
  if (what === 4) return world.fill(other ? 'carol' : 'charlie', prescription);
  if (what === 5) return world.cancel(doctor, prescription);
  return world.pay(doctor, other ? 'SYSTEM' : 'bob', amount);
}

function remember(list: Transaction[], transaction: Transaction): Transaction {
  list.push(transaction);
  return transaction;
}
