import { expect, test } from 'vitest';
import { portions } from '../../src/base/index.ts';

test.each([
  [[], 3, []],
  [[1, 2, 3], 3, [[1, 2, 3]]],
  [[1, 2, 3, 4], 3, [[1, 2, 3], [4]]],
  [[1, 2], 1, [[1], [2]]],
])('%j in portions of %i is %j', (elements, most, expected) => {
  expect(portions<number>(elements, most)).toEqual(expected);
});
