import { expect, onTestFinished, test } from 'vitest';
import { createCluster } from '../support/cluster.ts';
import { fastClock } from '../support/fast-clock.ts';

test('links that were cut for 10, 120 and 300 s heal within 15 s of coming back', async () => {
  const clock = fastClock(60);
  const healing = [10, 120, 300].map(async (seconds) => {
    const links = await createCluster(['doctor', 'lab'], { clock });
    onTestFinished(() => links.stop());
    await links.cut(['doctor'], ['lab']);
    await new Promise<void>((resolve) => {
      clock.after(seconds * 1_000, resolve);
    });
    links.heal();
    const before = clock.now();
    await links.linked();
    return { seconds, isSoon: clock.now() - before <= 15_000 };
  });
  const healed = await Promise.all(healing);
  expect(healed.filter(({ isSoon }) => !isSoon)).toEqual([]);
});
