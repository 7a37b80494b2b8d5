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

test('what is no longer asked for goes at some time', () => {
  const recent = new RecentValues<number>(10);
  for (let count = 0; count < 10; count++) recent.set(`once ${count}`, count);
  for (let count = 0; count < 10; count++) recent.get(`once ${count}`);
  for (let count = 0; count < 40; count++) recent.set(`other ${count}`, count);
  expect(Array.from({ length: 10 }, (_, at) => recent.has(`once ${at}`))).toEqual(Array(10).fill(false));
});

test('holds as many as it may once it is full, also where all of them are asked for', () => {
  for (const most of [1, 2, 7, 10]) {
    const recent = new RecentValues<number>(most);
    for (let count = 0; count < 50; count++) {
      recent.set(`${count}`, count);
      const here = Array.from({ length: count + 1 }, (_, at) => recent.get(`${at}`)).filter(
        (each) => each !== undefined,
      );
      expect(here).toHaveLength(Math.min(count + 1, most));
    }
  }
});

test('what is written again or deleted is what was said last', () => {
  const recent = new RecentValues<string>(4);
  for (const key of ['a', 'b', 'c', 'd']) recent.set(key, 'first');
  for (const key of ['a', 'c']) recent.set(key, 'second');
  expect(['a', 'b', 'c', 'd'].map((key) => recent.get(key))).toEqual(['second', 'first', 'second', 'first']);
  for (const key of ['a', 'c', 'd']) recent.delete(key);
  expect(['a', 'b', 'c', 'd'].map((key) => recent.has(key))).toEqual([false, true, false, false]);
  for (const key of ['e', 'f', 'g', 'h', 'i', 'j']) recent.set(key, key);
  expect(['b', 'e', 'f', 'g', 'h', 'i', 'j'].filter((key) => recent.has(key))).toHaveLength(4);
});
