/** Laws that hold after every history: what members tried, in whatever order, cut into blocks in whatever way. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Encodable, encode, limits, toHex } from '../../src/base/index.ts';
import { nextDigest } from '../../src/ledger/digest.ts';
import {
  checkBlock,
  dueRewards,
  genesisChanges,
  noDigest,
  type Reward,
  readBalance,
  readPosition,
  systemAccount,
  type Transaction,
} from '../../src/ledger/index.ts';
import { applyChanges, Chain, type GenesisOptions, testGenesis, undoChanges, type World } from '../support/ledger.ts';

/** What a member tries. Numbers choose among what there is by then; much of it does not hold, as in life. */
interface Attempt {
  readonly what:
    | 'register'
    | 'consult'
    | 'order'
    | 'answer'
    | 'prescribe'
    | 'fill'
    | 'cancel'
    | 'pay'
    | 'again'
    | 'cut';
  readonly who: number;
  readonly which: number;
  readonly amount: number;
}

const attempt: fc.Arbitrary<Attempt> = fc.record({
  what: fc.constantFrom<Attempt['what'][]>(
    'register',
    'consult',
    'order',
    'order',
    'answer',
    'answer',
    'prescribe',
    'prescribe',
    'fill',
    'fill',
    'cancel',
    'pay',
    'pay',
    'again',
    'cut',
    'cut',
  ),
  who: fc.nat({ max: 7 }),
  which: fc.nat({ max: 30 }),
  amount: fc.oneof(fc.integer({ min: 1, max: 900 }), fc.constantFrom(1, 1_000_000, Number.MAX_SAFE_INTEGER)),
});
const attempts = fc.array(attempt, { minLength: 20, maxLength: 90 });

const [doctors, labs, pharmacies] = [
  ['alice', 'adam'],
  ['bob', 'beth'],
  ['charlie', 'carol'],
] as const;
const everybody = ['alice', 'bob', 'charlie', 'dana', 'paula', 'adam', 'beth', 'carol', 'SYSTEM'];
const patients = ['zoe', 'yuri', 'xenia'];
const pick = <Each>(list: readonly Each[], index: number): Each => list[index % list.length]!;

/** The attempts as transactions, in groups that one block each is offered. */
function transactionsOf(world: World, list: readonly Attempt[]): Transaction[][] {
  const orders = patients.map((patient) => world.order('alice', patient));
  const prescriptions = patients.map((patient) => world.prescribe('adam', patient));
  const blocks: Transaction[][] = [
    [...patients.map((patient) => world.register('alice', patient)), ...orders, ...prescriptions],
    [],
  ];
  const all: Transaction[] = [];
  for (const { what, who, which, amount } of list) {
    const transaction = (): Transaction => {
      const doctor = pick(doctors, who);
      const patient = pick(patients, which);
      if (what === 'register') return world.register(doctor, pick([...patients, 'wanda', 'vera'], which));
      if (what === 'consult') return world.consult(doctor, patient);
      if (what === 'order') return world.order(doctor, patient);
      if (what === 'answer') return world.answer(pick(labs, who), pick(orders, which));
      if (what === 'prescribe') return world.prescribe(doctor, patient);
      if (what === 'fill') return world.fill(pick(pharmacies, who), pick(prescriptions, which));
      if (what === 'cancel') return world.cancel(doctor, pick(prescriptions, which));
      if (what === 'again' && all.length > 0) return pick(all, which);
      return world.pay(pick(everybody.slice(0, -1), who), pick(everybody, which), amount);
    };
    if (what === 'cut') {
      blocks.push([]);
      continue;
    }
    const made = transaction();
    if (what === 'order') orders.push(made);
    if (what === 'prescribe') prescriptions.push(made);
    all.push(made);
    blocks.at(-1)!.push(made);
  }
  return blocks;
}

function chainOf(list: readonly Attempt[], options: GenesisOptions = {}): Chain {
  const world = testGenesis(options);
  const chain = new Chain(world);
  for (const candidates of transactionsOf(world, list)) chain.mineWhatHolds(candidates);
  return chain;
}

/** Ends the search for a smaller example. */
const interruptAfterTimeLimit = 15_000;

const hexOf = (state: ReadonlyMap<string, Encodable>) =>
  new Map(
    [...state].sort(([left], [right]) => (left < right ? -1 : 1)).map(([key, value]) => [key, toHex(encode(value))]),
  );
const balancesIn = (state: ReadonlyMap<string, Encodable>) =>
  [...state].filter(([key]) => key.startsWith('balance/')).map(([, value]) => value as number);

/** What holds after every history, whatever the supply and however many rewards a block pays. */
const laws: Record<string, (chain: Chain) => void> = {
  'a replay from the genesis, of bytes, comes to the same tip, state and digests': (chain) => {
    const replay = new Chain(chain.world);
    replay.now = chain.now;
    const state = new Map<string, Encodable>();
    applyChanges(genesisChanges(chain.world.genesis), state);
    let digest = nextDigest(noDigest, genesisChanges(chain.world.genesis));
    for (const { block } of chain.main()) {
      expect(replay.offer(block!.bytes)).toBe('OK');
      const { changes } = replay.tip;
      applyChanges(changes, state);
      digest = nextDigest(digest, changes);
      expect(block!.header.stateDigest).toBe(digest);
    }
    expect(replay.tip.hash).toBe(chain.tip.hash);
    for (const [key, value] of state) expect(chain.state.get(key)).toEqual(value);
  },

  'a check against a map gives the changes that the check against a stack of drafts gave': (chain) => {
    const state = new Map<string, Encodable>();
    applyChanges(genesisChanges(chain.world.genesis), state);
    for (const link of chain.main()) {
      const context = { ...chain.context(link.parent!), state: { get: (key: string) => state.get(key) } };
      const verdict = checkBlock(link.block!, context);
      expect(verdict).toMatchObject({ ok: true, value: { changes: link.changes, rewards: link.rewards } });
      applyChanges(link.changes, state);
    }
  },

  'undoing block by block brings back each state before, down to nothing': (chain) => {
    const state = new Map<string, Encodable>();
    const before: Map<string, string>[] = [];
    const steps = [genesisChanges(chain.world.genesis), ...chain.main().map(({ changes }) => changes)];
    for (const changes of steps) {
      before.push(hexOf(state));
      applyChanges(changes, state);
    }
    for (const changes of steps.toReversed()) {
      undoChanges(changes, state);
      expect(hexOf(state)).toEqual(before.pop());
    }
    expect(state.size).toBe(0);
  },

  'no money is made or lost, and nobody owes': (chain) => {
    const state = new Map<string, Encodable>();
    applyChanges(genesisChanges(chain.world.genesis), state);
    for (const { changes } of chain.main()) {
      applyChanges(changes, state);
      const balances = balancesIn(state);
      expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(chain.world.genesis.supply);
      expect(balances.every((balance) => Number.isSafeInteger(balance) && balance >= 0)).toBe(true);
    }
  },

  'every order has at most one answer, every prescription at most one end, every id one place': (chain) => {
    const transactions = chain.main().flatMap(({ block }) => block!.transactions);
    const closed = transactions.flatMap(({ body }) =>
      body.kind === 'LAB_TEST_RESULT' ? [body.order] : 'prescription' in body ? [body.prescription] : [],
    );
    expect(new Set(closed).size).toBe(closed.length);
    expect(new Set(transactions.map(({ id }) => id)).size).toBe(transactions.length);
    for (const { id } of transactions) expect(readPosition(chain.state, id)).toBeDefined();
  },

  'what is paid, then what is due, is what results and fills earned: in order, each once, as much as there is': (
    chain,
  ) => {
    const { genesis } = chain.world;
    const earned: string[] = [];
    const paid: Reward[] = [];
    for (const { block, rewards, parent, state } of chain.main()) {
      // The rules' own account of what may be paid, told a second time.
      let left = readBalance(parent!.state, systemAccount);
      const owed = earned.slice(paid.length, paid.length + genesis.limits.rewardsPerBlock).map(priceOf(genesis));
      let count = 0;
      while (count < owed.length && owed[count]! <= left) left -= owed[count++]!;
      expect(rewards).toHaveLength(count);
      paid.push(...rewards);
      for (const { id, body } of block!.transactions) {
        if (body.kind === 'LAB_TEST_RESULT') earned.push(`order-reward ${id}`);
        if (body.kind === 'PRESCRIPTION_FILLED') earned.push(`fill-reward ${id}`);
      }
      const due = dueRewards(state, genesis, Number.MAX_SAFE_INTEGER);
      expect([...paid, ...due].map(({ rule, cause }) => `${rule} ${cause}`)).toEqual(earned);
    }
    expect(new Set(paid.map(({ id }) => id)).size).toBe(paid.length);
  },
};

function priceOf({ rewards }: World['genesis']): (earned: string) => number {
  return (earned) => (earned.startsWith('order-reward') ? rewards.order : rewards.fill);
}

test('after every history the laws hold', () => {
  const supply = fc.constantFrom(0, 1, 1_200, 3_000, 1_000_000, 1_000_000);
  const rewardsPerBlock = fc.constantFrom(1, 2, limits.rewardsPerBlock);
  let paidSomething = 0;
  fc.assert(
    fc.property(attempts, supply, rewardsPerBlock, (list, supply, rewardsPerBlock) => {
      const chain = chainOf(list, { supply, limits: { rewardsPerBlock } });
      for (const [law, holds] of Object.entries(laws)) {
        try {
          holds(chain);
        } catch (error) {
          throw new Error(`broken: ${law}`, { cause: error });
        }
      }
      if (chain.main().some(({ rewards }) => rewards.length > 0)) paidSomething++;
    }),
    { numRuns: 40, interruptAfterTimeLimit },
  );
  // Histories in which nothing happens would prove nothing.
  expect(paidSomething).toBeGreaterThan(10);
});

test('however one history is cut into blocks, each reward is paid once and the books end the same', () => {
  fc.assert(
    fc.property(attempts, fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 12 }), (list, cuts) => {
      const world = testGenesis();
      const causes = transactionsOf(world, list)
        .flat()
        // Payments may hold or not by when rewards arrive; the rest does not depend on the cuts.
        .filter(({ body }) => body.kind !== 'TRANSFER_ECASH');
      const whole = new Chain(world);
      whole.mineWhatHolds(causes);
      const cut = new Chain(world);
      const rest = [...causes];
      for (let turn = 0; rest.length > 0; turn++) cut.mineWhatHolds(rest.splice(0, 1 + pick(cuts, turn)));
      for (const chain of [whole, cut]) while (chain.due().length > 0) chain.mine();
      expect(cut.balances()).toEqual(whole.balances());
      const causesPaid = (chain: Chain) => chain.main().flatMap(({ rewards }) => rewards.map(({ cause }) => cause));
      expect(causesPaid(cut)).toEqual(causesPaid(whole));
      expect(new Set(causesPaid(cut)).size).toBe(causesPaid(cut).length);
    }),
    { numRuns: 15, interruptAfterTimeLimit },
  );
});

test('whichever branch a history goes down, each reward is paid once on it', () => {
  fc.assert(
    fc.property(attempts, fc.nat(), (list, where) => {
      const world = testGenesis();
      const chain = new Chain(world);
      const blocks = transactionsOf(world, list);
      for (const candidates of blocks) chain.mineWhatHolds(candidates);
      const main = chain.main();
      const fork = main[where % main.length]!;
      // A rival branch from there gets everything again, in one block, and outgrows the other.
      const rival = new Chain(world);
      rival.now = chain.now;
      for (const { block } of main.slice(0, main.indexOf(fork) + 1)) rival.offer(block!);
      rival.mineWhatHolds(blocks.flat());
      for (let step = 0; step <= main.length + 2; step++) rival.mine(world.consult('alice', 'zoe'));
      chain.now = rival.now;
      for (const { block } of rival.main()) expect(chain.offer(block!)).toBe('OK');
      expect(chain.tip.hash).toBe(rival.tip.hash);
      const causes = chain.main().flatMap(({ rewards }) => rewards.map(({ cause }) => cause));
      expect(new Set(causes).size).toBe(causes.length);
      expect(chain.due()).toEqual([]);
      expect(chain.balances()).toEqual(rival.balances());
    }),
    { numRuns: 10, interruptAfterTimeLimit },
  );
});

describe('SYSTEM_BANK_001', () => {
  /** A chain with `count` answered orders of Alice. */
  function afterResults(count: number, options: GenesisOptions): Chain {
    const world = testGenesis(options);
    const chain = new Chain(world);
    const orders = Array.from({ length: count }, () => world.order('alice', 'zoe'));
    chain.mine(world.register('alice', 'zoe'), ...orders);
    chain.mine(...orders.map((order) => world.answer('bob', order)));
    return chain;
  }

  test('that runs dry lets rewards wait while the chain goes on, and pays when it is refilled', () => {
    const chain = afterResults(3, { supply: 1_100 });
    const { world } = chain;
    chain.mine();
    expect([chain.balance('alice'), chain.balance('SYSTEM'), chain.due()]).toEqual([1_000, 100, [500]]);
    expect(chain.mineWhatHolds([])).toBeNull();
    expect(chain.offer(chain.forge())).toBe('empty-block');
    chain.mine(world.consult('alice', 'zoe'));
    expect(chain.due()).toEqual([500]);
    chain.mine(world.pay('alice', 'SYSTEM', 399));
    expect([chain.balance('SYSTEM'), chain.mineWhatHolds([])]).toEqual([499, null]);
    chain.mine(world.pay('alice', 'SYSTEM', 1));
    expect(chain.tip.rewards).toEqual([]);
    chain.mine();
    expect([chain.balance('alice'), chain.balance('SYSTEM'), chain.due()]).toEqual([1_100, 0, []]);
  });

  test('pays from the front: a small reward does not overtake a large one that has to wait', () => {
    const world = testGenesis({ supply: 600, rewards: { order: 500, fill: 700 } });
    const chain = new Chain(world);
    const order = world.order('alice', 'zoe');
    const prescription = world.prescribe('adam', 'zoe');
    chain.mine(world.register('alice', 'zoe'), order, prescription);
    chain.mine(world.fill('charlie', prescription), world.answer('bob', order));
    expect(chain.due()).toEqual([700, 500]);
    expect(chain.mineWhatHolds([])).toBeNull();
    chain.mine(world.consult('alice', 'zoe'));
    expect([chain.balance('alice'), chain.due()]).toEqual([0, [700, 500]]);
  });

  test('pays at most so many rewards a block, before the transactions of the block', () => {
    const chain = afterResults(5, { limits: { rewardsPerBlock: 2 } });
    const { world } = chain;
    const paid = [];
    for (let block = 0; block < 3; block++) {
      // Spends what this very block pays.
      chain.mine(world.pay('alice', 'dana', block < 2 ? 1_000 : 500));
      paid.push(chain.tip.rewards.length);
    }
    expect([paid, chain.due(), chain.balance('alice'), chain.balance('dana')]).toEqual([[2, 2, 1], [], 0, 2_500]);
  });

  test('is never behind for long: a block has room for fewer causes than a block pays rewards', () => {
    const world = testGenesis();
    const order = world.order('alice', 'zoe');
    const smallest = Math.min(world.answer('bob', order).bytes.length, world.fill('carol', order).bytes.length);
    expect(Math.floor(limits.blockBytes / smallest)).toBeLessThanOrEqual(limits.rewardsPerBlock);
  });

  test('pays rewards of nothing too, and each once', () => {
    const chain = afterResults(2, { supply: 0, rewards: { order: 0, fill: 0 } });
    chain.mine();
    expect([chain.tip.rewards.length, chain.due(), chain.balance('alice')]).toEqual([2, [], 0]);
    expect(chain.mineWhatHolds([])).toBeNull();
  });

  test('pays the doctor who ordered, and the prescriber, whoever answers or fills', () => {
    const world = testGenesis();
    const chain = new Chain(world);
    const order = world.order('adam', 'zoe');
    const prescription = world.prescribe('alice', 'zoe');
    chain.mine(world.register('alice', 'zoe'), order, prescription);
    chain.mine(world.answer('beth', order), world.fill('carol', prescription));
    chain.mine();
    expect(chain.balances()).toMatchObject({ adam: 500, alice: 700, beth: 0, carol: 0, SYSTEM: 998_800 });
  });

  test('shows a reward as a transfer of its own', () => {
    const chain = afterResults(1, {});
    const [due] = dueRewards(chain.state, chain.world.genesis, 10);
    const block = chain.mine();
    expect(due).toMatchObject({
      kind: 'TRANSFER_ECASH',
      rule: 'order-reward',
      from: chain.world.id('SYSTEM'),
      to: chain.world.id('alice'),
      amount: 500,
    });
    expect(chain.tip.rewards).toEqual([due]);
    expect(readPosition(chain.state, due!.id)).toEqual({ height: 3, position: 0 });
    expect(block.transactions).toEqual([]);
  });
});
