import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromHex } from '../../src/base/index.ts';
import { systemName } from '../../src/ledger/index.ts';
import { type Clinic, openClinic, type User } from './clinic.ts';

let clinic: Clinic;
let alice: User;
let bob: User;

beforeEach(async () => {
  clinic = await openClinic();
  alice = clinic.user('alice');
  bob = clinic.user('bob');
});
afterEach(() => clinic.close());

type Row = Record<string, unknown>;
const values = { hemoglobin: '13.9', wbc: '6200', platelets: '250000' };

/** A registration and an order in #1, the result in #2, the reward of 500 to alice in #3. */
async function earn(): Promise<void> {
  await alice.must('register', { name: 'Jane Doe' });
  await alice.must('consult', { notes: 'Pale.', orderTest: true });
  await clinic.mine();
  await bob.must('perform_test', values);
  await clinic.mine();
  await clinic.mine();
}

function sha256(hex: unknown): string {
  return createHash('sha256')
    .update(fromHex(hex as string))
    .digest('hex');
}

test('the walk of the reward: due after the result, paid in the next block, shown as a transfer of SYSTEM_BANK_001', async () => {
  const anyone = clinic.user();
  expect(await anyone.code('mine')).toBe('nothing-to-mine');
  await alice.must('register', { name: 'Jane Doe' });
  const { orderId } = await alice.must<{ orderId: string }>('consult', { notes: 'Pale.', orderTest: true });
  expect(await anyone.must('mine')).toMatchObject({ height: 1, transactions: 2, rewards: 0, rewardsDue: [] });
  const result = await bob.must<{ transactionId: string }>('perform_test', { order: orderId, ...values });
  const mined = await anyone.must<{ rewardsDue: Row[] }>('mine');
  expect(mined.rewardsDue).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      to: 'alice',
      amount: 500,
      reason: 'order-reward',
      cause: result.transactionId,
    },
  ]);
  const reward = mined.rewardsDue[0]!.id as string;
  expect(await anyone.must('pending')).toMatchObject({
    transactions: [
      {
        number: 1,
        id: reward,
        kind: 'TRANSFER_ECASH',
        author: systemName,
        state: 'due',
        from: systemName,
        to: 'alice',
        amount: 500,
        reason: 'order-reward',
      },
    ],
    next: null,
  });
  expect(await anyone.must('tx', { id: '1' })).toMatchObject({
    id: reward,
    state: 'pending',
    signature: null,
    authorKey: null,
  });
  expect(await anyone.must('mine')).toMatchObject({ height: 3, transactions: 1, rewards: 1 });
  const paid = await anyone.must<Row>('tx', { id: reward.slice(0, 10), bytes: true });
  expect(paid).toMatchObject({
    state: 'confirmed',
    height: 3,
    confirmations: 1,
    author: systemName,
    time: null,
    signature: null,
  });
  expect(sha256(paid.bytes)).toBe(reward);
  const { balances } = await anyone.must<{ balances: Record<string, number> }>('balances');
  expect(balances).toEqual({
    alice: 500,
    adam: 0,
    dora: 0,
    bob: 0,
    beth: 0,
    lena: 0,
    charlie: 0,
    carol: 0,
    piet: 0,
    dana: 0,
    [systemName]: 999_500,
  });
});

test('chain and block show every block from the genesis, and the bytes that give their hashes', async () => {
  await earn();
  const { blocks, next } = await bob.must<{ blocks: Row[]; next: null }>('chain', { bytes: true });
  expect(next).toBeNull();
  expect(blocks.map(({ height, transactions }) => [height, (transactions as Row[]).length])).toEqual([
    [0, 0],
    [1, 2],
    [2, 1],
    [3, 1],
  ]);
  expect(blocks[0]).toMatchObject({
    hash: clinic.node.genesis.hash,
    parentHash: '0'.repeat(64),
    time: '2026-01-01T00:00:00.000Z',
  });
  for (const [index, block] of blocks.entries()) {
    expect(sha256(block.bytes)).toBe(block.hash);
    if (index > 0) expect(block.parentHash).toBe(blocks[index - 1]!.hash);
    const shown = await bob.must<Row>('block', { id: String(index), bytes: true });
    expect(shown).toMatchObject({
      hash: block.hash,
      height: index,
      parent: block.parentHash,
      isOnMainChain: true,
      bytes: block.bytes,
    });
    expect(shown.confirmations).toBe(4 - index);
    expect(shown.signature).toEqual(index === 0 ? null : expect.stringMatching(/^[0-9a-f]{128}$/));
  }
  expect((blocks[3]!.transactions as Row[])[0]).toMatchObject({ kind: 'TRANSFER_ECASH', author: systemName });
  expect(await bob.must('chain', { from: '1', count: '2' })).toMatchObject({
    blocks: [{ height: 1 }, { height: 2 }],
    next: 3,
  });
  expect(await bob.must('chain', { from: 99 })).toEqual({ blocks: [], next: null });
  expect(await bob.must('chain', { count: 1 })).not.toHaveProperty('blocks.0.bytes');
  expect(await bob.code('block', { id: '77' })).toBe('unknown-block');
});

test.each([{ from: '-1' }, { count: '0' }, { count: '1001' }, { count: 'many' }, { from: 1.5 }])(
  'chain refuses %j',
  async (input) => {
    expect(await alice.code('chain', input)).toBe('invalid-argument');
  },
);

test('tx explains fields, records and readers, and its bytes give its id', async () => {
  await alice.must('register', { name: 'Jane Doe' });
  const { transactionId } = await alice.must<{ transactionId: string }>('consult', { notes: 'Pale.', orderTest: true });
  const shown = await alice.must<Row>('tx', { id: transactionId, bytes: true });
  expect(sha256(shown.bytes)).toBe(transactionId);
  expect(shown).toMatchObject({
    id: transactionId,
    kind: 'DOCTOR_CONSULTATION',
    author: 'alice',
    authorKey: clinic.world.genesis.members.find(({ username }) => username === 'alice')!.signingKey,
    signature: expect.stringMatching(/^[0-9a-f]{128}$/),
    fields: {
      patient: alice.session.activePatient,
      records: { notes: { commitment: expect.any(String), readers: expect.arrayContaining(['alice', 'adam']) } },
    },
    state: 'pending',
    height: null,
    confirmations: 0,
  });
  expect(await alice.code('tx', { id: 'abcdef00' })).toBe('unknown-transaction');
});

test('transfer: whole amounts that one has, to a member or back to SYSTEM_BANK_001', async () => {
  expect(await alice.run('transfer', { to: 'bob', amount: '5' })).toMatchObject({
    error: { code: 'insufficient-funds', message: expect.stringContaining('You can spend 0, not 5.') },
  });
  await earn();
  const { transactionId } = await alice.must<{ transactionId: string }>('transfer', { to: 'bob', amount: '5' });
  expect(await alice.must('tx', { id: transactionId })).toMatchObject({
    fields: { to: 'bob', amount: 5, reason: 'other', patient: null, records: {} },
  });
  const noted = await alice.must<{ transactionId: string }>('transfer', {
    to: 'bob',
    amount: 5,
    reason: 'for the coffee',
  });
  expect(await alice.must('tx', { id: noted.transactionId })).toMatchObject({
    fields: { reason: 'other', records: { note: { readers: expect.arrayContaining(['alice', 'bob']) } } },
  });
  const stated = await alice.must<{ transactionId: string }>('transfer', {
    to: 'bob',
    amount: 5,
    reason: 'report-access',
  });
  expect(await alice.must('tx', { id: stated.transactionId })).toMatchObject({
    fields: { reason: 'report-access', records: {} },
  });
  const refill = await alice.must<{ transactionId: string }>('transfer', {
    to: systemName,
    amount: 5,
    reason: 'thanks',
  });
  expect(await alice.must('tx', { id: refill.transactionId })).toMatchObject({
    fields: { to: systemName, records: { note: { readers: ['alice'] } } },
  });
  expect(await alice.run('transfer', { to: 'bob', amount: 481 })).toMatchObject({
    error: { code: 'insufficient-funds', message: expect.stringContaining('You can spend 480, not 481.') },
  });
});

test.each([
  ['unknown-recipient', { to: 'mallory', amount: '5' }],
  ['transfer-to-self', { to: 'alice', amount: '5' }],
  ['invalid-argument', { to: 'bob', amount: '0' }],
  ['invalid-argument', { to: 'bob', amount: '-5' }],
  ['invalid-argument', { to: 'bob', amount: '1.5' }],
  ['invalid-argument', { to: 'bob', amount: '1e3' }],
  ['invalid-argument', { to: 'bob', amount: '9007199254740993' }],
  ['missing-argument', { to: 'bob' }],
  ['missing-argument', {}],
])('transfer answers %s to %j', async (code, input) => {
  expect(await alice.code('transfer', input)).toBe(code);
});

test('verify and recalc_balances find the chain and the state as they should be', async () => {
  await earn();
  const report = await alice.must<{ height: number; checks: { name: string; count: number }[]; failure: null }>(
    'verify',
  );
  expect(report).toMatchObject({ height: 3, failure: null });
  expect(report.checks.length).toBeGreaterThan(0);
  expect(await alice.must('recalc_balances')).toEqual({ equal: true, repaired: [] });
});

test('members, lost and reorgs', async () => {
  const { members } = await alice.must<{ members: Row[] }>('members');
  expect(members).toHaveLength(10);
  expect(members[0]).toMatchObject({
    username: 'alice',
    role: 'doctor',
    name: 'ALICE',
    place: 'Clinic',
    canLogIn: false,
  });
  expect(await alice.must('lost')).toEqual({ transactions: [], next: null });
  expect(await alice.must('reorgs')).toEqual({ reorgs: [], equivocations: [], next: null });
});

test('lost says what became impossible, why, and because of what', async () => {
  const transaction = clinic.world.register('alice', 'zoe');
  const because = 'ab'.repeat(32);
  const node = new Proxy(clinic.node, {
    get(target, name) {
      if (name === 'lost') {
        const rejection = { code: 'prescription-already-filled', facts: { prescription: 'cd'.repeat(32), because } };
        return () => [
          {
            id: transaction.id,
            entry: { type: 'transaction', transaction },
            where: { state: 'lost', rejection },
            own: true,
          },
        ];
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  Object.assign(alice.context, { carechain: { ...clinic.carechain, node } });
  expect(await alice.must('lost')).toMatchObject({
    transactions: [
      {
        id: transaction.id,
        kind: 'PATIENT_REGISTRATION',
        code: 'prescription-already-filled',
        message: expect.stringContaining('filled already'),
        because,
      },
    ],
  });
});

test('status, peers, sync, offline and online of a node that is alone', async () => {
  expect(await alice.must('status')).toMatchObject({
    network: clinic.node.genesis.hash,
    nodeId: 'DoctorNode-5001',
    height: 0,
    tipHash: clinic.node.genesis.hash,
    work: 0,
    peers: 0,
    pending: 0,
    user: 'alice',
  });
  expect(await clinic.user().must('status')).toMatchObject({ user: null });
  expect(await alice.must('peers')).toEqual({ peers: [], configured: [], offline: false });
  expect(await alice.code('sync')).toBe('no-peers');
  expect(await alice.must('offline')).toEqual({ offline: true });
  expect(await alice.must('status')).toMatchObject({ offline: true });
  expect(await alice.must('online')).toEqual({ offline: false });
});
