import { describe, expect, test, vi } from 'vitest';
import type { Clock } from '../../src/base/index.ts';
import { type Block, stateKeys, type Transaction } from '../../src/ledger/index.ts';
import type { DoubtedState } from '../../src/node/block-checker.ts';
import type { Offer } from '../../src/node/chain-keeper.ts';
import { Chain, nodeKeysFrom, patientIdFrom, testGenesis } from '../support/ledger.ts';
import { countTurns } from '../support/waiting.ts';
import { bent, disagreements, memoryDatabase, openRig, type Rig } from './rig.ts';

/** A trunk of two blocks, a main chain of `main` above it, and a branch of `side`; each block registers somebody. */
function forked(main: number, side: number) {
  const world = testGenesis();
  const chain = new Chain(world);
  let count = 0;
  const next = () => world.register('alice', `patient ${count++}`);
  const trunk = [chain.mine(next()), chain.mine(next())];
  const grow = (length: number) => {
    const blocks: Block[] = [];
    for (let at = trunk[1]!.hash; blocks.length < length; at = blocks.at(-1)!.hash)
      blocks.push(chain.mineOn(at, next()));
    return blocks;
  };
  let fork = { main: grow(main), side: grow(side) };
  // Of two branches with the same work the main chain shall be the one that holds, so that only the last block switches.
  while (main > 0 && side > main && fork.side[main - 1]!.hash < fork.main[main - 1]!.hash)
    fork = { main: grow(main), side: grow(side) };
  return { chain, trunk, ...fork };
}

/** The same block with a digest that is not that of its state: its hash is condemned. */
function wrong(chain: Chain, block: Block): Block {
  return chain.forge({
    on: block.header.parent,
    transactions: block.transactions,
    header: { stateDigest: 'ab'.repeat(32), time: block.header.time },
  });
}

describe('a switch', () => {
  test.each(Array.from({ length: 20 }, (_, index) => index + 1))(
    'of depth %i leads to what a fresh chain is',
    async (depth) => {
      const { chain, trunk, main, side } = forked(depth, depth + 1);
      const switched = await openRig(chain);
      for (const block of [...trunk, ...main]) expect(await switched.offer(block)).toBe('main');
      const answers: string[] = [];
      for (const block of side) answers.push(await switched.offer(block));
      expect(answers.at(-1)).toBe('main');

      const fresh = await openRig(chain);
      for (const block of [...trunk, ...side]) expect(await fresh.offer(block)).toBe('main');
      const stateOf = async (rig: typeof fresh) => {
        const entries: unknown[] = [];
        for await (const entry of rig.chain.stateEntries()) entries.push(entry);
        return entries;
      };
      expect(switched.chain.tip()).toEqual(fresh.chain.tip());
      expect(await stateOf(switched)).toEqual(await stateOf(fresh));
      expect(await disagreements(switched, chain)).toEqual([]);
      // A tie goes to the lower hash, so the switch may have come one block before the end.
      const removed = switched.switches.flatMap((change) => change.removed.map(({ hash }) => hash));
      expect(removed).toEqual(main.map(({ hash }) => hash));
      const returned = switched.switches.flatMap((change) => change.returned.map(({ id }) => id));
      expect(returned).toEqual(main.flatMap((block) => block.transactions.map(({ id }) => id)));
    },
  );

  test('of two heads with the same work goes to the lower hash, whichever comes first', async () => {
    const { chain, trunk, main, side } = forked(3, 3);
    const winner = [main.at(-1)!.hash, side.at(-1)!.hash].sort()[0];
    for (const order of [
      [...main, ...side],
      [...side, ...main],
    ]) {
      const rig = await openRig(chain);
      for (const block of [...trunk, ...order]) await rig.offer(block);
      expect(rig.chain.tip().hash).toBe(winner);
    }
  });
});

describe('a branch with a bad block', () => {
  test('is taken as far as it holds where that wins, and what follows is condemned', async () => {
    const { chain, trunk, main, side } = forked(2, 3);
    const bad = wrong(chain, chain.mineOn(side[2]!.hash, chain.world.register('alice', 'bad')));
    const rig = await openRig(chain);
    for (const block of [...trunk, ...main, ...side.slice(0, 2)]) await rig.offer(block);
    // The disk fails at the switch, so that the branch waits with a prefix that would win.
    rig.disk.takes = 1;
    await expect(rig.offer(side[2]!)).rejects.toMatchObject({ code: 'folder-failed' });
    rig.disk.takes = Number.POSITIVE_INFINITY;
    expect(await rig.offer(bad, 'foe')).toBe('rejected: wrong-state-digest');
    expect(rig.chain.tip().hash).toBe(side[2]!.hash);
    expect(await rig.offer(bad, 'foe')).toBe('rejected: wrong-state-digest');
    expect(rig.chain.header(bad.hash)).toBeUndefined();
    expect(await disagreements(rig, chain)).toEqual([]);
  });

  test('in its middle keeps nothing above it, and condemns descendants that come later', async () => {
    const { chain, trunk, main } = forked(4, 0);
    const first = chain.mineOn(trunk[1]!.hash, chain.world.register('alice', 'first'));
    const bad = wrong(chain, chain.mineOn(first.hash, chain.world.register('alice', 'second')));
    const onBad = (parent: Block, name: string) =>
      chain.forge({
        on: first.hash,
        transactions: [chain.world.register('alice', name)],
        header: { parent: parent.hash, height: parent.header.height + 1, time: parent.header.time + 1_000 },
      });
    const third = onBad(bad, 'third');
    const fourth = onBad(third, 'fourth');
    const fifth = onBad(fourth, 'fifth');
    const rig = await openRig(chain);
    for (const block of [...trunk, ...main]) await rig.offer(block);
    for (const block of [first, bad, third]) expect(await rig.offer(block, 'relay')).toBe('side');
    const before = rig.chain.tip();
    const read = vi.spyOn(rig.chain, 'block');
    const answers = [await rig.offer(fourth, 'foe'), await rig.offer(fifth, 'foe')];
    expect(answers).toContain('rejected: wrong-state-digest');
    expect(rig.chain.tip()).toEqual(before);
    // What would have left the main chain is not read for it.
    const hashesRead = read.mock.calls.map(([hash]) => hash);
    expect(hashesRead).toContain(bad.hash);
    for (const { hash } of main) expect(hashesRead).not.toContain(hash);
    for (const block of [bad, third, fourth]) expect(rig.chain.header(block.hash)).toBeUndefined();
    expect(await rig.offer(bad, 'other')).toBe('rejected: wrong-state-digest');
    expect(await rig.offer(third, 'other')).toBe('rejected: wrong-state-digest');
    expect(rig.chain.header(first.hash)).toBeDefined();
  });

  test.each([
    ['a broken rule', 'wrong-state-digest', (chain: Chain, on: Block) => wrong(chain, on)],
    [
      'a transaction that would have to wait',
      'unknown-order',
      (chain: Chain, { header, transactions }: Block) => {
        const unknown = chain.world.answer('bob', 'ab'.repeat(32));
        return chain.forge({
          on: header.parent,
          transactions: [...transactions, unknown],
          header: { time: header.time },
        });
      },
    ],
  ])('is held against whoever delivered it: %s', async (_what, code, spoil) => {
    const { chain, trunk, main, side } = forked(3, 1);
    const bad = spoil(chain, chain.mineOn(side[0]!.hash, chain.world.register('alice', 'bad')));
    const above = (parent: Block, name: string) =>
      chain.forge({
        on: side[0]!.hash,
        header: { parent: parent.hash, height: parent.header.height + 1, time: parent.header.time + 1_000 },
        transactions: [chain.world.register('alice', name)],
      });
    const rig = await openRig(chain);
    for (const block of [...trunk, ...main, side[0]!]) await rig.offer(block);
    expect(await rig.offer(bad, 'liar')).toBe('side');
    const third = above(bad, 'third');
    for (const block of [third, above(third, 'fourth')]) await rig.offer(block, 'relay');
    expect(rig.blamed).toEqual([`liar: ${code}`]);
  });
});

/** A clock on which each look takes a millisecond, as if each transaction took one. */
function ticking(chain: Chain): Clock {
  let looks = 0;
  return { now: () => chain.now + looks++, after: () => ({ cancel() {} }) };
}

test('others have their turn while a long branch is left and another one checked', async () => {
  const { chain, trunk, main } = forked(1, 0);
  const { world } = chain;
  const rig = await openRig(chain, undefined, ticking(chain));
  for (const block of [...trunk, ...main]) await rig.offer(block);
  let count = 0;
  const many = () => Array.from({ length: 100 }, () => world.register('adam', `somebody ${count++}`));
  const branch: Block[] = [];
  for (let at = trunk[1]!.hash; branch.length < 5; at = branch.at(-1)!.hash) branch.push(chain.mineOn(at, ...many()));
  const [winner, ...rest] = branch.reverse();
  // All but its last block are here, as after a switch that the end of the process kept from being made.
  for (const block of rest.reverse())
    await rig.chain.storeSideBlock(block, block.header.height * block.header.difficulty);
  const turns = countTurns();
  expect(await rig.offer(winner!)).toBe('main');
  expect(rig.switches.at(-1)!.added).toHaveLength(5);
  expect(turns()).toBeGreaterThanOrEqual(5);
});

test('others have their turn while a long block is checked', async () => {
  const chain = new Chain(testGenesis());
  const rig = await openRig(chain, undefined, ticking(chain));
  const many = Array.from({ length: 330 }, (_, count) => chain.world.register('adam', `somebody ${count}`));
  const block = chain.mine(...many);
  const turns = countTurns();
  expect(await rig.offer(block)).toBe('main');
  // A slice is eight milliseconds.
  expect(turns()).toBeGreaterThanOrEqual(40);
});

test('others have their turn also where the clock stands still', async () => {
  const chain = new Chain(testGenesis());
  const rig = await openRig(chain);
  const block = chain.mine(...Array.from({ length: 600 }, (_, at) => chain.world.register('adam', `somebody ${at}`)));
  const turns = countTurns();
  expect(await rig.offer(block)).toBe('main');
  expect(turns()).toBeGreaterThanOrEqual(2);
});

describe('a range of blocks', () => {
  async function offerRange(rig: Rig, blocks: readonly Block[], from: string): Promise<Offer[]> {
    const offers: Offer[] = [];
    for await (const offer of rig.keeper.offerRange(blocks, from)) offers.push(offer);
    return offers;
  }

  /** The verdicts, and the code of the last. */
  const verdictsOf = (offers: readonly Offer[]) =>
    offers.map((each) => ('rejection' in each && each.rejection?.code) || each.verdict);

  test('that follows the tip is committed some at a time, and leads to what its blocks do one by one', async () => {
    const { chain, trunk, main } = forked(100, 0);
    const rig = await openRig(chain);
    const offers = await offerRange(rig, [...trunk, ...main], 'peer');
    expect(verdictsOf(offers)).toEqual(Array(102).fill('accepted'));
    expect(rig.switches.map(({ added }) => added.length)).toEqual([32, 32, 32, 6]);
    expect(rig.chain.tip().hash).toBe(main.at(-1)!.hash);
    expect(await disagreements(rig, chain)).toEqual([]);
  });

  /** Each block answers the order of the one before it, pays the reward of the answer before that, and spends some of it. */
  function dependent(length: number) {
    const chain = new Chain(testGenesis());
    const { world } = chain;
    const blocks = [chain.mine(world.register('alice', 'jane'))];
    let order = world.order('alice', 'jane');
    blocks.push(chain.mine(order));
    while (blocks.length < length) {
      const next = world.order('alice', 'jane');
      const paid = blocks.length > 3 ? [world.pay('alice', 'bob', 100)] : [];
      blocks.push(chain.mine(world.answer('bob', order), next, ...paid));
      order = next;
    }
    return { chain, blocks };
  }

  test('that rests on what was just written can be left again', async () => {
    const { chain, blocks } = dependent(90);
    const { world } = chain;
    const rig = await openRig(chain);
    expect(verdictsOf(await offerRange(rig, blocks, 'peer'))).toEqual(Array(90).fill('accepted'));
    expect(rig.switches.length).toBeGreaterThan(3);
    expect(await disagreements(rig, chain)).toEqual([]);

    const side: Block[] = [];
    for (let at = blocks[9]!.hash; side.length < 90; at = side.at(-1)!.hash)
      side.push(chain.mineOn(at, world.register('adam', `aside ${side.length}`)));
    expect(verdictsOf(await offerRange(rig, side, 'peer'))).toEqual(Array(90).fill('accepted'));
    expect(rig.chain.tip().hash).toBe(side.at(-1)!.hash);
    expect(await disagreements(rig, chain)).toEqual([]);
  });

  test('has each signature checked once, and those of a branch that does not win not at all', async () => {
    const { chain, trunk, main, side } = forked(40, 50);
    const rig = await openRig(chain);
    await offerRange(rig, [...trunk, ...main], 'peer');
    expect(rig.checked.signatures).toBe(42);
    await offerRange(rig, side.slice(0, 30), 'peer');
    expect(rig.checked.signatures).toBe(42);
    await offerRange(rig, side.slice(30), 'peer');
    expect(rig.chain.tip().hash).toBe(side.at(-1)!.hash);
    expect(rig.checked.signatures).toBe(92);
  });

  test('that leaves the main chain switches once, and goes on from there', async () => {
    const { chain, trunk, main, side } = forked(3, 80);
    const rig = await openRig(chain);
    await offerRange(rig, [...trunk, ...main], 'peer');
    expect(verdictsOf(await offerRange(rig, side, 'peer'))).toEqual(Array(80).fill('accepted'));
    expect(rig.switches.filter(({ removed }) => removed.length > 0)).toHaveLength(1);
    expect(rig.chain.tip().hash).toBe(side.at(-1)!.hash);
    expect(await disagreements(rig, chain)).toEqual([]);
  });

  test('ends with the first that breaks a rule; what came before it counts', async () => {
    const { chain, trunk, main } = forked(80, 0);
    const rig = await openRig(chain);
    const range = [...trunk, ...main.slice(0, 70), wrong(chain, main[70]!), ...main.slice(71)];
    const verdicts = verdictsOf(await offerRange(rig, range, 'foe'));
    expect(verdicts).toEqual([...Array(72).fill('accepted'), 'wrong-state-digest']);
    expect(rig.chain.tip().hash).toBe(main[69]!.hash);
    expect(verdictsOf(await offerRange(rig, main.slice(60), 'peer')).slice(10)).toEqual(Array(10).fill('accepted'));
    expect(await disagreements(rig, chain)).toEqual([]);
  });

  test('of two miners whose clocks differ holds, though the blocks before each are not stored yet', async () => {
    const { chain, trunk } = forked(0, 0);
    const rig = await openRig(chain);
    const blocks: Block[] = [];
    for (let at = trunk[1]!; blocks.length < 90; at = blocks.at(-1)!) {
      chain.now += blocks.length % 2 === 0 ? 5_000 : -5_000;
      blocks.push(chain.mineOn(at.hash, chain.world.register('alice', `p ${blocks.length}`)));
    }
    expect(blocks.some(({ header }, index) => header.time < (blocks[index - 1]?.header.time ?? 0))).toBe(true);
    // The miner and others ask for times, too, while a range is checked.
    const stale = chain.mineOn(trunk[0]!.hash, chain.world.register('alice', 'somebody'));
    const offered = offerRange(rig, [...trunk, ...blocks], 'peer');
    for (let count = 0; count < 20; count++)
      expect(await rig.offer(count === 0 ? trunk[0]! : stale)).not.toMatch(/rejected/);
    expect(verdictsOf(await offered)).toEqual(Array(92).fill('accepted'));
  });

  test('that the disk takes a part of is taken up again', async () => {
    const { chain, trunk, main } = forked(80, 0);
    const rig = await openRig(chain);
    rig.disk.takes = 1;
    await expect(offerRange(rig, [...trunk, ...main], 'peer')).rejects.toMatchObject({ code: 'folder-failed' });
    expect(rig.chain.tip().height).toBe(32);
    rig.disk.takes = Number.POSITIVE_INFINITY;
    expect(verdictsOf(await offerRange(rig, [...trunk, ...main], 'peer')).slice(32)).toEqual(
      Array(50).fill('accepted'),
    );
    expect(rig.chain.tip().hash).toBe(main.at(-1)!.hash);
    expect(await disagreements(rig, chain)).toEqual([]);
  });
});

describe('a block that is refused', () => {
  /** The fourth block pays a reward and nothing else; `lost` is a folder that no longer knows of it. */
  async function rewardOnly() {
    const { chain, trunk } = forked(0, 0);
    const order = chain.world.order('alice', 'patient 0');
    const third = chain.mine(order, chain.world.answer('bob', order));
    const fourth = chain.mine();
    let doubts = 0;
    let stored: DoubtedState = 'right';
    let restore = async () => {};
    const rig = await openRig(chain, undefined, undefined, async () => ({
      alsoWrite: () => [],
      switched() {},
      async mendState() {
        doubts++;
        if (stored === 'mended') await restore();
        return stored;
      },
    }));
    for (const block of [...trunk, third]) expect(await rig.offer(block)).toBe('main');
    const key = stateKeys.dueQueue();
    const queue = rig.chain.state.get(key)!;
    const put = (after: typeof queue | null) => rig.chain.replaceState([{ key, before: null, after }]);
    return {
      rig,
      chain,
      third,
      fourth,
      doubts: () => doubts,
      /** What a doubt finds from now on. */
      finds(found: DoubtedState) {
        stored = found;
      },
      async lose() {
        await put(null);
        restore = () => put(queue);
      },
    };
  }

  test('for want of a reward that this folder has lost is checked again, and nobody is blamed', async () => {
    const { rig, fourth, lose, finds } = await rewardOnly();
    await lose();
    finds('mended');
    expect(await rig.offer(fourth, 'honest')).toBe('main');
  });

  test('while nobody can tell what the state should be is held against nobody, and taken once that is known', async () => {
    const { rig, fourth, lose, finds } = await rewardOnly();
    await lose();
    finds('unknown');
    expect(await rig.offer(fourth, 'honest')).toBe('ignored');
    finds('mended');
    expect(await rig.offer(fourth, 'honest')).toBe('main');
    expect(rig.blamed).toEqual([]);
  });

  /** The third block speaks of a patient whom the folder has lost. */
  async function lostPatient() {
    const { chain, trunk } = forked(0, 0);
    let found: DoubtedState = 'right';
    const rig = await openRig(chain, undefined, undefined, async () => ({
      alsoWrite: () => [],
      switched() {},
      async mendState() {
        if (found === 'mended') await restore();
        return found;
      },
    }));
    for (const block of trunk) await rig.offer(block);
    const key = stateKeys.patient(patientIdFrom('patient 0'));
    const patient = rig.chain.state.get(key)!;
    const restore = () => rig.chain.replaceState([{ key, before: null, after: patient }]);
    await rig.chain.replaceState([{ key, before: patient, after: null }]);
    const third = chain.mine(chain.world.consult('alice', 'patient 0'));
    const finds = (what: DoubtedState) => {
      found = what;
    };
    return { rig, chain, third, restore, finds };
  }

  test('because the state was wrong is heard again once that is mended', async () => {
    const { rig, chain, third, restore } = await lostPatient();
    const fourth = chain.mine(chain.world.register('alice', 'next'));
    const toSelf = chain.forge({ on: third.header.parent, transactions: [chain.world.pay('alice', 'alice', 1)] });
    const offerAll = async () => [await rig.offer(third), await rig.offer(fourth), await rig.offer(toSelf)];
    const refused = ['rejected: unknown-patient', 'rejected: unknown-patient', 'rejected: transfer-to-self'];
    expect(await offerAll()).toEqual(refused);
    await restore();
    expect(await offerAll()).toEqual(refused);
    rig.keeper.forgive();
    expect(await offerAll()).toEqual(['main', 'main', 'rejected: transfer-to-self']);
  });

  test('because of a state that was trusted is doubted again when it comes again', async () => {
    const { rig, third, finds } = await lostPatient();
    expect(await rig.offer(third)).toBe('rejected: unknown-patient');
    finds('unknown');
    expect(await rig.offer(third)).toBe('ignored');
    finds('mended');
    expect(await rig.offer(third)).toBe('main');
  });

  test('on a branch is checked again on the mended state', async () => {
    const { rig, chain, third, finds } = await lostPatient();
    const { parent } = third.header;
    expect(await rig.offer(chain.mineOn(parent, chain.world.register('alice', 'main')))).toBe('main');
    const next = chain.mineOn(third.hash, chain.world.register('alice', 'next'));
    finds('mended');
    const answers = [await rig.offer(third, 'honest'), await rig.offer(next, 'honest')];
    // A tie goes to the lower hash.
    expect(answers.slice(-1)).toEqual(['main']);
    expect(rig.chain.tip().hash).toBe(next.hash);
    expect(rig.blamed).toEqual([]);
    expect(await disagreements(rig, chain)).toEqual([]);
  });

  test('on a branch that would win is kept while nobody can tell, and forgotten when it is a lie', async () => {
    const { chain, trunk, main, side } = forked(2, 3);
    let found: DoubtedState = 'unknown';
    const rig = await openRig(chain, undefined, undefined, async () => ({
      alsoWrite: () => [],
      switched() {},
      mendState: async () => found,
    }));
    const bad = wrong(chain, side.pop()!);
    for (const block of [...trunk, ...main, ...side]) await rig.offer(block);
    const before = rig.chain.tip();
    expect(await rig.offer(bad, 'foe')).toBe('ignored');
    expect([rig.chain.header(bad.hash)?.hash, rig.chain.tip(), rig.blamed]).toEqual([bad.hash, before, []]);
    found = 'right';
    expect(await rig.offer(bad, 'foe')).toBe('rejected: wrong-state-digest');
    expect([rig.chain.header(bad.hash), rig.blamed]).toEqual([undefined, ['foe: wrong-state-digest']]);
  });

  test('for what it says itself costs no look at the state', async () => {
    const { rig, chain, third, doubts } = await rewardOnly();
    const blockOf = (transaction: Transaction) => chain.forge({ on: third.hash, transactions: [transaction] });
    const toSelf = chain.world.pay('alice', 'alice', 1);
    expect(await rig.offer(blockOf(toSelf), 'liar')).toBe('rejected: transfer-to-self');
    expect(await rig.offer(blockOf(toSelf), 'liar')).toBe('rejected: transfer-to-self');
    expect(doubts()).toBe(0);
    const unknown = chain.world.answer('bob', 'ab'.repeat(32));
    expect(await rig.offer(blockOf(unknown), 'liar')).toBe('rejected: unknown-order');
    expect(doubts()).toBe(1);
  });
});

describe('a bent body under an honest hash', () => {
  test('does not keep the honest one away, and who delivered it is blamed, not who came after', async () => {
    const { chain, trunk, main, side } = forked(2, 3);
    const rig = await openRig(chain);
    for (const block of [...trunk, ...main]) await rig.offer(block);
    expect(await rig.offer(bent(side[0]!), 'liar')).toBe('side');
    const answers: string[] = [];
    for (const block of side) answers.push(await rig.offer(block, 'honest'));
    expect(answers).toEqual(['ignored', 'side', 'ignored: empty-block']);
    expect(rig.blamed).toEqual(['liar: empty-block']);
    for (const block of side) await rig.offer(block, 'honest');
    expect(rig.chain.tip().hash).toBe(side[2]!.hash);
    expect(rig.blamed).toHaveLength(1);
  });

  test('of the next block is rejected, and the honest one is taken', async () => {
    const { chain, trunk } = forked(0, 0);
    const rig = await openRig(chain);
    await rig.offer(trunk[0]!);
    expect(await rig.offer(bent(trunk[1]!), 'liar')).toBe('rejected: empty-block');
    expect(await rig.offer(trunk[1]!, 'honest')).toBe('main');
  });
});

describe('a disk that fails', () => {
  test.each([0, 1])('during a switch, after %i writes, changes nothing; the next offer finishes it', async (takes) => {
    const { chain, trunk, main, side } = forked(2, 3);
    const rig = await openRig(chain);
    const last = side.pop()!;
    for (const block of [...trunk, ...main, ...side]) await rig.offer(block);
    const before = rig.chain.tip();
    rig.disk.takes = takes;
    await expect(rig.offer(last)).rejects.toMatchObject({ code: 'folder-failed' });
    await expect(rig.offer(last)).rejects.toMatchObject({ code: 'folder-failed' });
    expect(rig.chain.tip()).toEqual(before);
    expect(rig.faults).toEqual(['folder-failed']);
    expect(await disagreements(rig, chain)).toEqual([]);
    rig.disk.takes = Number.POSITIVE_INFINITY;
    expect(await rig.offer(last)).toBe('main');
    expect(rig.chain.tip().hash).toBe(last.hash);
    expect(await disagreements(rig, chain)).toEqual([]);
  });

  test('and a process that ends between the last body and the switch: the block is considered again', async () => {
    const { chain, trunk, main, side } = forked(2, 3);
    const database = await memoryDatabase();
    const crashed = await openRig(chain, database);
    const last = side.pop()!;
    for (const block of [...trunk, ...main, ...side]) await crashed.offer(block);
    crashed.disk.takes = 1;
    await expect(crashed.offer(last)).rejects.toMatchObject({ code: 'folder-failed' });

    const restarted = await openRig(chain, database);
    expect(await restarted.offer(last)).toBe('main');
    expect(restarted.chain.tip().hash).toBe(last.hash);
    expect(await disagreements(restarted, chain)).toEqual([]);
  });

  test('and bent bytes of the block that is considered again: what is stored is taken, what came is not passed on', async () => {
    const { chain, trunk, main, side } = forked(2, 3);
    const rig = await openRig(chain);
    const last = side.pop()!;
    for (const block of [...trunk, ...main, ...side]) await rig.offer(block);
    rig.disk.takes = 1;
    await expect(rig.offer(last)).rejects.toMatchObject({ code: 'folder-failed' });
    rig.disk.takes = Number.POSITIVE_INFINITY;
    expect(await rig.offer(bent(last), 'liar')).toBe('ignored');
    expect(rig.chain.block(rig.chain.tip().hash)?.bytes).toEqual(last.bytes);
  });
});

test('a block from the future and one without a parent are ignored, and taken when their time comes', async () => {
  const { chain, trunk } = forked(0, 0);
  const late = { now: () => chain.world.genesis.time - 60_000, after: () => ({ cancel() {} }) };
  const rig = await openRig(chain, undefined, { ...late, now: () => time });
  let time = late.now();
  expect(await rig.offer(trunk[1]!)).toBe('ignored: unknown-parent');
  expect(await rig.offer(trunk[0]!)).toBe('ignored: block-from-the-future');
  time = chain.now;
  expect(await rig.offer(trunk[0]!)).toBe('main');
  expect(await rig.offer(trunk[1]!)).toBe('main');
  expect(await rig.offer(trunk[1]!)).toBe('ignored');
});

test('a bent signature of the miner condemns the delivery, never the hash', async () => {
  const { chain, trunk } = forked(0, 0);
  const rig = await openRig(chain);
  const stranger = chain.forge({ on: trunk[1]!.hash, transactions: [], signedBy: nodeKeysFrom('stranger') });
  expect(await rig.offer({ ...trunk[0]!, signature: stranger.signature }, 'liar')).toBe(
    'rejected: bad-miner-signature',
  );
  expect(await rig.offer(trunk[0]!)).toBe('main');
});
