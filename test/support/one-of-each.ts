/** A transaction of every kind, and blocks that hold some of them: what decoders are shown first. */
import type { Block, Transaction } from '../../src/ledger/index.ts';
import { Chain, testGenesis } from './ledger.ts';

export const world = testGenesis();

const order = world.order('alice', 'zoe');
const prescription = world.prescribe('alice', 'zoe');
export const transactions = [
  world.register('alice', 'zoe'),
  order,
  world.answer('bob', order),
  prescription,
  world.fill('charlie', prescription),
  world.cancel('alice', prescription),
  world.pay('alice', 'bob', 100),
  world.consult('alice', 'zoe'),
  world.sign('paula', {
    kind: 'TRANSFER_ECASH',
    to: world.id('SYSTEM'),
    amount: Number.MAX_SAFE_INTEGER,
    reason: 'report-access',
    records: { note: world.sealedFor('paula', 'bob', 'dana') },
  }),
] as const satisfies readonly Transaction[];

export const chain = new Chain(world);
/** The third pays the reward for the result in the second. */
export const blocks = [
  chain.mine(transactions[0], transactions[1]),
  chain.mine(transactions[2], transactions[3]),
  chain.mine(transactions[7]),
] as const satisfies readonly Block[];
