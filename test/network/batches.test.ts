import { expect, test } from 'vitest';
import { limits } from '../../src/base/index.ts';
import { createBatches } from '../../src/network/batches.ts';
import { wireBytes } from '../../src/network/wire.ts';

/** A clock that the test lets run, and what was sent: when, and how many together. */
function outgoing() {
  let nowMs = 0;
  let timers: { at: number; run: () => void }[] = [];
  const sent: [at: number, count: number][] = [];
  const all: Uint8Array[] = [];
  const clock = {
    now: () => nowMs,
    after(delayMs: number, run: () => void) {
      const timer = { at: nowMs + delayMs, run };
      timers.push(timer);
      return {
        cancel() {
          timers = timers.filter((each) => each !== timer);
        },
      };
    },
  };
  const batches = createBatches(clock, (batch) => {
    sent.push([nowMs, batch.length]);
    all.push(...batch);
  });
  return {
    batches,
    sent,
    all,
    /** Lets time pass, a millisecond at a time. */
    pass(ms: number, each: () => void = () => {}) {
      for (const end = nowMs + ms; nowMs < end; ) {
        each();
        nowMs += 1;
        const due = timers.filter(({ at }) => at <= nowMs);
        timers = timers.filter(({ at }) => at > nowMs);
        for (const { run } of due) run();
      }
    },
  };
}

const one = () => [new Uint8Array(400)];

test('one transaction now and then goes out after a few milliseconds, each time', () => {
  const { batches, sent, pass } = outgoing();
  for (let count = 0; count < 5; count++) {
    batches.add(one());
    pass(6);
  }
  expect(sent).toEqual([5, 11, 17, 23, 29].map((at) => [at, 1]));
});

test('where many come, more and more of them share a message, up to a bound; alone again, one is as quick as at first', () => {
  const { batches, sent, pass } = outgoing();
  pass(500, () => batches.add(one()));
  expect(sent.slice(0, 5).map(([, count]) => count)).toEqual([5, 10, 20, 40, 40]);
  const last = sent.at(-1)![0];
  expect(last - sent.at(-2)![0]).toBe(40);
  pass(100);
  sent.length = 0;
  // The wait is still long once.
  batches.add(one());
  pass(50);
  batches.add(one());
  pass(5);
  expect(sent.map(([, count]) => count)).toEqual([1, 1]);
  expect(sent[1]![0] - sent[0]![0]).toBe(10 + 5);
});

test('a message never holds more than it may, in number and in bytes, and the order stays', () => {
  const { batches, sent, all, pass } = outgoing();
  const many = Array.from({ length: limits.transactionsPerMessage + 44 }, (_, index) =>
    Uint8Array.of(index, index >> 8),
  );
  batches.add(many);
  expect(sent).toEqual([
    [0, limits.transactionsPerMessage],
    [0, 44],
  ]);
  const large = Array.from({ length: 100 }, (_, index) => new Uint8Array(limits.transactionBytes).fill(index));
  batches.add(large);
  pass(100);
  expect([...many, ...large].findIndex((each, index) => each !== all[index])).toBe(-1);
  const most = Math.floor(wireBytes.batch / limits.transactionBytes);
  expect(sent[2]![1]).toBeLessThan(most);
  expect(sent[2]![1]).toBeGreaterThan(most - 3);
});

test('nothing goes out after the end, and nothing to send is no message', () => {
  const { batches, sent, pass } = outgoing();
  batches.add([]);
  pass(50);
  batches.add(one());
  batches.stop();
  pass(50);
  expect(sent).toEqual([]);
});
