import { describe, expect, test } from 'vitest';
import { type KindName, kindNames, mayAuthor, type Role, roles, type Transaction } from '../../src/ledger/index.ts';
import { Chain, people, testGenesis, type World } from '../support/ledger.ts';

/** Who may author what. Written out here so that a change of the rules is a change of this table. */
const expected: Record<KindName, Record<Role, boolean>> = {
  PATIENT_REGISTRATION: { doctor: true, lab: false, pharmacy: false, patient: false, admin: false },
  DOCTOR_CONSULTATION: { doctor: true, lab: false, pharmacy: false, patient: false, admin: false },
  LAB_TEST_RESULT: { doctor: false, lab: true, pharmacy: false, patient: false, admin: false },
  PRESCRIPTION: { doctor: true, lab: false, pharmacy: false, patient: false, admin: false },
  PRESCRIPTION_FILLED: { doctor: false, lab: false, pharmacy: true, patient: false, admin: false },
  PRESCRIPTION_CANCELLATION: { doctor: true, lab: false, pharmacy: false, patient: false, admin: false },
  TRANSFER_ECASH: { doctor: true, lab: true, pharmacy: true, patient: true, admin: true },
};

const author: Record<Role, keyof typeof people> = {
  doctor: 'alice',
  lab: 'bob',
  pharmacy: 'charlie',
  patient: 'paula',
  admin: 'dana',
};

/** A chain on which everybody could author each kind if only the role allowed it. */
function scene() {
  const world = testGenesis();
  const chain = new Chain(world);
  const order = world.order('alice', 'zoe');
  const paid = world.order('alice', 'zoe');
  const prescription = world.prescribe('alice', 'zoe');
  chain.mine(world.register('alice', 'zoe'), order, paid, prescription);
  chain.mine(world.answer('bob', paid));
  chain.mine();
  chain.mine(...['bob', 'charlie', 'paula', 'dana'].map((member) => world.pay('alice', member, 100)));
  const make: Record<KindName, (username: string) => Transaction> = {
    PATIENT_REGISTRATION: (username) => world.register(username, 'yuri'),
    DOCTOR_CONSULTATION: (username) => world.order(username, 'zoe'),
    LAB_TEST_RESULT: (username) => world.answer(username, order),
    PRESCRIPTION: (username) => world.prescribe(username, 'zoe'),
    PRESCRIPTION_FILLED: (username) => world.fill(username, prescription),
    PRESCRIPTION_CANCELLATION: (username) => world.cancel(username, prescription),
    TRANSFER_ECASH: (username) => world.pay(username, 'adam', 50),
  };
  return { world, chain, make } satisfies { world: World; chain: Chain; make: unknown };
}

describe.each(kindNames)('%s', (kind) => {
  test.each(roles)('by a %s', (role) => {
    const allowed = expected[kind][role];
    expect(people[author[role]]).toBe(role);
    expect(mayAuthor(role, kind)).toBe(allowed);
    const { chain, make } = scene();
    const transaction = make[kind](author[role]);
    const answer = allowed ? 'OK' : 'wrong-role';
    expect(chain.try(transaction)).toBe(answer);
    expect(chain.offer(chain.forge({ transactions: [transaction] }))).toBe(answer);
    if (!allowed) expect(chain.facts).toMatchObject({ role, kind, position: 0, transaction: transaction.id });
  });
});
