import { expect, test } from 'vitest';
import { errorCodes, failure, refusal } from '../../src/actions/index.ts';
import { rejections } from '../../src/ledger/index.ts';
import { sourceFiles } from '../support/source-tree.ts';

/** Thrown between nodes and caught before anybody is answered, or by the story, which is no edge. */
const inside = [
  'bad-request',
  'malformed-message',
  'not-asked-for',
  'not-linked',
  'over-budget',
  'timed-out',
  'story-differs',
  'node-ended',
];

test('every code that is thrown or answered has a row', () => {
  const used = new Set<string>();
  for (const { text } of sourceFiles()) {
    for (const [, code] of text.matchAll(/(?:CarechainError|failure|fileError)\(\s*'([a-z-]+)'/g)) used.add(code!);
  }
  expect(used.size).toBeGreaterThan(30);
  const known = new Set([...Object.keys(errorCodes), ...Object.keys(rejections), ...inside]);
  expect([...used].filter((code) => !known.has(code))).toEqual([]);
});

test('the contract names these codes at least', () => {
  const contract =
    'unknown-command bad-line line-too-long missing-argument invalid-argument login-required login-failed wrong-role no-active-patient unknown-patient unknown-transaction ambiguous-id nothing-to-mine mining-timed-out nothing-to-fill already-filled no-open-order insufficient-funds confirmation-needed cancelled no-peers folder-in-use folder-unwritable folder-damaged port-in-use bad-peer-address demo-keys-refused';
  expect(contract.split(' ').filter((code) => !Object.hasOwn(errorCodes, code))).toEqual([]);
});

test.each(Object.entries(errorCodes))('%s has a sentence and a next step', (code, { sentence, nextStep }) => {
  expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  for (const text of [sentence, nextStep]) expect(text).toMatch(/^[A-Z`].*[.?]$/);
});

test('facts are woven into the sentence', () => {
  expect(failure('wrong-role', { role: 'doctor' }).error.message).toMatch(/^This user is not a doctor\. /);
  expect(failure('insufficient-funds', { balance: 5, amount: 9 }).error.message).toMatch(/^You can spend 5, not 9\. /);
  expect(failure('cancelled', { what: 'Prescription cancelled (missing details).' }).error.message).toContain(
    'missing details',
  );
});

test('what the ledger says passes through unchanged, but for money', () => {
  expect(refusal({ code: 'order-already-answered', facts: {} })).toMatchObject({
    error: { code: 'order-already-answered', message: expect.stringContaining('This order has a result already.') },
  });
  expect(refusal({ code: 'spends-more-than-balance', facts: { balance: 1, amount: 2 } })).toMatchObject({
    error: { code: 'insufficient-funds' },
  });
});
