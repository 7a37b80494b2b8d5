import { expect, it } from 'vitest';
import { limits } from '../../src/base/index.ts';
import { networkLimits } from '../../src/network/network-limits.ts';
import { createShunning } from '../../src/network/shunning.ts';
import { createVirtualClock } from './virtual-clock.ts';

it('doubles up to an hour, and forgets after an hour of good behaviour', async () => {
  const clock = createVirtualClock();
  const shunning = createShunning(clock);
  const minutes = Array.from({ length: 8 }, () => shunning.shun('liar') / 60_000);
  expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  await clock.advance(limits.shunMaxMs - 1);
  expect([shunning.isShunned('liar'), shunning.isShunned('honest')]).toEqual([true, false]);
  await clock.advance(1);
  expect(shunning.isShunned('liar')).toBe(false);
  await clock.advance(networkLimits.shunMemoryMs);
  expect(shunning.shun('liar')).toBe(limits.shunMs);
});

it('remembers a bounded number of peers, the latest offenders', () => {
  const shunning = createShunning(createVirtualClock());
  for (let number = 0; number <= networkLimits.shunnedPeers; number += 1) shunning.shun(`peer-${number}`);
  expect([shunning.isShunned('peer-0'), shunning.isShunned('peer-1')]).toEqual([false, true]);
});
