import { describe, expect, test } from 'vitest';
import { encode, utf8ToBytes } from '../../src/base/index.ts';
import { type Block, genesisHeader, readBalance, stateKeys } from '../../src/ledger/index.ts';
import { createStore, type Database, openChainStore, type Store, storeKeys } from '../../src/storage/index.ts';
import { bendBatches, levelError } from '../support/batches.ts';
import { Chain, patientIdFrom, testGenesis } from '../support/ledger.ts';
import { addedOf, append, everything, mainChainRows, switchOf, switchTo } from './chains.ts';
import { databases, flipBit, memoryDatabase, memoryStore } from './databases.ts';

/** Two blocks, and above them `main` of two blocks and `side` of three, which tell other things of the same patient. */
function story() {
  const world = testGenesis();
  const chain = new Chain(world);
  const order = world.order('alice', 'zoe');
  const prescription = world.prescribe('alice', 'zoe');
  const answer = world.answer('bob', order);
  const trunk = [
    chain.mine(world.register('alice', 'zoe'), order),
    chain.mine(prescription, world.register('adam', 'yan')),
  ];
  const base = trunk[1]!.hash;
  const main = [chain.mine(answer, world.consult('alice', 'zoe')), chain.mine(world.fill('charlie', prescription))];
  const side: Block[] = [chain.mineOn(base, world.fill('carol', prescription), world.consult('adam', 'yan'))];
  side.push(chain.mineOn(side[0]!.hash, answer));
  side.push(chain.mineOn(side[1]!.hash, world.pay('alice', 'bob', 300)));
  return { world, chain, genesis: world.genesis, trunk, main, side, removed: main.toReversed() };
}

describe('an empty folder', () => {
  test('starts from the genesis', async () => {
    const { genesis } = testGenesis();
    const { store } = await memoryStore();
    const chain = await openChainStore(store, genesis);
    const header = genesisHeader(genesis);
    expect(chain.tip()).toEqual({ hash: genesis.hash, height: 0, work: 0, header });
    expect(chain.header(genesis.hash)).toEqual({ hash: genesis.hash, header, signature: new Uint8Array(0), work: 0 });
    expect(chain.hashAt(0)).toBe(genesis.hash);
    expect(chain.isOnMainChain(genesis.hash)).toBe(true);
    expect(chain.block(genesis.hash)).toBeUndefined();
    expect(chain.rewards(genesis.hash)).toEqual([]);
    for (const member of genesis.members) expect(chain.state.get(`member/${member.id}`)).toEqual({ ...member });
    expect([chain.hashAt(1), chain.hashAt(-1), chain.header('00'), chain.undo('00')]).toEqual(Array(4).fill(undefined));
  });
});

describe.each(databases)('a chain on %s', (_name, open) => {
  test('after a switch reads as if it had never been another, also when it is opened again', async () => {
    const { chain: world, genesis, trunk, main, side, removed } = story();
    const switched = await open();
    const chain = await openChainStore(createStore(switched), genesis);
    await append(chain, world, ...trunk, ...main);
    expect(chain.rewards(main[1]!.hash).map(({ rule }) => rule)).toEqual(['order-reward']);
    await switchTo(chain, world, removed, side);

    const plain = await memoryDatabase();
    const straight = await openChainStore(createStore(plain), genesis);
    await append(straight, world, ...trunk, ...side);
    const expected = await everything(straight, 'zoe', 'yan', 'nobody');
    expect(await everything(chain, 'zoe', 'yan', 'nobody')).toEqual(expected);
    expect(await mainChainRows(switched)).toEqual(await mainChainRows(plain));
    expect(expected.tip.hash).toBe(world.tip.hash);
    expect(expected.histories.map((events) => events.length)).toEqual([5, 2, 0]);

    const reopened = await openChainStore(createStore(switched), genesis);
    expect(await everything(reopened, 'zoe', 'yan', 'nobody')).toEqual(expected);
    expect(reopened.sideBytes()).toBe(chain.sideBytes());
  });

  test('nobody sees half of a switch', async () => {
    const { chain: world, genesis, trunk, main, side, removed } = story();
    const chain = await openChainStore(createStore(await open()), genesis);
    await append(chain, world, ...trunk, ...main);
    const bob = world.world.id('bob');
    const seen = () =>
      JSON.stringify([
        chain.tip().hash,
        [3, 4, 5].map((height) => chain.hashAt(height)),
        readBalance(chain.state, bob),
        chain.patientEvents(patientIdFrom('zoe')).map(({ id }) => id),
        main.map(({ hash }) => [chain.isOnMainChain(hash), chain.undo(hash)?.length, chain.rewards(hash).length]),
      ]);
    const before = seen();
    let done = false;
    const switching = switchTo(chain, world, removed, side).then(() => {
      done = true;
    });
    const views = new Set<string>();
    while (!done) {
      views.add(seen());
      await new Promise((resolve) => setImmediate(resolve));
    }
    await switching;
    expect([...views].every((view) => view === before || view === seen())).toBe(true);
    expect(seen()).not.toBe(before);
  });
});

describe('a commit', () => {
  test('keeps what it removed as side blocks, and can go back to it', async () => {
    const { chain: world, genesis, trunk, main, side, removed } = story();
    const { database, store } = await memoryStore();
    const chain = await openChainStore(store, genesis);
    await append(chain, world, ...trunk, ...main);
    const rows = await mainChainRows(database);
    const there = await everything(chain, 'zoe', 'yan');
    await switchTo(chain, world, removed, side);
    for (const block of main) {
      expect(chain.block(block.hash)).toEqual(block);
      expect(chain.header(block.hash)?.work).toBe(world.link(block.hash).work);
      expect(chain.isOnMainChain(block.hash)).toBe(false);
      expect([chain.undo(block.hash), chain.rewards(block.hash)]).toEqual([undefined, []]);
    }
    expect(chain.sideBytes()).toBe(main.reduce((sum, { bytes }) => sum + bytes.length, 0));
    await chain.commit(
      switchOf(
        chain,
        side.toReversed(),
        main.map((block) => addedOf(world, block)),
      ),
    );
    expect(await everything(chain, 'zoe', 'yan')).toEqual(there);
    expect(await mainChainRows(database)).toEqual(rows);
  });

  test('is one batch, with what else must be on the disk', async () => {
    const { chain: world, genesis, trunk } = story();
    const { database, store } = await memoryStore();
    const chain = await openChainStore(store, genesis);
    let batches = 0;
    database.on('write', () => batches++);
    const value = utf8ToBytes('note');
    await chain.commit({
      ...switchOf(chain, [], [addedOf(world, trunk[0]!)]),
      also: [{ type: 'put', key: 'record/x', value }],
    });
    expect(batches).toBe(1);
    expect(store.get('record/x')).toEqual(value);
  });

  test('that the disk does not take changes nothing', async () => {
    const { chain: world, genesis, trunk } = story();
    const { database, store } = await memoryStore();
    const chain = await openChainStore(store, genesis);
    await append(chain, world, trunk[0]!);
    const before = await everything(chain, 'zoe');
    const mend = bendBatches(database, () => Promise.reject(levelError('LEVEL_IO_ERROR')));
    await expect(append(chain, world, trunk[1]!)).rejects.toMatchObject({ code: 'folder-failed' });
    expect(await everything(chain, 'zoe')).toEqual(before);
    mend();
    await append(chain, world, trunk[1]!);
    expect(chain.tip().hash).toBe(trunk[1]!.hash);
  });

  test('that does not follow the tip is a bug', async () => {
    const { chain: world, genesis, trunk, side } = story();
    const chain = await openChainStore((await memoryStore()).store, genesis);
    await append(chain, world, ...trunk);
    const change = { changes: [], also: [] };
    await expect(chain.commit({ removed: [], added: [addedOf(world, side[1]!)], ...change })).rejects.toThrow(
      /follows/,
    );
    await expect(chain.commit({ removed: [trunk[0]!], added: [], ...change })).rejects.toThrow(/tip down/);
  });
});

describe('the state', () => {
  test('is found by id, and mended', async () => {
    const { chain: world, genesis, trunk } = story();
    const chain = await openChainStore((await memoryStore()).store, genesis);
    await append(chain, world, ...trunk);
    const { id } = trunk[0]!.transactions[0]!;
    expect(await chain.findIds(id.slice(0, 12), 10)).toEqual([id]);
    expect(await chain.findIds('', 2)).toHaveLength(2);
    expect([chain.hasTransaction(id), chain.hasTransaction('00')]).toEqual([true, false]);
    const key = `balance/${world.world.id('bob')}`;
    expect(chain.state.get(key)).toBe(0);
    await chain.replaceState([
      { key, before: 0, after: 7 },
      { key: `transaction/${id}`, before: null, after: null },
    ]);
    expect([chain.state.get(key), chain.hasTransaction(id)]).toEqual([7, false]);
  });

  test('what was looked for in vain is there once a block brings it, and not looked for again before', async () => {
    const { chain: world, genesis, trunk, main, side, removed } = story();
    const { store } = await memoryStore();
    const read: string[] = [];
    const get: Store['get'] = (key, at) => {
      read.push(key);
      return store.get(key, at);
    };
    await append(await openChainStore(store, genesis), world, ...trunk);
    const chain = await openChainStore({ ...store, get }, genesis);
    const [here, there] = [main[0]!.transactions[1]!, side[0]!.transactions[1]!];
    const areThere = () => [chain.hasTransaction(here.id), chain.hasTransaction(there.id)];
    expect([areThere(), areThere()]).toEqual(Array(2).fill([false, false]));
    await append(chain, world, ...main);
    expect(areThere()).toEqual([true, false]);
    await switchTo(chain, world, removed, side);
    expect(areThere()).toEqual([false, true]);
    const sought = [here, there].map(({ id }) => storeKeys.state(stateKeys.transaction(id)));
    expect(read.filter((key) => sought.includes(key))).toEqual(sought);
  });
});

test.each(['header', 'block'] as const)(
  'a side block that reaches the disk after its %s was asked for is no damage',
  async (what) => {
    const { chain: blocks, genesis, trunk, main, side } = story();
    const { database, store } = await memoryStore();
    const [first] = side as [Block];
    let reach = () => {};
    /** LevelDB writes on a thread of its own, so a batch may land between two reads. */
    const chain = await openChainStore(
      {
        ...store,
        get(key, at) {
          const found = store.get(key, at);
          if (key === storeKeys[what](first.hash)) reach();
          return found;
        },
      },
      genesis,
    );
    await append(chain, blocks, ...trunk, ...main);
    bendBatches(
      database,
      (_writes, write) =>
        new Promise((resolve, reject) => {
          reach = () => void write().then(resolve, reject);
        }),
    );
    const stored = chain.storeSideBlock(first, 3);
    await new Promise((resolve) => setImmediate(resolve));
    expect(what === 'header' ? chain.header(first.hash) : chain.blockBytes(first.hash)).toBeUndefined();
    await stored;
    expect(chain.block(first.hash)).toEqual(first);
  },
);

test('one transaction of a block is read alone, and what is no such block is named', async () => {
  const { chain: blocks, genesis, trunk } = story();
  const { store } = await memoryStore();
  const chain = await openChainStore(store, genesis);
  await append(chain, blocks, ...trunk);
  const [first, second] = trunk as [Block, Block];
  expect(chain.transactionOf(first.hash, 1)).toEqual(first.transactions[1]);
  expect([chain.transactionOf(first.hash, 2), chain.transactionOf('00', 0)]).toEqual([undefined, undefined]);
  await store.write([{ type: 'put', key: storeKeys.block(first.hash), value: second.bytes }]);
  expect(() => chain.transactionOf(first.hash, 1)).toThrow(expect.objectContaining({ code: 'folder-damaged' }));
});

describe('a value of the state that is gone, and must be there,', () => {
  test.each(['member', 'account', 'due reward'] as const)('is named: %s', async (what) => {
    const { world, chain: blocks, genesis, trunk, main } = story();
    const database = await memoryDatabase();
    const chain = await openChainStore(createStore(database), genesis);
    await append(chain, blocks, ...trunk, main[0]!);
    const bob = world.id('bob');
    const key = {
      member: stateKeys.member(bob),
      account: stateKeys.balance(bob),
      'due reward': stateKeys.dueReward(0),
    };
    await database.del(storeKeys.state(key[what]));
    const reopened = await openChainStore(createStore(database), genesis);
    expect(() => reopened.state.get(key[what])).toThrow(expect.objectContaining({ code: 'folder-damaged' }));
    // What may never have been there is not.
    for (const absent of [stateKeys.member('00'), stateKeys.balance('00'), stateKeys.dueReward(1)])
      expect(reopened.state.get(absent)).toBeUndefined();
  });
});

describe('a folder that cannot be trusted', () => {
  async function grown(): Promise<{ database: Database; open: () => Promise<unknown>; blocks: Block[] }> {
    const { chain: world, genesis, trunk, main } = story();
    const { database, store } = await memoryStore();
    await append(await openChainStore(store, genesis), world, ...trunk, ...main);
    return { database, open: () => openChainStore(createStore(database), genesis), blocks: [...trunk, ...main] };
  }

  const damages: [what: string, damage: (database: Database, block: Block) => Promise<unknown>, facts: object][] = [
    ['a flipped bit in a block', (database, { hash }) => flipBit(database, storeKeys.block(hash), 400), { height: 2 }],
    ['a missing block', (database, { hash }) => database.del(storeKeys.block(hash)), { height: 2 }],
    ['a missing header', (database, { hash }) => database.del(storeKeys.header(hash)), { height: 2 }],
    ['a missing undo record', (database, { hash }) => database.del(storeKeys.undo(hash)), { height: 2 }],
    ['a missing height', (database) => database.del(storeKeys.height(2)), { height: 2 }],
    ['a damaged tip', (database) => flipBit(database, storeKeys.tip()), { prefix: 'tip' }],
    ['a missing tip', (database) => database.del(storeKeys.tip()), {}],
    ['a missing format', (database) => database.del(storeKeys.format()), {}],
    ['a missing network', (database) => database.del(storeKeys.genesis()), {}],
  ];
  test.each(damages)('is named: %s', async (_what, damage, facts) => {
    const { database, open, blocks } = await grown();
    await expect(open()).resolves.toBeDefined();
    await damage(database, blocks[1]!);
    await expect(open()).rejects.toMatchObject({ code: 'folder-damaged', facts });
  });

  test.each(['block', 'header'] as const)(
    'a %s that is gone from a running node is damage, and not a block that is unknown',
    async (part) => {
      const { chain: world, genesis, trunk } = story();
      const { database, store } = await memoryStore();
      const chain = await openChainStore(store, genesis);
      await append(chain, world, ...trunk);
      const { hash } = trunk[0]!;
      await database.del(storeKeys[part](hash));
      expect(() => chain[part](hash)).toThrow(expect.objectContaining({ code: 'folder-damaged' }));
      expect(chain[part]('00'.repeat(32))).toBeUndefined();
    },
  );

  test.each([
    ['a header', ['header']],
    ['a header with its body', ['header', 'block']],
  ] as const)('%s that is gone from the main chain does not end a page of headers', async (_what, parts) => {
    const { chain: world, genesis, trunk, main, side } = story();
    const { database, store } = await memoryStore();
    const chain = await openChainStore(store, genesis);
    await append(chain, world, ...trunk);
    const { hash, header } = trunk[1]!;
    const { height } = header;
    expect(chain.headerBytes(hash, height)).toBeInstanceOf(Uint8Array);
    for (const part of parts) await database.del(storeKeys[part](hash));
    expect(() => chain.headerBytes(hash, height)).toThrow(expect.objectContaining({ code: 'folder-damaged' }));
    // Of a branch that was left, and forgotten meanwhile.
    for (const { hash, header } of [main[0]!, side[0]!]) expect(chain.headerBytes(hash, header.height)).toBeUndefined();
  });

  test('a block that lies under the hash of another is named', async () => {
    const { chain: world, genesis, trunk } = story();
    const { store } = await memoryStore();
    await append(await openChainStore(store, genesis), world, ...trunk);
    await store.write([{ type: 'put', key: storeKeys.block(trunk[0]!.hash), value: trunk[1]!.bytes }]);
    const chain = await openChainStore(store, genesis);
    expect(() => chain.block(trunk[0]!.hash)).toThrow(expect.objectContaining({ code: 'folder-damaged' }));
  });

  test('another network and another format are named', async () => {
    const { genesis } = testGenesis();
    const other = testGenesis({ name: 'another network' }).genesis;
    const { store } = await memoryStore();
    await openChainStore(store, genesis);
    await expect(openChainStore(store, other)).rejects.toMatchObject({
      code: 'folder-other-network',
      message: expect.stringContaining('another network'),
      facts: { found: genesis.hash, expected: other.hash },
    });
    await store.write([{ type: 'put', key: storeKeys.format(), value: encode(1) }]);
    await expect(openChainStore(store, genesis)).rejects.toMatchObject({
      code: 'folder-other-format',
      facts: { found: 1 },
    });
  });
});
