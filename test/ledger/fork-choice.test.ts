import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/base/index.ts';
import { medianOf, nextTime } from '../../src/ledger/check-header.ts';
import { type ChainHead, wins } from '../../src/ledger/index.ts';
import { Chain, hashFrom, testGenesis } from '../support/ledger.ts';

const head = fc.record<ChainHead>({
  work: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.maxSafeNat()),
  hash: fc.nat({ max: 20 }).map((number) => hashFrom(`head ${number}`)),
});

describe('which chain wins is a total order', () => {
  test('of two different heads exactly one wins; none wins against itself', () => {
    fc.assert(
      fc.property(head, head, (left, right) => {
        const same = left.work === right.work && left.hash === right.hash;
        expect(wins(left, left)).toBe(false);
        expect(wins(left, right) !== wins(right, left)).toBe(!same);
      }),
    );
  });

  test('it is transitive', () => {
    fc.assert(
      fc.property(head, head, head, (first, second, third) => {
        if (wins(first, second) && wins(second, third)) expect(wins(first, third)).toBe(true);
      }),
    );
  });

  test('so every node chooses the same head, whatever it heard first', () => {
    fc.assert(
      fc.property(fc.array(head, { minLength: 2, maxLength: 6 }), fc.nat(), (heads, turn) => {
        const best = (list: ChainHead[]) => list.reduce((holder, head) => (wins(head, holder) ? head : holder));
        const cut = turn % heads.length;
        const elsewhere = [...heads.slice(cut), ...heads.slice(0, cut)].reverse();
        expect(best(elsewhere)).toEqual(best(heads));
      }),
    );
  });

  test.each([
    ['more work', { work: 2, hash: 'ff' }, { work: 1, hash: '00' }, true],
    ['less work', { work: 1, hash: '00' }, { work: 2, hash: 'ff' }, false],
    ['the same work and a lower hash', { work: 2, hash: '0a' }, { work: 2, hash: '0b' }, true],
    ['the same work and a higher hash', { work: 2, hash: '0b' }, { work: 2, hash: '0a' }, false],
  ])('%s', (_, challenger, holder, answer) => {
    expect(wins(challenger, holder)).toBe(answer);
  });
});

test('forks of every depth: the branch with one block more wins, and brings its own books', () => {
  for (let depth = 1; depth <= 12; depth++) {
    const world = testGenesis();
    const chain = new Chain(world);
    const order = world.order('alice', 'zoe');
    chain.mine(world.register('alice', 'zoe'), order);
    chain.mine(world.answer('bob', order));
    chain.mine();
    const fork = chain.tip.hash;
    for (let step = 0; step < depth; step++) chain.mine(world.pay('alice', 'bob', 1));
    expect(chain.balance('bob')).toBe(depth);
    let rival = fork;
    for (let step = 0; step <= depth; step++) rival = chain.mineOn(rival, world.pay('alice', 'carol', 1)).hash;
    expect(chain.tip.hash).toBe(rival);
    expect([chain.balance('bob'), chain.balance('carol')]).toEqual([0, depth + 1]);
  }
});

test('of two blocks of the same height both orders of arrival lead to the same tip', () => {
  const world = testGenesis();
  const [first, second] = [new Chain(world), new Chain(world)];
  const shared = first.mine(world.register('alice', 'zoe'));
  expect(second.offer(shared)).toBe('OK');
  const left = first.forge({ transactions: [world.consult('alice', 'zoe')] });
  const right = first.forge({ transactions: [world.consult('adam', 'zoe')] });
  for (const block of [left, right]) expect(first.offer(block)).toBe('OK');
  for (const block of [right, left]) expect(second.offer(block)).toBe('OK');
  expect(first.tip.hash).toBe(second.tip.hash);
  expect(first.tip.hash).toBe([left.hash, right.hash].sort()[0]);
});

describe('time', () => {
  test.each([
    ['nothing', [], 0],
    ['one', [7], 7],
    ['two: the later', [7, 9], 9],
    ['three', [9, 7, 8], 8],
    ['four: the later of the two in the middle', [1, 2, 3, 4], 3],
    ['eleven', [11, 1, 10, 2, 9, 3, 8, 4, 7, 5, 6], 6],
    ['as numbers, not as text', [10, 9, 100], 10],
  ])('the median of %s', (_, times, median) => {
    expect(medianOf(times)).toBe(median);
  });

  test('the median does not depend on the order, nor changes its input', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: limits.medianHeaders }), (times) => {
        const before = [...times];
        expect(medianOf(times.toReversed())).toBe(medianOf(times));
        expect(times).toEqual(before);
        expect(medianOf(times)).toBe([...times].sort((a, b) => a - b)[times.length >> 1] ?? 0);
      }),
    );
  });

  test('a miner stamps its clock, but always after the median', () => {
    expect(nextTime([1, 2, 3], 100)).toBe(100);
    expect(nextTime([1, 2, 3], 3)).toBe(3);
    expect(nextTime([1, 2, 3], 2)).toBe(3);
    expect(nextTime([1, 2, 300], 0)).toBe(3);
  });

  test('a clock that stands still makes valid blocks', () => {
    const world = testGenesis();
    const chain = new Chain(world);
    chain.mine(world.register('alice', 'zoe'));
    for (let block = 0; block < 15; block++) {
      chain.now -= 1_000;
      chain.mine(world.consult('alice', 'zoe'));
    }
    expect(chain.tip.header.height).toBe(16);
  });

  test('a clock an hour behind makes blocks that others take, and that its own node takes once it is set right', () => {
    const world = testGenesis();
    const [slow, right] = [new Chain(world), new Chain(world)];
    for (const chain of [slow, right]) chain.now += 3_600_000;
    for (let block = 0; block < 3; block++) {
      expect(right.offer(slow.mine(block === 0 ? world.register('alice', 'zoe') : world.consult('alice', 'zoe')))).toBe(
        'OK',
      );
    }
    right.now = slow.now;
    slow.now -= 3_600_000;
    const block = slow.forge({ transactions: [world.consult('alice', 'zoe')] });
    expect(slow.offer(block)).toBe('block-from-the-future');
    expect(right.offer(block)).toBe('OK');
    slow.now += 3_600_000;
    expect(slow.offer(block)).toBe('OK');
  });

  test('a time may go back, as long as it stays after the median', () => {
    const world = testGenesis();
    const chain = new Chain(world);
    chain.mine(world.register('alice', 'zoe'));
    chain.mine(world.consult('alice', 'zoe'));
    chain.now += 10_000;
    chain.mine(world.consult('alice', 'zoe'));
    const time = chain.tip.header.time - 1;
    expect(chain.offer(chain.forge({ transactions: [world.consult('alice', 'zoe')], header: { time } }))).toBe('OK');
  });

  test('only the last eleven count', () => {
    const world = testGenesis();
    const chain = new Chain(world);
    chain.mine(world.register('alice', 'zoe'));
    for (let block = 0; block < 30; block++) chain.mine(world.consult('alice', 'zoe'));
    const times = chain.main().map(({ header }) => header.time);
    const median = times.slice(-limits.medianHeaders)[5]!;
    const transactions = [world.consult('alice', 'zoe')];
    expect(chain.offer(chain.forge({ transactions, header: { time: median } }))).toBe('time-not-after-median');
    expect(chain.facts).toEqual({ time: median, median });
    expect(chain.offer(chain.forge({ transactions, header: { time: median + 1 } }))).toBe('OK');
  });

  test('a block from the future is refused for now, and taken in once its time has come', () => {
    const world = testGenesis();
    const chain = new Chain(world);
    const time = chain.now + limits.futureBlockMs + 1_000;
    const block = chain.forge({ transactions: [world.register('alice', 'zoe')], header: { time } });
    expect(chain.offer(block)).toBe('block-from-the-future');
    chain.now += 1_000;
    expect(chain.offer(block)).toBe('OK');
  });
});
