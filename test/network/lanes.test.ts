import { expect, test } from 'vitest';
import { createLanes, type LaneKind } from '../../src/network/lanes.ts';
import { networkLimits } from '../../src/network/network-limits.ts';

const { gossipWaitingBytes, gossipWaitingBytesPerPeer } = networkLimits;

/** A judgement that is spoken when the test says so. */
function judgement() {
  let speak = () => {};
  let isAsked = false;
  const spoken = new Promise<void>((resolve) => {
    speak = resolve;
  });
  const judge = async () => {
    isAsked = true;
    await spoken;
    return 'judged';
  };
  return { judge, speak, isAsked: () => isAsked };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('messages of one peer wait for one another, those of others do not wait for them', async () => {
  const lanes = createLanes();
  const [first, second, other] = [judgement(), judgement(), judgement()];
  const verdicts = [
    lanes.take('a', 'block', 1, 'dropped', first.judge),
    lanes.take('a', 'block', 1, 'dropped', second.judge),
    lanes.take('b', 'block', 1, 'dropped', other.judge),
  ];
  await turn();
  expect([first, second, other].map(({ isAsked }) => isAsked())).toEqual([true, false, true]);
  first.speak();
  await turn();
  expect(second.isAsked()).toBe(true);
  second.speak();
  other.speak();
  expect(await Promise.all(verdicts)).toEqual(['judged', 'judged', 'judged']);
});

test('a few transactions wait neither for many nor for a block of the same peer', async () => {
  const lanes = createLanes();
  const [many, block, few] = [judgement(), judgement(), judgement()];
  const verdicts = [
    lanes.take('a', 'many transactions', 1, 'dropped', many.judge),
    lanes.take('a', 'block', 1, 'dropped', block.judge),
    lanes.take('a', 'a few transactions', 1, 'dropped', few.judge),
  ];
  await turn();
  for (const each of [many, block, few]) {
    expect(each.isAsked()).toBe(true);
    each.speak();
  }
  await Promise.all(verdicts);
});

test('a judgement that fails lets the next one have its turn', async () => {
  const lanes = createLanes();
  const failing = lanes.take('a', 'block', 1, 'dropped', () => Promise.reject(new Error('no')));
  const next = lanes.take('a', 'block', 1, 'dropped', async () => 'judged');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('judged');
});

test('what finds no room to wait is dropped, of one peer and of all together', async () => {
  const lanes = createLanes();
  const long = judgement();
  const waiting = [lanes.take('a', 'block', gossipWaitingBytesPerPeer, 'dropped', long.judge)];
  expect(await lanes.take('a', 'block', 1, 'dropped', long.judge)).toBe('dropped');
  const peers = gossipWaitingBytes / gossipWaitingBytesPerPeer;
  for (let peer = 1; peer < peers; peer += 1) {
    waiting.push(lanes.take(`peer ${peer}`, 'block', gossipWaitingBytesPerPeer, 'dropped', long.judge));
  }
  expect(await lanes.take('z', 'block', 1, 'dropped', long.judge)).toBe('dropped');
  long.speak();
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => 'judged'));
  expect(await lanes.take('z', 'block', 1, 'dropped', async () => 'judged')).toBe('judged');
});

test('who wants to know when the blocks that have come are judged waits for those, and for nothing that comes later', async () => {
  const lanes = createLanes();
  await lanes.judged('block');
  const [first, second, other, later] = [judgement(), judgement(), judgement(), judgement()];
  const take = (peerId: string, kind: LaneKind, { judge }: typeof first) =>
    void lanes.take(peerId, kind, 1, 'dropped', judge);
  take('a', 'block', first);
  take('a', 'block', second);
  take('b', 'many transactions', other);
  let isJudged = false;
  const judged = lanes.judged('block').then(() => {
    isJudged = true;
  });
  take('a', 'block', later);
  first.speak();
  await turn();
  expect(isJudged).toBe(false);
  second.speak();
  await judged;
});
