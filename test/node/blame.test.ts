import { expect, test } from 'vitest';
import { limits } from '../../src/base/index.ts';
import { Blame } from '../../src/node/blame.ts';

test('who delivered the first of the longest branch is known when its last has come', () => {
  const blame = new Blame();
  for (let number = 0; number < limits.sideBranchBlocks; number++)
    blame.noteDelivery(`block ${number}`, `peer ${number}`);
  expect(blame.delivererOf('block 0')).toBe('peer 0');
  blame.noteDelivery('one more', 'somebody');
  expect(blame.delivererOf('block 0')).toBeUndefined();
});
