import { afterEach, beforeEach, expect, test } from 'vitest';
import { resolveBlock, resolvePatient, resolveTransaction } from '../../src/actions/resolve-id.ts';
import { type Clinic, codeOf, openClinic, type User } from './clinic.ts';

let clinic: Clinic;
let alice: User;
let patientId: string;
let transactionId: string;

beforeEach(async () => {
  clinic = await openClinic();
  alice = clinic.user('alice');
  ({ patientId, transactionId } = await alice.must<{ patientId: string; transactionId: string }>('register', {
    name: 'Jane',
  }));
});
afterEach(() => clinic.close());

/** The same context, over ids that are given. */
function withIds(ids: readonly string[]) {
  const { carechain, session } = alice.context;
  const among = async (prefix: string, most: number) => ids.filter((id) => id.startsWith(prefix)).slice(0, most);
  const node = new Proxy(carechain.node, {
    get: (target, name) => (name === 'findIds' || name === 'findPatients' ? among : bound(target, name)),
  });
  return { carechain: { ...carechain, node }, session };
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

test('a transaction: in full, by its beginning, by a number of the last list', async () => {
  const { context, session } = alice;
  for (const typed of [transactionId, transactionId.slice(0, 4), transactionId.slice(0, 9).toUpperCase()]) {
    expect(await resolveTransaction(typed, context)).toEqual({ ok: true, result: transactionId });
  }
  session.lastList = ['ab'.repeat(32), transactionId];
  expect(await resolveTransaction('2', context)).toEqual({ ok: true, result: transactionId });
  expect(await resolveTransaction('#2', context)).toEqual({ ok: true, result: transactionId });
});

test.each(['1', '3', '0', 'abc', 'zzzz', 'ffffffff', 'f'.repeat(64), 'f'.repeat(65), '../..'])(
  '%j is no transaction',
  async (typed) => {
    alice.session.lastList = ['ab'.repeat(32)];
    expect(codeOf(await resolveTransaction(typed, alice.context))).toBe('unknown-transaction');
  },
);

test('a beginning that two share is ambiguous', async () => {
  const context = withIds(['abcd01', 'abcd02']);
  expect(codeOf(await resolveTransaction('abcd', context))).toBe('ambiguous-id');
  expect(await resolveTransaction('abcd01', context)).toEqual({ ok: true, result: 'abcd01' });
  expect(codeOf(await resolvePatient('abcd', context))).toBe('ambiguous-id');
});

test('a patient: in full, by the beginning, pending or confirmed, or behind a listed transaction', async () => {
  const { context, session } = alice;
  for (const mined of [false, true]) {
    if (mined) await clinic.mine();
    for (const typed of [patientId, patientId.slice(0, 4), patientId.slice(0, 13)]) {
      expect(await resolvePatient(typed, context)).toEqual({ ok: true, result: patientId });
    }
  }
  session.lastList = [transactionId, patientId];
  expect(await resolvePatient('1', context)).toEqual({ ok: true, result: patientId });
  expect(await resolvePatient('2', context)).toEqual({ ok: true, result: patientId });
});

test.each([
  '1',
  'abc',
  'Jane Doe',
  '00000000-0000-4000-8000-000000000000',
  '',
  '3f2a91c0ffee3f2a91c0ffee3f2a91c0ffee1',
])('%j is no patient', async (typed) => {
  expect(codeOf(await resolvePatient(typed, alice.context))).toBe('unknown-patient');
});

test('a block: by height, by the beginning of its hash, the genesis by 0 or its hash', async () => {
  await clinic.mine();
  const { hash } = clinic.node.head();
  const { genesis } = clinic.node;
  for (const typed of ['1', '#1', hash, hash.slice(0, 6)]) {
    expect(await resolveBlock(typed, alice.context)).toEqual({ ok: true, result: hash });
  }
  for (const typed of ['0', genesis.hash, genesis.hash.slice(0, 8)]) {
    expect(await resolveBlock(typed, alice.context)).toEqual({ ok: true, result: genesis.hash });
  }
  for (const typed of ['2', '999', 'abc', 'g'.repeat(64), 'f'.repeat(64), '-1']) {
    expect(codeOf(await resolveBlock(typed, alice.context))).toBe('unknown-block');
  }
});
