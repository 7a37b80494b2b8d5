import { expect, test } from 'vitest';
import { done, failure } from '../../src/actions/index.ts';
import { saidOnce } from '../../src/cli/terminal/said-once.ts';

const filled = { transactionId: 'ab', warning: 'It has no confirmation so far.' };

test('a warning that stood before the question is not said again', () => {
  expect(saidOnce(done(filled), [filled.warning])).toEqual(done({ ...filled, warning: null }));
});

test('a warning that was not said, or is another one by now, is', () => {
  expect(saidOnce(done(filled), [])).toEqual(done(filled));
  expect(saidOnce(done(filled), ['It has 1 confirmation so far.'])).toEqual(done(filled));
});

test('whatever has no warning stays as it is', () => {
  for (const outcome of [done({ warning: null }), done(null), done(3), failure('nothing-to-fill')]) {
    expect(saidOnce(outcome, ['x'])).toBe(outcome);
  }
});
