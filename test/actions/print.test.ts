import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sheet } from '../../src/actions/care/sheet.ts';
import { type Clinic, openClinic, type User } from './clinic.ts';

let clinic: Clinic;
let alice: User;
let id: string;

beforeEach(async () => {
  clinic = await openClinic();
  alice = clinic.user('alice');
  await alice.must('register', { name: 'Jane Doe' });
  const details = {
    medication: 'Ferrous sulfate',
    dosage: '325 mg',
    frequency: 'daily',
    duration: `30 days ${'and on '.repeat(20)}`,
  };
  ({ transactionId: id } = await alice.must<{ transactionId: string }>('prescribe', details));
});
afterEach(() => clinic.close());

test('a prescription is a sheet of 80 columns', async () => {
  const { text, file } = await alice.must<{ text: string; file: null }>('print', { id });
  expect(file).toBeNull();
  for (const part of [
    'PRESCRIPTION',
    'Clinic',
    'Jane Doe',
    'Ferrous sulfate',
    '325 mg',
    'ALICE (alice)',
    id,
    'pending',
  ]) {
    expect(text).toContain(part);
  }
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBe(80);
});

test('a result shows values, units and what is usual', async () => {
  await alice.must('consult', { notes: 'Pale.', orderTest: true });
  const bob = clinic.user('bob');
  const { transactionId } = await bob.must<{ transactionId: string }>('perform_test', {
    hemoglobin: '9,1',
    wbc: '6200',
    platelets: '250000',
  });
  await clinic.mine();
  const { text } = await alice.must<{ text: string }>('print', { id: transactionId });
  expect(text).toMatch(/Hemoglobin\s+9\.1 g\/dL\s+usual 12 to 17\.5/);
  expect(text).toContain('in block #1, 1 deep');
});

test('--to makes a file for its owner alone, and never overwrites one', async () => {
  const to = join(clinic.dataDir, 'sheet.txt');
  const { text } = await alice.must<{ text: string }>('print', { id, to });
  expect(await readFile(to, 'utf8')).toBe(text);
  expect((await stat(to)).mode & 0o777).toBe(0o600);
  await writeFile(to, 'mine');
  expect(await alice.code('print', { id, to })).toBe('file-exists');
  expect(await readFile(to, 'utf8')).toBe('mine');
  expect(await alice.code('print', { id, to: join(clinic.dataDir, 'none', 'x') })).toBe('file-unwritable');
});

test('only what one may read, and only prescriptions and results', async () => {
  expect(await clinic.user('bob').code('print', { id })).toBe('record-sealed');
  const { transactionId } = await alice.must<{ transactionId: string }>('consult', { notes: 'Pale.' });
  expect(await alice.code('print', { id: transactionId })).toBe('not-printable');
  expect(await alice.code('print', { id: 'ffffffff' })).toBe('unknown-transaction');
});

test('what others typed cannot move a cursor or break the sheet', () => {
  const text = sheet('Prescription', 'x'.repeat(100), [
    [
      ['Patient', `A\u001b[2J\u202e ${'w'.repeat(150)}`],
      ['Born', null],
    ],
  ]);
  expect(text).not.toMatch(/[\u001b\u202e]/u);
  expect(text).toContain('unknown');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBe(80);
});
