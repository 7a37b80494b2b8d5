import { expect, test } from 'vitest';
import { Wanted } from '../../src/vault/wanted.ts';
import { hashFrom } from '../support/ledger.ts';

const record = (id: string) => ({ id, sealed: { commitment: hashFrom(id), readers: [] }, transaction: hashFrom(id) });
const idsOf = (records: readonly { id: string }[]) => records.map(({ id }) => id);

test('what appears is due at once, in the order in which it came, and at most so many', () => {
  const wanted = new Wanted();
  for (const id of ['a', 'b', 'c']) wanted.add(record(id));
  expect(idsOf(wanted.take(0, 2))).toEqual(['a', 'b']);
  expect(idsOf(wanted.take(0, 2))).toEqual(['c']);
  expect(wanted.take(0, 2)).toEqual([]);
  expect(wanted.size).toBe(3);
});

test('what does not arrive waits longer each time, five minutes at most, for ever', () => {
  const wanted = new Wanted();
  wanted.add(record('a'));
  let now = 0;
  const delays: number[] = [];
  for (let attempt = 0; attempt < 14; attempt++) {
    expect(idsOf(wanted.take(now, 64))).toEqual(['a']);
    wanted.postpone(['a'], now);
    const due = wanted.nextDueMs()!;
    expect(wanted.take(due - 1, 64)).toEqual([]);
    delays.push((due - now) / 1_000);
    now = due;
  }
  expect(delays).toEqual([0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
});

test('what is wanted anew is due at once, and not put back by the round that asked for it', () => {
  const wanted = new Wanted();
  wanted.add(record('a'));
  wanted.take(0, 64);
  wanted.add(record('a'));
  wanted.postpone(['a'], 0);
  expect(wanted.nextDueMs()).toBe(0);
  expect(wanted.size).toBe(1);
});

test('what has arrived is asked for no more', () => {
  const wanted = new Wanted();
  wanted.add(record('a'));
  wanted.take(0, 64);
  wanted.remove('a');
  wanted.postpone(['a'], 0);
  expect(wanted.nextDueMs()).toBeNull();
  expect([...wanted.all()]).toEqual([]);
});
