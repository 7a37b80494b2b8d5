/** The faults of the simulation that this ledger replaces, as far as rules can design them out; each stays out. */
import { expect, test } from 'vitest';
import { decode, limits } from '../../src/base/index.ts';
import {
  authoredReasons,
  decodeBlock,
  decodeSealedHeader,
  encodeSealedHeader,
  genesisHeader,
  kindNames,
  natureOf,
  parseGenesis,
  readPrescription,
  systemAccount,
} from '../../src/ledger/index.ts';
import { Chain, genesisTime, patientIdFrom, testGenesis, testGenesisFile, withSignature } from '../support/ledger.ts';

/** A world in which Zoe is registered and a test is ordered for her. */
function scene() {
  const world = testGenesis();
  const chain = new Chain(world);
  const order = world.order('alice', 'zoe');
  chain.mine(world.register('alice', 'zoe'), order);
  return { world, chain, order };
}

/** The blocks of one chain, brought to another node. */
function bring(from: Chain, to: Chain): void {
  to.now = from.now;
  for (const { block } of from.main()) expect(to.offer(block!.bytes)).toBe('OK');
}

test('a reward needs no search through the history: the result names the order that it answers', () => {
  const { world, chain, order } = scene();
  const later = world.order('adam', 'zoe');
  chain.mine(later, world.register('adam', 'yuri'), world.order('adam', 'yuri'));
  chain.mine(world.answer('bob', order), world.consult('adam', 'zoe'));
  chain.mine();
  expect(chain.balances()).toMatchObject({ alice: 500, adam: 0 });
});

test('nodes that start at different times have the same block #0', () => {
  const file = JSON.stringify(testGenesisFile());
  const [first, second] = [parseGenesis(JSON.parse(file)), parseGenesis(JSON.parse(file))];
  expect(second.hash).toBe(first.hash);
  expect(genesisHeader(second)).toEqual(genesisHeader(first));
});

test('however many nodes see a result, and whoever mines next, its reward is paid once', () => {
  const { world, chain, order } = scene();
  chain.mine(world.answer('bob', order));
  const nodes = ['one', 'two', 'three'].map(() => new Chain(world));
  for (const node of nodes) bring(chain, node);
  expect(nodes.map((node) => node.due())).toEqual([[500], [500], [500]]);
  const blocks = nodes.map((node) => node.mine());
  for (const node of nodes) for (const block of blocks) expect(node.offer(block)).toBe('OK');
  for (const node of nodes) {
    node.mine(world.consult('alice', 'zoe'));
    expect([node.balance('alice'), node.balance('SYSTEM'), node.due()]).toEqual([500, 999_500, []]);
  }
});

test('an order is rewarded once, also where the test is repeated', () => {
  const { world, chain, order } = scene();
  chain.mine(world.answer('bob', order));
  expect(chain.try(world.answer('bob', order))).toBe('order-already-answered');
  expect(chain.try(world.answer('beth', order))).toBe('order-already-answered');
  expect(natureOf('order-already-answered')).toBe('never');
});

test('nobody can forge a transfer from SYSTEM_BANK_001', () => {
  const { world, chain } = scene();
  for (const username of ['alice', 'bob', 'charlie', 'dana', 'paula']) {
    const forged = world.pay(username, 'bob', 500, { author: systemAccount });
    expect(chain.try(forged)).toBe('forged-system-transfer');
    expect(chain.offer(chain.forge({ transactions: [forged] }))).toBe('forged-system-transfer');
  }
});

test('nobody can act as another: neither unsigned nor under the own signature', () => {
  const { world, chain, order } = scene();
  const bob = world.keys.bob!.signing.secretKey;
  const asBob = world.answer('bob', order);
  expect(chain.try(withSignature(asBob, new Uint8Array(64)))).toBe('bad-signature');
  expect(chain.try(world.consult('alice', 'zoe', { secretKey: bob }))).toBe('bad-signature');
  expect(chain.try(asBob)).toBe('OK');
});

test('a transfer that cannot be paid waits without holding up the others', () => {
  const { world, chain, order } = scene();
  chain.mine(world.answer('bob', order));
  chain.mine();
  const [tooMuch, first, second] = [501, 300, 300].map((amount) => world.pay('alice', 'bob', amount));
  const other = world.consult('alice', 'zoe');
  const block = chain.mineWhatHolds([tooMuch!, first!, second!, other]);
  expect(block!.transactions).toEqual([first, other]);
  expect(natureOf('spends-more-than-balance')).toBe('not-yet');
  expect(chain.balances()).toMatchObject({ alice: 200, bob: 300 });
});

test('a transaction of a branch that lost can enter the branch that won', () => {
  const { world, chain } = scene();
  const fork = chain.tip.hash;
  const lost = world.consult('alice', 'zoe');
  chain.mine(lost);
  chain.mineOn(chain.mineOn(fork, world.consult('adam', 'zoe')).hash, world.consult('adam', 'zoe'));
  expect(chain.try(lost)).toBe('OK');
  chain.mine(lost);
  expect(chain.try(lost)).toBe('already-in-chain');
});

test('two branches of the same length do not leave two nodes apart', () => {
  const { world, chain } = scene();
  const other = new Chain(world);
  bring(chain, other);
  const here = chain.mine(world.consult('alice', 'zoe'));
  const there = other.mine(world.consult('adam', 'zoe'));
  expect(chain.offer(there)).toBe('OK');
  expect(other.offer(here)).toBe('OK');
  expect(chain.tip.hash).toBe(other.tip.hash);
});

test('two prescriptions of the same millisecond are two, and a fill closes the one that it names', () => {
  const { world, chain } = scene();
  const [first, second] = [0, 1].map(() => world.prescribe('alice', 'zoe', { time: genesisTime }));
  chain.mine(first!, second!);
  chain.mine(world.fill('charlie', second!));
  const statusOf = (id: string) => readPrescription(chain.state, id)?.status;
  expect([statusOf(first!.id), statusOf(second!.id)]).toEqual(['open', 'filled']);
  expect(chain.try(world.fill('carol', second!))).toBe('prescription-already-filled');
  expect(chain.try(world.fill('carol', first!))).toBe('OK');
});

test('what comes from a peer becomes plain values, and never code or a changed prototype', () => {
  const { chain } = scene();
  const decoded = decodeBlock(chain.tip.block!.bytes);
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== 'object') {
      expect(['string', 'number', 'boolean', 'object']).toContain(typeof value);
    } else if (!(value instanceof Uint8Array)) {
      expect([Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(value));
      for (const each of Object.values(value)) visit(each);
    }
  };
  visit(decoded);
  // { "__proto__": { "polluted": true } }
  const hostile = Buffer.from('a1695f5f70726f746f5f5fa168706f6c6c75746564f5', 'hex');
  expect(decodeBlock(hostile).ok).toBe(false);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('two ledgers in one process do not share their balances', () => {
  const [first, second] = [scene(), scene()];
  first.chain.mine(first.world.answer('bob', first.order));
  first.chain.mine();
  expect([first.chain.balance('alice'), second.chain.balance('alice')]).toEqual([500, 0]);
});

test('a chain travels in bounded pieces: headers alone, and blocks one by one', () => {
  const { chain } = scene();
  const block = chain.tip.block!;
  expect(decodeSealedHeader(encodeSealedHeader(block))).toMatchObject({ ok: true, value: { hash: block.hash } });
  expect(encodeSealedHeader(block).length).toBeLessThan(500);
  const largest = limits.blockBytes + limits.blockFramingBytes;
  expect(largest).toBeLessThanOrEqual(limits.gossipBytes);
  expect(decodeBlock(new Uint8Array(largest + 1))).toMatchObject({ rejection: { code: 'block-too-large' } });
});

test('the framing of a full block of small transactions stays within its allowance', () => {
  const world = testGenesis();
  const chain = new Chain(world);
  const small = world.pay('alice', 'bob', 1);
  const count = Math.floor(limits.blockBytes / small.bytes.length);
  const block = chain.forge({ transactions: Array.from({ length: count }, () => small) });
  expect(block.bytes.length).toBeLessThanOrEqual(limits.blockBytes + limits.blockFramingBytes);
  expect(decodeBlock(block.bytes)).toMatchObject({ ok: true, value: { hash: block.hash } });
});

test('no transaction has room for a name, a note or a result in the clear', () => {
  const world = testGenesis();
  const order = world.order('alice', 'zoe');
  const prescription = world.prescribe('alice', 'zoe');
  const all = [
    world.register('alice', 'zoe'),
    order,
    world.answer('bob', order),
    prescription,
    world.fill('charlie', prescription),
    world.cancel('alice', prescription),
    world.pay('alice', 'bob', 1),
  ];
  expect(all.map(({ body }) => body.kind).sort()).toEqual(kindNames.toSorted());
  const closed: readonly string[] = [...kindNames, ...authoredReasons];
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'string') expect(closed, path).toContain(value);
    else if (value instanceof Uint8Array) expect([16, 32, 64], path).toContain(value.length);
    else if (value !== null && typeof value === 'object') {
      for (const [key, each] of Object.entries(value)) visit(each, `${path}.${key}`);
    }
  };
  for (const { bytes, body } of all) visit(decode(bytes), body.kind);
  expect(all[0]!.body).toMatchObject({ patient: patientIdFrom('zoe') });
});
