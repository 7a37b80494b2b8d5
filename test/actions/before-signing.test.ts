import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { findAction } from '../../src/actions/index.ts';
import { type Clinic, openClinic } from './clinic.ts';

let clinic: Clinic;
afterEach(() => clinic.close());

const details = { medication: 'Ferrous sulfate', dosage: '325 mg', frequency: 'daily', duration: '30 days' };
const values = { hemoglobin: '13.9', wbc: '6200', platelets: '250000' };

test('before a prescription is signed, it is said what the laboratory is paid, or why it is not', async () => {
  clinic = await openClinic();
  const [alice, bob] = [clinic.user('alice'), clinic.user('bob')];
  const said = () => findAction('prescribe')!.beforeSigning!(details, alice.context);
  await alice.must('register', { name: 'Jane Doe' });
  expect(await said()).toEqual([expect.stringContaining('no result yet')]);
  const { orderId } = await alice.must<{ orderId: string }>('consult', { notes: 'Pale.', orderTest: true });
  await bob.must('perform_test', { order: orderId, ...values });
  expect(await said()).toEqual([expect.stringContaining('does not cover')]);
  await clinic.mine();
  await clinic.mine();
  expect(await said()).toEqual([expect.stringContaining('100 to bob')]);
});

test('before a prescription is dispensed, missing confirmations are said', async () => {
  clinic = await openClinic();
  const [alice, charlie] = [clinic.user('alice'), clinic.user('charlie')];
  await alice.must('register', { name: 'Jane Doe' });
  const { transactionId } = await alice.must<{ transactionId: string }>('prescribe', details);
  const said = () => findAction('fill')!.beforeSigning!({ id: transactionId }, charlie.context);
  expect(await said()).toEqual([expect.stringContaining('no confirmation')]);
  await clinic.mine();
  await alice.must('consult', { notes: 'Well.' });
  await clinic.mine();
  expect(await said()).toEqual([]);
});

test('a name is written in the clear on a doctor’s node alone', async () => {
  clinic = await openClinic({ role: 'lab' });
  await clinic.user('alice').must('register', { name: 'Jane Doe' });
  expect(existsSync(join(clinic.dataDir, 'patient_registry.csv'))).toBe(false);
});
