import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '../../src/base/index.ts';
import { isSameClaim, PendingSum } from '../../src/node/pending-sum.ts';
import { sumOfIds } from '../protocol/second-client.ts';

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const sets = fc.uniqueArray(id, { maxLength: 30 });

function sumOf(ids: readonly string[]): PendingSum {
  const sum = new PendingSum();
  for (const each of ids) sum.add(each);
  return sum;
}

test('the sum is that of the protocol, and the order does not matter', () => {
  fc.assert(
    fc.property(sets, (ids) => {
      const expected = { count: ids.length, sum: sumOfIds(ids) };
      expect(sumOf(ids).claim()).toEqual(expected);
      expect(sumOf([...ids].reverse()).claim()).toEqual(expected);
    }),
  );
});

test('what is taken out, or left out, was never there', () => {
  fc.assert(
    fc.property(sets, sets, (kept, gone) => {
      const expected = sumOf(kept).claim();
      const sum = sumOf([...kept, ...gone]);
      expect(sum.claim(gone)).toEqual(expected);
      for (const each of gone) sum.remove(each);
      expect(sum.claim()).toEqual(expected);
    }),
  );
});

test('two sets that differ do not agree', () => {
  fc.assert(
    fc.property(sets, sets, (one, other) => {
      const same = JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());
      expect(isSameClaim(sumOf(one).claim(), sumOf(other).claim())).toBe(same);
    }),
  );
});
