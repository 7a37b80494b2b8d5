/** What a miner plans, and what the block that comes of it leaves behind. */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/base/index.ts';
import {
  bodyWeight,
  buildBlock,
  readDueQueue,
  readPosition,
  stateKeys,
  type Transaction,
} from '../../src/ledger/index.ts';
import { Chain, patientIdFrom, testGenesis, type World } from '../support/ledger.ts';

const plan = (chain: Chain, ...candidates: Transaction[]) =>
  buildBlock(candidates, toHex(chain.miner.publicKey), chain.context());
const registrations = (world: World, count: number) =>
  Array.from({ length: count }, (_, index) => world.register('alice', `patient ${index}`));

describe('a miner', () => {
  test('plans nothing where there is nothing', () => {
    const world = testGenesis();
    const chain = new Chain(world);
    expect(plan(chain)).toBeNull();
    expect(plan(chain, world.consult('alice', 'nobody'))).toBeNull();
  });

  test('takes what holds after what stands before it, once, in the order given', () => {
    const world = testGenesis();
    const chain = new Chain(world);
    const [registration, order] = [world.register('alice', 'zoe'), world.order('alice', 'zoe')];
    const [answer, second] = [world.answer('bob', order), world.answer('beth', order)];
    const early = world.consult('alice', 'zoe');
    const planned = plan(chain, early, registration, registration, order, answer, second, order);
    expect(planned!.transactions).toEqual([registration, order, answer]);
  });

  test('fills a block to its limit and no further', () => {
    const world = testGenesis({ limits: { blockBytes: 20_000 } });
    const chain = new Chain(world);
    const candidates = registrations(world, 100);
    const block = chain.mineWhatHolds(candidates)!;
    const weight = bodyWeight(block.transactions);
    expect(weight).toBeLessThanOrEqual(20_000);
    expect(weight + candidates[0]!.bytes.length).toBeGreaterThan(20_000);
    expect(block.transactions).toEqual(candidates.slice(0, block.transactions.length));
  });

  test('may fill a block to the last byte', () => {
    const size = registrations(testGenesis(), 1)[0]!.bytes.length;
    const world = testGenesis({ limits: { blockBytes: size * 60 } });
    const block = new Chain(world).mineWhatHolds(registrations(world, 61))!;
    expect(bodyWeight(block.transactions)).toBe(size * 60);
  });

  test('gives each author the same share where not all fit, and what one does not need to the others', () => {
    const size = registrations(testGenesis(), 1)[0]!.bytes.length;
    const world = testGenesis({ limits: { blockBytes: size * 60 } });
    const chain = new Chain(world);
    const flood = registrations(world, 100);
    const adams = Array.from({ length: 40 }, (_, index) => world.register('adam', `of adam ${index}`));
    expect(plan(chain, ...flood, ...adams)!.transactions).toEqual([...flood.slice(0, 30), ...adams.slice(0, 30)]);
    // Less than a share of adam's; and what bob wrote does not hold.
    const bobs = [world.pay('bob', 'carol', 1), world.answer('bob', world.order('alice', 'zoe'))];
    const few = adams.slice(0, 10);
    const planned = plan(chain, ...flood, ...few, ...bobs)!.transactions;
    const before = planned.indexOf(few[0]!);
    expect(planned).toEqual([...flood.slice(0, before), ...few, ...flood.slice(before, 50)]);
  });

  test('leaves out what rests on something beyond the share of its author, and takes it with the next block', () => {
    const size = registrations(testGenesis(), 1)[0]!.bytes.length;
    const world = testGenesis({ limits: { blockBytes: size * 60 } });
    const chain = new Chain(world);
    const flood = [...registrations(world, 80), world.register('alice', 'zoe')];
    const talk = world.consult('adam', 'zoe');
    expect(chain.mineWhatHolds([...flood, talk])!.transactions).toEqual(flood.slice(0, 60));
    expect(chain.mineWhatHolds([...flood.slice(60), talk])!.transactions).toEqual([...flood.slice(60), talk]);
  });

  test('plans a header that is complete but for its nonce', () => {
    const world = testGenesis({ difficulty: 8 });
    const chain = new Chain(world);
    const { header } = plan(chain, world.register('alice', 'zoe'))!;
    expect(header).toMatchObject({
      rules: 1,
      network: world.genesis.hash,
      height: 1,
      parent: world.genesis.hash,
      time: chain.now,
      miner: toHex(chain.miner.publicKey),
      difficulty: 8,
      nonce: '0000000000000000',
    });
  });
});

describe('a block leaves behind', () => {
  test('where each reward and transaction stands, rewards first', () => {
    const world = testGenesis();
    const chain = new Chain(world);
    const order = world.order('alice', 'zoe');
    const registration = world.register('alice', 'zoe');
    chain.mine(registration, order);
    chain.mine(world.answer('bob', order));
    const talk = world.consult('adam', 'zoe');
    chain.mine(talk);
    const [reward] = chain.tip.rewards;
    expect([registration.id, order.id, reward!.id, talk.id].map((id) => readPosition(chain.state, id))).toEqual([
      { height: 1, position: 0 },
      { height: 1, position: 1 },
      { height: 3, position: 0 },
      { height: 3, position: 1 },
    ]);
  });

  test('no trace of a due reward that it paid, but the place in the queue', () => {
    const world = testGenesis();
    const chain = new Chain(world);
    const order = world.order('alice', 'zoe');
    chain.mine(world.register('alice', 'zoe'), order);
    expect(readDueQueue(chain.state)).toEqual({ head: 0, tail: 0 });
    chain.mine(world.answer('bob', order));
    expect([readDueQueue(chain.state), chain.state.get(stateKeys.dueReward(0))]).toEqual([
      { head: 0, tail: 1 },
      expect.objectContaining({ rule: 'order-reward', to: world.id('alice') }),
    ]);
    chain.mine();
    expect([readDueQueue(chain.state), chain.state.get(stateKeys.dueReward(0))]).toEqual([
      { head: 1, tail: 1 },
      undefined,
    ]);
  });

  test('the patient of each of its transactions, also where that follows from a reference in the same block', () => {
    const world = testGenesis();
    const chain = new Chain(world);
    const order = world.order('alice', 'zoe');
    const [filled, cancelled] = [world.prescribe('alice', 'zoe'), world.prescribe('alice', 'zoe')];
    const transactions = [
      world.register('alice', 'zoe'),
      order,
      world.answer('bob', order),
      filled,
      world.fill('carol', filled),
      cancelled,
      world.cancel('alice', cancelled),
    ];
    chain.mine(...transactions);
    const zoe = patientIdFrom('zoe');
    expect(chain.tip.patients).toEqual(transactions.map(() => zoe));
    chain.mine(world.pay('alice', 'bob', 500));
    expect(chain.tip.patients).toEqual([null]);
  });
});
