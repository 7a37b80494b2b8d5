/** Explaining a verdict is printing what the rules report: each check by the code it would refuse with, and how it went. */
import { describe, expect, test } from 'vitest';
import { rejections, type Transaction } from '../../src/ledger/index.ts';
import { Chain, testGenesis, type World, withSignature } from '../support/ledger.ts';

function scene() {
  const world = testGenesis();
  const chain = new Chain(world);
  const order = world.order('alice', 'zoe');
  const prescription = world.prescribe('alice', 'zoe');
  chain.mine(world.register('alice', 'zoe'), order, prescription);
  const told = (ask: () => unknown) => {
    const heard: [string, boolean][] = [];
    const facts: unknown[] = [];
    chain.onCheck = (name, about, passed) => {
      heard.push([name, passed]);
      facts.push(about);
    };
    const answer = ask();
    chain.onCheck = undefined;
    return { answer, heard, names: heard.map(([name]) => name), facts };
  };
  return { world, chain, order, prescription, told };
}

type Scene = ReturnType<typeof scene>;

const commonChecks = [
  'transaction-too-large',
  'wrong-network',
  'forged-system-transfer',
  'unknown-author',
  'bad-signature',
  'wrong-role',
  'already-in-chain',
  'bad-readers',
];
const headerChecks = [
  'unknown-rules',
  'wrong-network',
  'wrong-parent',
  'wrong-height',
  'wrong-difficulty',
  'not-enough-work',
  'miner-not-allowed',
  'bad-miner-signature',
  'time-not-after-median',
  'block-from-the-future',
];
const bodyChecks = ['block-too-large', 'empty-block', 'wrong-transactions-root'];

describe('a transaction that is accepted', () => {
  type Make = (world: World, scene: Scene) => Transaction;
  test.each<[string, string, Make]>([
    ['a registration', 'patient-already-registered', (world) => world.register('alice', 'yuri')],
    ['a consultation', 'unknown-patient', (world) => world.consult('alice', 'zoe')],
    ['a result', 'order-already-answered', (world, { order }) => world.answer('bob', order)],
    ['a prescription', 'unknown-patient', (world) => world.prescribe('alice', 'zoe')],
    ['a fill', 'prescription-already-filled', (world, { prescription }) => world.fill('carol', prescription)],
    ['a cancellation', 'prescription-cancelled', (world, { prescription }) => world.cancel('alice', prescription)],
  ])('%s passes the common checks and its own', (_, own, make) => {
    const here = scene();
    const transaction = make(here.world, here);
    const { answer, heard } = here.told(() => here.chain.try(transaction));
    expect(answer).toBe('OK');
    expect(heard).toEqual([...commonChecks, own].map((name) => [name, true]));
  });
});

test('a transaction that is refused passes every check but the last, which is the reason', () => {
  const { world, chain, told } = scene();
  for (const bad of [
    withSignature(world.consult('alice', 'zoe'), new Uint8Array(64)),
    world.consult('alice', 'nobody'),
    world.register('bob', 'yuri'),
    world.pay('alice', 'bob', 1),
  ]) {
    const { answer, heard, facts } = told(() => chain.try(bad));
    expect(heard.at(-1)).toEqual([answer, false]);
    expect(heard.slice(0, -1).every(([, passed]) => passed)).toBe(true);
    expect(facts.at(-1)).toEqual(chain.facts);
  }
});

test('a block passes the checks of its header, its body, each transaction, and its digest', () => {
  const { world, chain, told } = scene();
  const block = chain.forge({ transactions: [world.consult('alice', 'zoe'), world.register('adam', 'yuri')] });
  const { answer, heard } = told(() => chain.offer(block));
  expect(answer).toBe('OK');
  expect(heard).toEqual(
    [
      ...headerChecks,
      ...bodyChecks,
      ...commonChecks,
      'unknown-patient',
      ...commonChecks,
      'patient-already-registered',
      'wrong-state-digest',
    ].map((name) => [name, true]),
  );
});

test('a block is not looked into further than to the first thing wrong', () => {
  const { world, chain, told } = scene();
  const transactions = [world.consult('alice', 'zoe'), world.consult('alice', 'nobody'), world.consult('adam', 'zoe')];
  const bad = told(() => chain.offer(chain.forge({ transactions, header: { time: 0 } })));
  expect(bad.names).toEqual(headerChecks.slice(0, headerChecks.indexOf('time-not-after-median') + 1));
  const deep = told(() => chain.offer(chain.forge({ transactions })));
  expect(deep.heard.at(-1)).toEqual(['unknown-patient', false]);
  expect(deep.heard.filter(([, passed]) => !passed)).toHaveLength(1);
});

test('every check that is reported has a sentence', () => {
  const { world, chain, told } = scene();
  const { names } = told(() => chain.offer(chain.forge({ transactions: [world.consult('alice', 'zoe')] })));
  for (const name of names) expect(Object.keys(rejections)).toContain(name);
});
