import { randomUUID } from 'node:crypto';
import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findAction } from '../../src/actions/index.ts';
import { CarechainError, limits } from '../../src/base/index.ts';
import { readBalance, recordsOf } from '../../src/ledger/index.ts';
import { type Clinic, openClinic, type User } from './clinic.ts';

let clinic: Clinic;
let alice: User;
let bob: User;
let charlie: User;

beforeEach(async () => {
  clinic = await openClinic();
  alice = clinic.user('alice');
  bob = clinic.user('bob');
  charlie = clinic.user('charlie');
});
afterEach(() => clinic.close());

type Submitted = { transactionId: string };
type Registered = Submitted & { patientId: string; warning: string | null };

const values = { hemoglobin: '13,9', wbc: '6200', platelets: '250000' };
const details = { medication: 'Ferrous sulfate', dosage: '325 mg', frequency: 'daily', duration: '30 days' };

function register(name = 'Jane Doe'): Promise<Registered> {
  return alice.must('register', { name });
}

async function order(): Promise<string> {
  const { orderId } = await alice.must<{ orderId: string }>('consult', { notes: 'Secret: pale.', orderTest: true });
  return orderId;
}

/** Usernames of the readers of each record of a transaction. */
function readersOf(id: string): Record<string, string[]> {
  const entry = clinic.node.find(id)!.entry;
  if (entry.type !== 'transaction') return {};
  const usernames = new Map(clinic.world.genesis.members.map(({ id, username }) => [id, username]));
  return Object.fromEntries(
    Object.entries(recordsOf(entry.transaction.body)).map(([slot, sealed]) => [
      slot,
      sealed.readers.map((reader) => usernames.get(reader)!).sort(),
    ]),
  );
}

async function textFor(user: User, id: string): Promise<Record<string, unknown> | null> {
  const { events } = await user.must<{ events: { id: string; text: Record<string, unknown> | null }[] }>('history');
  return events.find((event) => event.id === id)?.text ?? null;
}

test('register: a random id on the ledger, the name sealed for the doctors of the place, a row in the registry', async () => {
  const { patientId, transactionId, warning } = await alice.must<Registered>('register', {
    name: " Zoe\u0308 O'Brien ",
    born: '1980-02-29',
  });
  expect(patientId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(warning).toBeNull();
  expect(alice.session.activePatient).toBe(patientId);
  expect(readersOf(transactionId)).toEqual({ identity: ['adam', 'alice'] });
  expect(await textFor(alice, transactionId)).toEqual({ name: "Zo\u00eb O'Brien", born: '1980-02-29' });
  const csv = await readFile(join(clinic.dataDir, 'patient_registry.csv'), 'utf8');
  expect(csv).toContain(`${patientId},Zo\u00eb O'Brien,alice,`);
});

test.each([
  ['missing-argument', {}],
  ['missing-argument', { name: '   ' }],
  ['invalid-argument', { name: 'Jane\u001b[31mDoe' }],
  ['invalid-argument', { name: 'Jane\u202eDoe' }],
  ['invalid-argument', { name: 'x'.repeat(201) }],
  ['invalid-argument', { name: 'Jane', born: '1981-02-29' }],
  ['invalid-argument', { name: 'Jane', born: 'yesterday' }],
  ['invalid-argument', { name: 'Jane', bron: '1981-02-28' }],
])('register answers %s to %j, and does nothing', async (code, input) => {
  expect(await alice.code('register', input)).toBe(code);
  expect(clinic.node.pending()).toEqual([]);
});

test('register: the registration stands where the registry file cannot be written, with a warning', async () => {
  const broken = {
    ...clinic.carechain,
    registryCsv: { append: () => Promise.reject(new Error('full')), rows: async () => [] },
  };
  Object.assign(alice.context, { carechain: broken });
  const { transactionId, warning } = await register();
  expect(clinic.node.find(transactionId)).toBeDefined();
  expect(warning).toContain('by hand');
});

test('consult: notes for the doctors of the place, the order for those and all laboratories, without the notes', async () => {
  await register();
  const { transactionId, orderId } = await alice.must<Submitted & { orderId: string }>('consult', {
    notes: 'Secret: pale.',
    orderTest: true,
  });
  expect(orderId).toBe(transactionId);
  expect(readersOf(transactionId)).toEqual({
    notes: ['adam', 'alice'],
    order: ['adam', 'alice', 'beth', 'bob', 'lena'],
  });
  bob.session.activePatient = alice.session.activePatient;
  expect(await textFor(bob, transactionId)).toEqual({ test: 'Blood Test', patientName: 'Jane Doe' });
  expect(await textFor(alice, transactionId)).toEqual({
    notes: 'Secret: pale.',
    test: 'Blood Test',
    patientName: 'Jane Doe',
  });
});

test('consult without an order has none; without a patient it is refused', async () => {
  expect(await alice.code('consult', { notes: 'Well.' })).toBe('no-active-patient');
  await register();
  expect(await alice.must('consult', { notes: 'Well.' })).toMatchObject({ orderId: null });
  expect(await alice.code('consult', { orderTest: true })).toBe('missing-argument');
  expect(await alice.code('consult', { notes: 'x'.repeat(70_000) })).toBe('record-too-large');
});

test('perform_test: the result is for the laboratory, the doctor who ordered and the doctors there', async () => {
  await register();
  const orderId = await order();
  const { transactionId } = await bob.must<Submitted>('perform_test', values);
  expect(readersOf(transactionId)).toEqual({ result: ['adam', 'alice', 'beth', 'bob'] });
  expect(await textFor(alice, transactionId)).toEqual({
    test: 'Blood Test',
    patientName: 'Jane Doe',
    results: {
      Hemoglobin: { value: '13.9', unit: 'g/dL' },
      'WBC Count': { value: '6200', unit: '/µL' },
      Platelets: { value: '250000', unit: '/µL' },
    },
  });
  expect(await bob.code('perform_test', { order: orderId, ...values })).toBe('order-already-answered');
  expect(await bob.code('perform_test', values)).toBe('no-open-order');
});

test('perform_test takes the newest open order of the active patient, the only one, or the one that is named', async () => {
  expect(await bob.code('perform_test', values)).toBe('no-open-order');
  const { patientId } = await register();
  await order();
  const newest = await order();
  expect(await bob.code('perform_test', values)).toBe('no-active-patient');
  bob.session.activePatient = patientId;
  expect(await bob.must('perform_test', values)).toMatchObject({ orderId: newest });
  bob.session.activePatient = null;
  expect(await bob.code('perform_test', values)).toBe('OK');
  const { transactionId } = await alice.must<Submitted>('consult', { notes: 'No order.' });
  expect(await bob.code('perform_test', { order: transactionId, ...values })).toBe('unknown-order');
  expect(await bob.code('perform_test', { order: 'ffffffff', ...values })).toBe('unknown-transaction');
  expect(await bob.code('perform_test', { ...values, wbc: '6,2' })).toBe('invalid-argument');
  expect(await bob.code('perform_test', { hemoglobin: '14', wbc: '6200' })).toBe('missing-argument');
});

test('prescribe: first the prescription, and a payment that never stops it', async () => {
  await register();
  const first = await alice.must<Submitted>('prescribe', details);
  expect(first).toEqual({
    transactionId: expect.any(String),
    state: 'pending',
    code: null,
    message: null,
    payment: { skipped: 'no-lab-result' },
  });
  expect(readersOf(first.transactionId)).toEqual({ prescription: ['adam', 'alice', 'carol', 'charlie', 'piet'] });
  expect(await textFor(alice, first.transactionId)).toEqual({
    patientName: 'Jane Doe',
    ...details,
    basedOnTestBy: null,
  });
  await order();
  await bob.must('perform_test', values);
  expect(await alice.must('prescribe', details)).toMatchObject({ payment: { skipped: 'insufficient-funds' } });
  await clinic.mine();
  // The reward is due, not paid: pending income cannot be spent.
  expect(await alice.must('prescribe', details)).toMatchObject({ payment: { skipped: 'insufficient-funds' } });
  await clinic.mine();
  const paid = await alice.must<Submitted & { payment: unknown }>('prescribe', details);
  expect(paid.payment).toEqual({ transactionId: expect.any(String), amount: 100, to: 'bob' });
  expect(await textFor(alice, paid.transactionId)).toMatchObject({ basedOnTestBy: 'bob' });
  await clinic.mine();
  expect(readBalance(clinic.node.state, clinic.world.id('alice'))).toBe(400);
  expect(readBalance(clinic.node.state, clinic.world.id('bob'))).toBe(100);
});

test('work on a patient whose registration is away is kept and says what it waits for', async () => {
  const away = randomUUID();
  alice.session.activePatient = away;
  const waiting = { state: 'waiting', code: 'unknown-patient', message: expect.stringContaining('No patient') };
  const consultation = await alice.must<Submitted>('consult', { notes: 'Pale.' });
  expect(consultation).toMatchObject(waiting);
  expect(await alice.must('prescribe', details)).toMatchObject(waiting);
  const { transactions } = await alice.must<{ transactions: readonly unknown[] }>('pending');
  expect(transactions[0]).toMatchObject({ id: consultation.transactionId, own: true, ...waiting });
  expect(await textFor(alice, consultation.transactionId)).toMatchObject({ notes: 'Pale.' });
  // A typing mistake is refused before anything is signed.
  expect(await alice.code('set_patient', { id: randomUUID() })).toBe('unknown-patient');
});

test('prescribe wants every detail and a patient', async () => {
  expect(await alice.code('prescribe', details)).toBe('no-active-patient');
  await register();
  const { medication: _medication, ...rest } = details;
  const outcome = await alice.run('prescribe', rest);
  expect(outcome).toMatchObject({
    error: { code: 'missing-argument', message: expect.stringContaining('--medication') },
  });
});

test('fill: asks first, dispenses once, and warns while the prescription is not deep', async () => {
  expect(await charlie.code('fill')).toBe('nothing-to-fill');
  await register();
  const { transactionId } = await alice.must<Submitted>('prescribe', details);
  expect(await charlie.code('fill')).toBe('confirmation-needed');
  const filled = await charlie.must<Submitted & { warning: string }>('fill', { yes: true });
  expect(filled.warning).toContain('no confirmation');
  expect(readersOf(filled.transactionId)).toEqual({ dispensing: ['adam', 'alice', 'carol', 'charlie'] });
  expect(await textFor(alice, filled.transactionId)).toEqual({
    patientName: 'Jane Doe',
    ...details,
    dispensedBy: 'charlie',
  });
  expect(await charlie.code('fill', { id: transactionId, yes: true })).toBe('already-filled');
  expect(await charlie.code('fill', { yes: true })).toBe('nothing-to-fill');
});

test('fill takes the newest of the active patient, and does not warn at two confirmations', async () => {
  await register();
  const { transactionId } = await alice.must<Submitted>('prescribe', details);
  await clinic.mine();
  const newest = await alice.must<Submitted>('prescribe', details);
  await clinic.mine();
  expect(await charlie.code('fill', { yes: true })).toBe('no-active-patient');
  charlie.session.activePatient = alice.session.activePatient;
  expect(await charlie.must('fill', { yes: true })).toMatchObject({
    prescriptionId: newest.transactionId,
    warning: expect.stringContaining('1 confirmation '),
  });
  expect(await charlie.must('fill', { id: transactionId.slice(0, 8), yes: '' })).toMatchObject({ warning: null });
});

test('void: by the prescriber alone, and only while it is open', async () => {
  await register();
  const { transactionId } = await alice.must<Submitted>('prescribe', details);
  const adam = clinic.user('adam');
  const input = { id: transactionId, reason: 'Allergy found' };
  expect(await adam.code('void', input)).toBe('not-the-prescriber');
  expect(await alice.code('void', { id: transactionId })).toBe('missing-argument');
  const voided = await alice.must<Submitted>('void', input);
  expect(readersOf(voided.transactionId)).toEqual({ reason: ['adam', 'alice', 'carol', 'charlie', 'piet'] });
  expect(await alice.code('void', input)).toBe('prescription-cancelled');
  expect(await charlie.code('fill', { id: transactionId, yes: true })).toBe('prescription-cancelled');
  const other = await alice.must<Submitted>('prescribe', details);
  await charlie.must('fill', { yes: true });
  expect(await alice.code('void', { id: other.transactionId, reason: 'x' })).toBe('prescription-already-filled');
});

test('history: what is readable, what is sealed and for whom, and where it stands', async () => {
  const { patientId } = await register();
  await alice.must('consult', { notes: 'Secret: pale.' });
  await clinic.mine();
  await alice.must('prescribe', details);
  const forBob = await bob.must<{ events: Record<string, unknown>[] }>('history', { patient: patientId.slice(0, 6) });
  expect(forBob.events.map(({ kind, state, text }) => [kind, state, text])).toEqual([
    ['PATIENT_REGISTRATION', 'sealed', null],
    ['DOCTOR_CONSULTATION', 'sealed', null],
    ['PRESCRIPTION', 'sealed', null],
  ]);
  expect(forBob.events[1]).toMatchObject({
    author: 'alice',
    readers: expect.arrayContaining(['alice', 'adam']),
    where: 'in-block',
    height: 1,
    confirmations: 1,
    holders: 0,
    peers: 0,
  });
  expect(forBob.events[2]).toMatchObject({ where: 'pending', height: null, confirmations: 0, holders: null });
  expect(await bob.code('history')).toBe('no-active-patient');
  const page = await alice.must<{ events: unknown[]; next: number }>('history', { from: '1', count: '1' });
  expect([page.events.length, page.next]).toEqual([1, 2]);
});

test('find: without accents and capitals, in what one may read', async () => {
  await register('Zoë Müller');
  await register('Jane Doe');
  const names = async (user: User, words: string) => {
    const { patients } = await user.must<{ patients: { name: string }[] }>('find', { words });
    return patients.map(({ name }) => name);
  };
  expect(await names(alice, 'zoe MULLER')).toEqual(['Zoë Müller']);
  expect(await names(clinic.user('adam'), 'müll')).toEqual(['Zoë Müller']);
  expect(await names(bob, 'jane')).toEqual([]);
  await order();
  expect(await names(bob, 'JANE')).toEqual(['Jane Doe']);
  expect(await names(charlie, 'jane')).toEqual([]);
  await alice.must('prescribe', details);
  expect(await names(charlie, 'doe')).toEqual(['Jane Doe']);
  // A number from the list stands for the patient.
  expect(await bob.must('set_patient', { id: '1' })).toMatchObject({
    patientId: alice.session.activePatient,
    name: 'Jane Doe',
  });
});

test('find keeps the registry file from those who are no doctors', async () => {
  await clinic.carechain.registryCsv.append({
    patientId: 'b81d04f6-2c9a-4e37-8f15-a6e3907d5c42',
    name: 'Old Patient',
    registeredBy: 'alice',
    timestamp: '2026-01-05T10:10:00.000Z',
  });
  expect(await alice.must('find', { words: 'old' })).toMatchObject({
    patients: [{ number: 1, name: 'Old Patient', registered: false, registeredBy: null }],
  });
  expect(await bob.must('find', { words: 'old' })).toEqual({ patients: [], next: null, warning: null });
});

test('todo: what waits for each role, numbered', async () => {
  const tasks = async (user: User) => (await user.must<{ tasks: Record<string, unknown>[] }>('todo')).tasks;
  await register();
  const orderId = await order();
  expect(await tasks(alice)).toEqual([]);
  expect(await tasks(bob)).toMatchObject([
    { number: 1, id: orderId, patientName: 'Jane Doe', kind: 'DOCTOR_CONSULTATION' },
  ]);
  expect(await bob.must('set_patient', { id: '1' })).toMatchObject({ patientId: alice.session.activePatient });
  const { transactionId } = await bob.must<Submitted>('perform_test', { order: '1', ...values });
  expect(await tasks(bob)).toEqual([]);
  expect(await tasks(alice)).toMatchObject([{ number: 1, id: transactionId, author: 'bob', state: 'readable' }]);
  expect(await tasks(clinic.user('adam'))).toEqual([]);
  const prescribed = await alice.must<Submitted>('prescribe', details);
  expect(await tasks(alice)).toEqual([]);
  expect(await tasks(charlie)).toMatchObject([{ number: 1, id: prescribed.transactionId, patientName: 'Jane Doe' }]);
  expect(await charlie.code('fill', { id: '1', yes: true })).toBe('OK');
  expect(await tasks(charlie)).toEqual([]);
  expect(await tasks(clinic.user('dana'))).toEqual([]);
});

test('a terminal is offered open prescriptions, newest first, and asked by the name of the medicine', async () => {
  await register();
  await alice.must('prescribe', details);
  const newest = await alice.must<Submitted>('prescribe', { ...details, medication: 'Ibuprofen' });
  charlie.session.activePatient = alice.session.activePatient;
  const [id, yes] = findAction('fill')!.questions;
  const choices = await id!.choices!(charlie.context);
  expect(choices[0]).toMatchObject({
    value: newest.transactionId,
    label: expect.stringContaining('Jane Doe · Ibuprofen'),
  });
  expect(choices).toHaveLength(2);
  expect(await yes!.labelFor!({ id: choices[1]!.value }, charlie.context)).toBe('Dispense Ferrous sulfate?');
  expect(await yes!.labelFor!({}, charlie.context)).toBe('Dispense Ibuprofen?');
});

test('a prescription whose text has not arrived is shown as on its way, and not dispensed', async () => {
  await register();
  await alice.must('prescribe', details);
  const vault = { ...clinic.carechain.vault, read: async () => ({ state: 'on-its-way' as const }) };
  Object.assign(charlie.context, { carechain: { ...clinic.carechain, vault } });
  charlie.session.activePatient = alice.session.activePatient;
  expect(await charlie.must('history')).toMatchObject({
    events: [{}, { kind: 'PRESCRIPTION', state: 'on-its-way', text: null }],
  });
  expect(await charlie.code('fill', { yes: true })).toBe('record-on-its-way');
});

test('a registry file that cannot be read stops nobody from working', async () => {
  await register();
  const registryCsv = { ...clinic.carechain.registryCsv, rows: () => Promise.reject(new Error('damaged')) };
  Object.assign(alice.context, { carechain: { ...clinic.carechain, registryCsv } });
  expect(await alice.must('find', { words: 'jane' })).toMatchObject({
    patients: [{ name: 'Jane Doe' }],
    warning: expect.stringContaining('registry file'),
  });
  expect(await alice.code('prescribe', details)).toBe('OK');
});

test('a registry file that is too long is told of where names are searched, and grows on', async () => {
  await register();
  const path = join(clinic.dataDir, 'patient_registry.csv');
  await truncate(path, limits.registryBytes + 1);
  expect(await alice.must('find', { words: 'jane' })).toMatchObject({
    patients: [{ name: 'Jane Doe' }],
    warning: expect.stringContaining('longer than 8 MB'),
  });
  expect(await register('John Doe')).toMatchObject({ warning: null });
});

test('a record that is none hides no other event', async () => {
  await register();
  const read = () => Promise.reject(new CarechainError('record-unreadable', 'No record.'));
  Object.assign(alice.context, { carechain: { ...clinic.carechain, vault: { ...clinic.carechain.vault, read } } });
  expect(await alice.must('history')).toMatchObject({ name: 'Jane Doe', events: [{ state: 'sealed', text: null }] });
});
