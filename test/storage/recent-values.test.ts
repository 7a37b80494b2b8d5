import { expect, test } from 'vitest';
import { RecentValues } from '../../src/storage/recent-values.ts';

test('what is asked for stays, and what was not for long goes', () => {
  const recent = new RecentValues<number>(10);
  recent.set('asked for', 1);
  recent.set('forgotten', 2);
  for (let count = 0; count < 100; count++) {
    recent.set(`other ${count}`, count);
    expect(recent.get('asked for')).toBe(1);
  }
  expect(recent.get('forgotten')).toBeUndefined();
  expect(recent.get('other 99')).toBe(99);
});

test('never holds more than it may, and always half of it', () => {
  for (const most of [1, 2, 7, 10]) {
    const recent = new RecentValues<number>(most);
    for (let count = 0; count < 50; count++) {
      recent.set(`${count}`, count);
      const held = Array.from({ length: count + 1 }, (_, at) => recent.has(`${at}`)).filter(Boolean).length;
      expect(held).toBeGreaterThanOrEqual(Math.min(count + 1, Math.ceil(most / 2)));
      expect(held).toBeLessThanOrEqual(2 * Math.ceil(most / 2));
    }
  }
});

test('what is written again or deleted is what was said last, wherever it was', () => {
  const recent = new RecentValues<string>(4);
  for (const key of ['a', 'b', 'c', 'd']) recent.set(key, 'first');
  for (const key of ['a', 'c']) recent.set(key, 'second');
  expect(['a', 'c', 'd'].map((key) => recent.get(key))).toEqual(['second', 'second', 'first']);
  for (const key of ['a', 'c', 'd']) recent.delete(key);
  expect(['a', 'b', 'c', 'd'].map((key) => recent.has(key)).filter(Boolean).length).toBeLessThanOrEqual(1);
  expect(recent.get('a')).toBeUndefined();
});
