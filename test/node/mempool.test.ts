import { expect, test } from 'vitest';
import { applyTransaction, Draft, genesisChanges, readBalance } from '../../src/ledger/index.ts';
import { Mempool, type Placement } from '../../src/node/mempool.ts';
import { MemoryState } from '../../src/node/replay.ts';
import { testGenesis } from '../support/ledger.ts';

const world = testGenesis();

function emptyMempool() {
  const head = new MemoryState();
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
  let placement: Placement = { place: 'pending' };
  for (let count = 0; count < 5_000; count++) placement = bounded.add(world.register('alice', `patient ${count}`));
  expect(placeOf(placement)).toBe('pending');
  expect(placeOf(bounded.add(world.register('alice', 'one more')))).toBe('full');
  expect(placeOf(bounded.add(world.register('adam', 'another doctor’s')))).toBe('pending');
});

test('what a liar sends is refused, whatever is pending', () => {
  const { mempool } = emptyMempool();
  expect(placeOf(mempool.add(world.register('bob', 'jane')))).toBe('refused: wrong-role');
  expect(placeOf(mempool.add(world.pay('SYSTEM', 'bob', 1)))).toBe('refused: forged-system-transfer');
});
