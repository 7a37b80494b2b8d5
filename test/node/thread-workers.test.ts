import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { inlineWorkers, threadWorkers, type Workers } from '../../src/node/index.ts';
import { fastClock } from '../support/fast-clock.ts';

/**
 * A thread as the real one, but for what it does: it answers each task at once, and dies over one whose last signature ends
 * with the byte that it was told. (Node 20 cannot run the TypeScript of the real thread here; `test/processes` does.)
 */
function startThread(dieOver = -1): Worker {
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    parentPort.on('message', (message) => {
      if (message.task === 'verify') {
        const { lengths, bytes } = message.packed;
        if (bytes.at(-1) === workerData) throw new Error('it dies');
        parentPort.postMessage({ verdicts: new Uint8Array(lengths.length / 3).fill(1) });
      } else parentPort.postMessage({ nonce: message.start >= 20000n ? Uint8Array.of(7) : null });
    });`;
  const thread = new Worker(source, { eval: true, workerData: dieOver });
  started.push(thread);
  return thread;
}

let started: Worker[] = [];
let workers: Workers | null = null;
afterEach(async () => {
  await workers?.stop();
  await Promise.all(started.map((thread) => thread.terminate()));
  started = [];
});

const checks = (first: number) =>
  Array.from({ length: 40 }, () => ({
    publicKey: new Uint8Array(32),
    message: new Uint8Array(1),
    signature: Uint8Array.of(first),
  }));
const yes = Array.from({ length: 40 }, () => true);
const search = { prefix: new Uint8Array(1), suffix: new Uint8Array(1), target: new Uint8Array(32) };

test('tasks go to one thread, in their order, and leave no listener behind', async () => {
  workers = threadWorkers(inlineWorkers, systemClock, () => startThread());
  const never = new AbortController().signal;
  const answers = await Promise.all([
    ...Array.from({ length: 12 }, () => workers!.verify(checks(0))),
    workers.searchNonce(search, never),
  ]);
  expect(answers).toEqual([...Array.from({ length: 12 }, () => yes), Uint8Array.of(7)]);
  expect(started).toHaveLength(1);
  expect(started[0]!.listenerCount('message')).toBe(1);
  expect(started[0]!.listenerCount('exit')).toBe(1);
});

test('a thread that is behind gets help from another, and both end with a stop', async () => {
  workers = threadWorkers(inlineWorkers, systemClock, () => startThread());
  const answers = await Promise.all(Array.from({ length: 60 }, () => workers!.verify(checks(0))));
  expect(answers).toEqual(Array.from({ length: 60 }, () => yes));
  expect(started).toHaveLength(2);
  await workers.stop();
  expect(started.map(({ threadId }) => threadId)).toEqual([-1, -1]);
});

test('a thread that helped ends when it is not needed, and another helps the next time', async () => {
  const ends: Promise<unknown>[] = [];
  workers = threadWorkers(inlineWorkers, fastClock(1_000), () => {
    const thread = startThread();
    ends.push(once(thread, 'exit'));
    return thread;
  });
  const many = () => Promise.all(Array.from({ length: 60 }, () => workers!.verify(checks(0))));
  await many();
  await ends[1];
  expect(started[0]!.threadId).toBeGreaterThan(0);
  expect(await many()).toHaveLength(60);
  expect(started).toHaveLength(3);
});

test('while a thread does one task the next is with it, and no more than that', async () => {
  // It answers none before another lies there, and says yes where it never had more than two.
  const source = `
    const { parentPort } = require('node:worker_threads');
    let [came, here, most] = [0, 0, 0];
    const answer = () => {
      parentPort.postMessage({ verdicts: new Uint8Array(40).fill(most === 2 ? 1 : 0) });
      here -= 1;
    };
    parentPort.on('message', () => {
      came += 1;
      here += 1;
      most = Math.max(most, here);
      if (came > 1) answer();
      if (came === 3) answer();
    });`;
  workers = threadWorkers(inlineWorkers, systemClock, () => {
    const thread = new Worker(source, { eval: true });
    started.push(thread);
    return thread;
  });
  const answers = await Promise.all([0, 0, 0].map((each) => workers!.verify(checks(each))));
  expect(answers).toEqual([yes, yes, yes]);
});

test('a task whose thread dies goes to another, and those behind it are answered', async () => {
  let mortal = true;
  workers = threadWorkers(inlineWorkers, systemClock, () => {
    const thread = startThread(mortal ? 1 : -1);
    mortal = false;
    return thread;
  });
  const answers = await Promise.all([workers.verify(checks(0)), workers.verify(checks(1)), workers.verify(checks(0))]);
  expect(answers).toEqual([yes, yes, yes]);
  expect(started).toHaveLength(2);
});

test('a task that kills each thread is refused, and the next one is answered', async () => {
  workers = threadWorkers(inlineWorkers, systemClock, () => startThread(1));
  await expect(workers.verify(checks(1))).rejects.toMatchObject({ code: 'internal-error' });
  expect(await workers.verify(checks(0))).toEqual(yes);
  expect(started).toHaveLength(3);
});

test('what lay ready behind a task that kills each thread is answered', async () => {
  workers = threadWorkers(inlineWorkers, systemClock, () => startThread(1));
  const [deadly, ...behind] = [checks(1), checks(0), checks(0)].map((each) => workers!.verify(each));
  await expect(deadly).rejects.toMatchObject({ code: 'internal-error' });
  expect(await Promise.all(behind)).toEqual([yes, yes]);
  expect(started).toHaveLength(3);
});

test('a thread that dies with nothing to do is replaced', async () => {
  workers = threadWorkers(inlineWorkers, systemClock, () => startThread());
  await workers.verify(checks(0));
  await started[0]!.terminate();
  expect(await workers.verify(checks(0))).toEqual(yes);
  expect(started).toHaveLength(2);
});

test('a stop while busy ends the thread; what waited is refused, and no thread is started again', async () => {
  workers = threadWorkers(inlineWorkers, systemClock, () => startThread());
  const [first, second, third] = [0, 0, 0].map((each) => workers!.verify(checks(each)));
  const refused = expect(third).rejects.toMatchObject({ code: 'internal-error' });
  await Promise.resolve();
  await Promise.all([workers.stop(), workers.stop(), refused]);
  expect(await Promise.all([first, second])).toEqual([yes, yes]);
  await expect(workers.verify(checks(0))).rejects.toMatchObject({ code: 'internal-error' });
  expect(started.length).toBeLessThanOrEqual(1);
});
