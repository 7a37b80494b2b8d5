import { expect, test } from 'vitest';
import { clockOffset } from '../../src/network/clock-offset.ts';

test.each([
  { case: 'clocks that agree', their: 1_050, sentAt: 1_000, receivedAt: 1_100, offset: 0 },
  { case: 'an answer that took long on its way', their: 1_001, sentAt: 1_000, receivedAt: 21_000, offset: 0 },
  { case: 'a question that took long on its way', their: 20_999, sentAt: 1_000, receivedAt: 21_000, offset: 0 },
  { case: 'a clock that is ahead', their: 31_100, sentAt: 1_000, receivedAt: 1_100, offset: 30_000 },
  { case: 'a clock that is behind', their: 1_000, sentAt: 31_000, receivedAt: 31_100, offset: -30_000 },
  { case: 'our own clock set back meanwhile', their: 1_000, sentAt: 31_000, receivedAt: 1_100, offset: null },
])('the offset of $case', ({ their, sentAt, receivedAt, offset }) => {
  expect(clockOffset(their, sentAt, receivedAt)).toBe(offset);
});
