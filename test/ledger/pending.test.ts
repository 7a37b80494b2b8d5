/** What is pending lies on top of the tip: spending counts and income does not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyTransaction,
  Draft,
  genesisChanges,
  PendingState,
  readBalance,
  readOrder,
  readPatient,
  readPrescription,
  stateKeys,
  type Transaction,
} from '../../src/ledger/index.ts';
import { applyChanges, Chain, testGenesis } from '../support/ledger.ts';

/** A chain on which Alice has 500, and Bob and Dana nothing. */
function scene() {
  const world = testGenesis();
  const chain = new Chain(world);
  const order = world.order('alice', 'zoe');
  chain.mine(world.register('alice', 'zoe'), order);
  chain.mine(world.answer('bob', order));
  chain.mine();
  const pending = new PendingState({ get: (key) => chain.state.get(key) });
  /** What a mempool does with a transaction. */
  const submit = (transaction: Transaction) => {
    const answer = chain.try(transaction, pending);
    if (answer === 'OK') applyTransaction(transaction, pending);
    return answer;
  };
  return { world, chain, pending, submit };
}

describe('pending', () => {
  test('spending is reserved', () => {
    const { world, submit, chain } = scene();
    expect(submit(world.pay('alice', 'bob', 300))).toBe('OK');
    expect(submit(world.pay('alice', 'dana', 201))).toBe('spends-more-than-balance');
    expect(chain.facts).toEqual({ balance: 200, amount: 201 });
    expect(submit(world.pay('alice', 'dana', 200))).toBe('OK');
    expect(submit(world.pay('alice', 'dana', 1))).toBe('spends-more-than-balance');
  });

  test('income is not spendable, until it is confirmed', () => {
    const { world, submit, chain } = scene();
    const income = world.pay('alice', 'bob', 300);
    const spending = world.pay('bob', 'dana', 1);
    expect(submit(income)).toBe('OK');
    expect(submit(spending)).toBe('spends-more-than-balance');
    chain.mine(income);
    expect(chain.try(spending)).toBe('OK');
  });

  test('money that goes round does not come back before it is confirmed', () => {
    const { world, submit } = scene();
    expect(submit(world.pay('alice', 'SYSTEM', 500))).toBe('OK');
    expect(submit(world.pay('alice', 'SYSTEM', 1))).toBe('spends-more-than-balance');
  });

  test('references may point to what is pending', () => {
    const { world, submit, pending } = scene();
    const [order, prescription] = [world.order('adam', 'yuri'), world.prescribe('adam', 'yuri')];
    expect(submit(order)).toBe('unknown-patient');
    for (const transaction of [world.register('adam', 'yuri'), order, prescription]) {
      expect(submit(transaction)).toBe('OK');
    }
    expect(submit(world.answer('bob', order))).toBe('OK');
    expect(submit(world.answer('beth', order))).toBe('order-already-answered');
    expect(submit(world.fill('carol', prescription))).toBe('OK');
    expect(submit(world.fill('charlie', prescription))).toBe('prescription-already-filled');
    expect(readOrder(pending, order.id)?.answer).not.toBeNull();
    expect(readPrescription(pending, prescription.id)?.status).toBe('filled');
  });

  test('the tip below is not touched, and clearing forgets all', () => {
    const { world, chain, pending, submit } = scene();
    submit(world.pay('alice', 'bob', 300));
    expect([chain.balance('alice'), readBalance(pending, world.id('alice'))]).toEqual([500, 200]);
    const bringBack = pending.clear();
    expect(readBalance(pending, world.id('alice'))).toBe(500);
    bringBack();
    expect(readBalance(pending, world.id('alice'))).toBe(200);
  });

  test('what one has written and reserved can be withdrawn, and the rest moves with the tip', () => {
    const { world, chain, pending } = scene();
    const { result, footprint } = pending.traced(() => {
      applyTransaction(world.pay('alice', 'bob', 300), pending);
      return readPatient(pending, 'nobody');
    });
    const alice = world.id('alice');
    expect(result).toBeUndefined();
    expect(footprint).toEqual({
      touched: [`balance/${alice}`, 'patient/nobody'],
      written: [],
      reserved: [{ account: alice, amount: 300 }],
    });
    const [order] = [world.order('alice', 'zoe')];
    const { footprint: ofOrder } = pending.traced(() => applyTransaction(order, pending));
    expect(ofOrder).toMatchObject({ touched: [`order/${order.id}`], written: [`order/${order.id}`] });
    chain.mine(world.pay('alice', 'dana', 150));
    expect([readBalance(pending, alice), pending.isOverdrawn(alice)]).toEqual([50, false]);
    chain.mine(world.pay('alice', 'dana', 51));
    expect([readBalance(pending, alice), pending.isOverdrawn(alice)]).toEqual([-1, true]);
    pending.withdraw(footprint);
    pending.withdraw(ofOrder);
    expect([readBalance(pending, alice), readOrder(pending, order.id)]).toEqual([299, undefined]);
  });

  test('what a mempool takes, a miner can pack: in any order, all at once', () => {
    const usernames = ['alice', 'bob', 'dana', 'SYSTEM'];
    const payment = fc.record({
      from: fc.constantFrom('alice', 'bob', 'dana'),
      to: fc.constantFrom(...usernames),
      amount: fc.integer({ min: 1, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(payment, { minLength: 1, maxLength: 12 }), fc.nat(), (payments, turn) => {
        const { world, chain, submit } = scene();
        const taken = payments
          .map(({ from, to, amount }) => world.pay(from, to, amount))
          .filter((transaction) => submit(transaction) === 'OK');
        const cut = turn % (taken.length + 1);
        const shuffled = [...taken.slice(cut), ...taken.slice(0, cut)].reverse();
        const block = chain.mineWhatHolds(shuffled);
        expect(block?.transactions ?? []).toEqual(shuffled);
      }),
      { numRuns: 25 },
    );
  });
});

describe('a draft', () => {
  const world = testGenesis();

  test('reads through, and hides what it deleted', () => {
    const below = new Draft({ get: () => undefined });
    below.set('a', 1);
    below.set('b', 2);
    const above = new Draft(below);
    above.delete('a');
    above.set('b', 3);
    expect([above.get('a'), above.get('b'), below.get('a'), below.get('b')]).toEqual([undefined, 3, 1, 2]);
    expect(above.changes()).toEqual([
      { key: 'a', before: 1, after: null },
      { key: 'b', before: 2, after: 3 },
    ]);
  });

  test('leaves out writes that change nothing, also of equal maps in another order', () => {
    const below = new Draft({ get: () => undefined });
    below.set('map', { a: 1, b: [1, 2] });
    const above = new Draft(below);
    above.set('map', { b: [1, 2], a: 1 });
    above.delete('nothing');
    above.set('new', 1);
    above.delete('new');
    above.credit('x', 5);
    above.debit('x', 5);
    // A balance of zero is not the same as no balance: it is written, and so digested.
    expect(above.changes()).toEqual([{ key: 'balance/x', before: null, after: 0 }]);
    expect(above.writes().size).toBe(4);
  });

  test('stacks: changes of two drafts are those of one', () => {
    const { genesis } = world;
    const state = new Map();
    applyChanges(genesisChanges(genesis), state);
    const view = { get: (key: string) => state.get(key) };
    const [first, whole] = [new Draft(view), new Draft(view)];
    const second = new Draft(first);
    for (const draft of [first, whole]) draft.debit(world.id('SYSTEM'), 10);
    for (const draft of [first, whole]) draft.credit(world.id('alice'), 10);
    for (const draft of [second, whole]) draft.debit(world.id('alice'), 4);
    for (const draft of [second, whole]) draft.credit(world.id('bob'), 4);
    applyChanges(first.changes(), state);
    applyChanges(second.changes(), state);
    for (const { key, after } of whole.changes()) expect(state.get(key)).toBe(after);
    expect(state.get(stateKeys.balance(world.id('alice')))).toBe(6);
  });
});
