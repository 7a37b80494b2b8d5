import { expect, test } from 'vitest';
import { genesisChanges, type Transaction } from '../../src/ledger/index.ts';
import { inlineWorkers } from '../../src/node/index.ts';
import { MemoryState } from '../../src/node/replay.ts';
import { type SharedTask, Signatures } from '../../src/node/signatures.ts';
import { testGenesis, withSignature } from '../support/ledger.ts';

const world = testGenesis();
const state = new MemoryState();
state.apply(genesisChanges(world.genesis));

/** Signatures, and how many checks each task of the workers had. */
function watched(failures = 0) {
  const tasks: number[] = [];
  const signatures = new Signatures({
    ...inlineWorkers,
    async verify(checks) {
      tasks.push(checks.length);
      if (tasks.length <= failures) throw new Error('the thread is gone');
      return inlineWorkers.verify(checks);
    },
  });
  const prepare = (...transactions: Transaction[]) => signatures.prepare(transactions, state, 'own');
  const prepareFor = (task: SharedTask | undefined, ...transactions: Transaction[]) =>
    signatures.prepare(transactions, state, task);
  return { tasks, prepare, prepareFor };
}

const registrations = (count: number) =>
  Array.from({ length: count }, (_, index) => world.register('alice', `patient ${index}`));

test('the few of several callers go to the workers together, each once', async () => {
  const { tasks, prepare } = watched();
  const [one, other, third] = registrations(3) as [Transaction, Transaction, Transaction];
  const bent = withSignature(third, new Uint8Array(64).fill(7));
  expect(await Promise.all([prepare(one, other), prepare(other, bent, third), prepare()])).toEqual([
    undefined,
    bent,
    undefined,
  ]);
  expect(tasks).toEqual([4]);
  expect(await prepare(one, bent)).toBe(bent);
  expect(tasks).toEqual([4]);
});

test('a task that many share is full at some time, and the next begins another', async () => {
  const { tasks, prepare } = watched();
  const many = registrations(70);
  const bad = withSignature(many[40]!, new Uint8Array(64).fill(7));
  const answers = await Promise.all(many.with(40, bad).map((each) => prepare(each)));
  expect(answers).toEqual(many.map((_, at) => (at === 40 ? bad : undefined)));
  expect(tasks).toEqual([32, 32, 6]);
  expect(await Promise.all(registrations(3).map((each) => prepare(each)))).toHaveLength(3);
  expect(tasks).toEqual([32, 32, 6, 3]);
});

test('what a peer sends is checked by itself, and what is checked ahead keeps no user waiting', async () => {
  const { tasks, prepareFor } = watched();
  const [one, other, third, ...rest] = registrations(6) as [Transaction, Transaction, Transaction];
  const all = [
    prepareFor('ahead', one),
    prepareFor('own', other),
    prepareFor('ahead', ...rest),
    prepareFor(undefined, third),
  ];
  expect(await Promise.all(all)).toEqual(all.map(() => undefined));
  expect(tasks).toEqual([1, 4, 1]);
});

test('what is being checked for one is waited for by another', async () => {
  const { tasks, prepare } = watched();
  const many = registrations(100);
  const bad = withSignature(many[40]!, new Uint8Array(64).fill(7));
  const batch = many.with(40, bad);
  expect(await Promise.all([prepare(...batch), prepare(...batch), prepare(many[40]!)])).toEqual([bad, bad, undefined]);
  expect(tasks).toEqual([100, 1]);
});

test('where the workers fail, each who waits is told, and the next is checked again', async () => {
  const { tasks, prepare } = watched(1);
  const [one] = registrations(1) as [Transaction];
  const outcomes = await Promise.allSettled([prepare(one), prepare(one)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await prepare(one)).toBeUndefined();
  expect(tasks).toEqual([1, 1]);
});
