import { expect, test } from 'vitest';
import { limits } from '../../src/base/index.ts';
import { networkLimits } from '../../src/network/network-limits.ts';
import { Punctuality } from '../../src/network/punctuality.ts';
import { isWholeAnswer, type Round, SideBySide } from '../../src/network/side-by-side.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

const { patienceMs } = networkLimits;
const never = () => new Promise<void>(() => {});
const wait = (clock: VirtualClock, ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));

/** Peers that are asked once each, and what each does when it is asked. */
function start(
  peers: Record<string, (round: Round) => Promise<void>>,
  clock = createVirtualClock(),
  punctuality = new Punctuality(clock),
) {
  const began = clock.now();
  const askedAfterMs: Record<string, number> = {};
  let isDone = false;
  let ended: number | null = null;
  const sideBySide = new SideBySide({
    clock,
    punctuality,
    candidates: () => (isDone ? [] : Object.keys(peers).filter((name) => !(name in askedAfterMs))),
    ask: (name, round) => {
      askedAfterMs[name] = clock.now() - began;
      return peers[name]!(round);
    },
    isOver: () => isDone,
  });
  void sideBySide.run().then(() => {
    ended = clock.now() - began;
  });
  const finish = () => {
    isDone = true;
  };
  return { clock, punctuality, askedAfterMs, endedAfterMs: () => ended, finish, sideBySide };
}

const silentPeers = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`silent ${at}`, never] as const));

test('peers that answer are asked one after another', async () => {
  const clock = createVirtualClock();
  let underWay = 0;
  let most = 0;
  const answer = async () => {
    most = Math.max(most, ++underWay);
    await wait(clock, 100);
    underWay--;
  };
  const run = start(Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`peer ${at}`, answer])), clock);
  await clock.advance(5_000);
  expect(run.endedAfterMs()).toBe(1_000);
  expect(most).toBe(1);
});

test.each([1, 9, 40, 72])(
  'of %i silent peers and one that answers, it is asked within two patiences',
  async (count) => {
    const run = start({
      ...silentPeers(count),
      honest: async (round) => {
        round.brought();
        run.finish();
      },
    });
    await run.clock.advance(10 * patienceMs);
    expect(run.askedAfterMs.honest).toBeLessThanOrEqual(2 * patienceMs);
    // Nobody waits for those that have said nothing to the end.
    expect(run.endedAfterMs()).toBe(run.askedAfterMs.honest);
    expect(run.clock.armed()).toBe(0);
  },
);

test('who was silent is asked last from then on, and who was of use first', async () => {
  const clock = createVirtualClock();
  const punctuality = new Punctuality(clock);
  const gone = () => wait(clock, 10_000);
  const peers = { first: gone, second: gone, honest: async (round: Round) => round.brought() };
  start(peers, clock, punctuality);
  await clock.advance(20_000);
  const later = start({ ...peers, stranger: async () => {} }, clock, punctuality);
  await clock.advance(20_000);
  expect(Object.keys(later.askedAfterMs)).toEqual(['honest', 'stranger', 'first', 'second']);
  expect(later.askedAfterMs.stranger).toBe(0);
});

test('while one brings something again and again, it alone is asked, however long it takes', async () => {
  const clock = createVirtualClock();
  const run = start(
    {
      steady: async (round) => {
        for (let part = 0; part < 20; part++) {
          await wait(clock, patienceMs - 100);
          round.brought();
        }
      },
      other: async () => {},
    },
    clock,
  );
  await clock.advance(30 * patienceMs);
  expect(run.askedAfterMs.other).toBe(20 * (patienceMs - 100));
  expect(run.punctuality.isUseful('steady')).toBe(true);
});

test('one that refuses at once again and again does not make patience longer', async () => {
  const clock = createVirtualClock();
  const refusing = () => wait(clock, patienceMs - 100);
  const peers = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`refusing ${at}`, refusing] as const));
  const run = start({ ...peers, honest: async (round) => round.brought() }, clock);
  await clock.advance(30 * patienceMs);
  expect(run.askedAfterMs.honest).toBeLessThanOrEqual(2 * patienceMs);
});

test('our own work is nobody’s slowness', async () => {
  const clock = createVirtualClock();
  const run = start(
    { laborious: (round) => round.working(() => wait(clock, 3 * patienceMs)), other: async () => {} },
    clock,
  );
  await clock.advance(10 * patienceMs);
  expect(run.askedAfterMs.other).toBe(3 * patienceMs);
  expect(run.punctuality.isLate('laborious')).toBe(false);
});

test('who comes while all are silent is asked when it is told of', async () => {
  const peers: Record<string, (round: Round) => Promise<void>> = silentPeers(1);
  const run = start(peers);
  await run.clock.advance(patienceMs + 10);
  peers.late = async () => {};
  run.sideBySide.wake();
  expect(run.askedAfterMs.late).toBe(patienceMs + 10);
});

test('experiences are forgotten after a while, and those of use outlive those of new names', async () => {
  const clock = createVirtualClock();
  const punctuality = new Punctuality(clock);
  punctuality.wasUseful('honest');
  for (let at = 0; at < 2 * networkLimits.experiences; at++) punctuality.wasLate(`name ${at}`);
  expect(punctuality.isUseful('honest')).toBe(true);
  expect(punctuality.isLate('name 0')).toBe(false);
  expect(punctuality.sorted(['name 1999', 'new', 'honest'])).toEqual(['honest', 'new', 'name 1999']);
  await clock.advance(networkLimits.experienceMs + 1);
  expect(punctuality.sorted(['name 1999', 'new', 'honest'])).toEqual(['name 1999', 'new', 'honest']);
});

test('an answer is whole where it holds what was asked for, or as much as an answer may', () => {
  const parts = (count: number, bytes = 100) => Array.from({ length: count }, () => new Uint8Array(bytes));
  expect(isWholeAnswer(parts(3), 3)).toBe(true);
  expect(isWholeAnswer(parts(3, limits.responseBytes / 4), 128)).toBe(true);
  expect(isWholeAnswer(parts(3), 128)).toBe(false);
});
