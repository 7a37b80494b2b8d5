import { expect, test } from 'vitest';
import { type FuzzSettings, settingsOf, shortcomingsOf } from './settings.ts';

const names = ['block', 'frame'];
const read = (...args: string[]) => settingsOf(args, names, 7);

test('the full form is every decoder with 200,000 inputs', () => {
  expect(read()).toEqual({ ok: true, settings: { chosen: names, inputs: 200_000, seed: 7, isFull: true } });
  expect(read('--decoder', 'frame', '--inputs', '20', '--seed', '3')).toEqual({
    ok: true,
    settings: { chosen: ['frame'], inputs: 20, seed: 3, isFull: false },
  });
});

test.each([
  ['--inputs', 'x'],
  ['--inputs', '1.5'],
  ['--inputs', '1e3'],
  ['--inputs', '0'],
  ['--inputs', ''],
  ['--seed', 'x'],
  ['--decoder', 'blocks'],
  ['--rate', '3'],
])('%s %s is refused with a sentence', (option, value) => {
  const settings = read(option, value);
  expect(settings.ok).toBe(false);
  expect(!settings.ok && settings.problem.length).toBeGreaterThan(20);
});

test('a full run falls short where a decoder had fewer inputs, let in too few, or is missing', () => {
  const full: FuzzSettings = { chosen: names, inputs: 200_000, seed: 7, isFull: true };
  const good = { decoder: 'block', inputs: 200_050, accepted: 400 };
  expect(shortcomingsOf([good, { ...good, decoder: 'frame' }], full)).toEqual([]);
  expect(shortcomingsOf([good], full)).toEqual(['frame was not fuzzed.']);
  const short = { decoder: 'frame', inputs: 199_999, accepted: 399 };
  expect(shortcomingsOf([good, short], full)).toEqual([
    'frame had 199999 inputs, and not 200000.',
    'frame let in 399 inputs: fewer than 1 of 500.',
  ]);
  expect(shortcomingsOf([good, short], { ...full, isFull: false })).toEqual([]);
});
