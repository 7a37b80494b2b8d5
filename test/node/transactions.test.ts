import { expect, test } from 'vitest';
import { CarechainError, limits, silentLogger } from '../../src/base/index.ts';
import type { Block, Rejection, Transaction } from '../../src/ledger/index.ts';
import { ConflictList } from '../../src/node/conflict-list.ts';
import { DueList } from '../../src/node/due-list.ts';
import { inlineWorkers } from '../../src/node/index.ts';
import { Mempool } from '../../src/node/mempool.ts';
import { Queries } from '../../src/node/queries.ts';
import { Signatures } from '../../src/node/signatures.ts';
import { Transactions } from '../../src/node/transactions.ts';
import { type Database, openLostStore, openOutbox } from '../../src/storage/index.ts';
import { createVirtualClock } from '../network/virtual-clock.ts';
import { Chain, patientIdFrom, testGenesis, withSignature } from '../support/ledger.ts';
import { clockOf, memoryDatabase, openRig } from './rig.ts';

/** What a node of a world does with transactions, on a database. */
async function open(world: Chain, database: Database) {
  const { genesis } = world.world;
  const conflicted: string[] = [];
  const faults: unknown[] = [];
  const told: string[] = [];
  const published: string[] = [];
  const parts: { transactions?: Transactions; queries?: Queries; mempool?: Mempool; signatures?: Signatures } = {};
  /** Asked whenever a batch is about to be written or has been, which is when something could be nowhere. */
  const watched: { ids: string[]; missing: string[] } = { ids: [], missing: [] };
  const look = () => {
    for (const id of watched.ids) if (!parts.queries!.find(id)) watched.missing.push(id);
  };
  const rig = await openRig(world, database, clockOf(world), async (chain, inner) => {
    const store: typeof inner = {
      ...inner,
      async write(writes) {
        look();
        await inner.write(writes);
        look();
      },
    };
    const outbox = await openOutbox(store);
    const signatures = new Signatures(inlineWorkers);
    const mempool = new Mempool(chain.state, { genesis, verify: signatures.verify }, (id) => transactions.isOwn(id));
    const conflicts = new ConflictList(await openLostStore(store));
    const transactions: Transactions = new Transactions({
      mempool,
      signatures,
      chain,
      store,
      outbox,
      conflicts,
      clock: createVirtualClock(),
      logger: silentLogger,
      onPending: (transactions) => void told.push(...transactions.map(({ id }) => id)),
      publish: (transactions) => void published.push(...transactions.map(({ id }) => id)),
      onConflict: (id) => void conflicted.push(id),
      onFault: (error) => void faults.push(error),
    });
    parts.transactions = transactions;
    parts.mempool = mempool;
    parts.signatures = signatures;
    const due = new DueList(chain, genesis);
    parts.queries = new Queries({ chain, store, mempool, transactions, conflicts, due });
    return {
      alsoWrite(change) {
        const writes = transactions.alsoWrite(change);
        setImmediate(look);
        queueMicrotask(look);
        return writes;
      },
      switched(change) {
        look();
        transactions.afterSwitch(change);
        look();
      },
    };
  });
  const transactions = parts.transactions!;
  const queries = parts.queries!;
  await transactions.load();
  return {
    rig,
    parts,
    transactions,
    queries,
    conflicted,
    faults,
    told,
    published,
    watched,
    submit: (transaction: Transaction) => transactions.submit(transaction, []),
    where(id: string): string {
      const where = queries.find(id)?.where;
      return where?.state === 'lost' ? `lost: ${where.rejection.code}` : (where?.state ?? 'nowhere');
    },
  };
}

/** A prescription in block #1; a fill of charlie's in a branch of one block, one of carol's in a branch of two. */
function race() {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const prescription = world.prescribe('alice', 'jane');
  const trunk = chain.mine(world.register('alice', 'jane'), prescription);
  const mine = world.fill('charlie', prescription);
  const theirs = world.fill('carol', prescription);
  const ours = chain.mineOn(trunk.hash, mine);
  const first = chain.mineOn(trunk.hash, theirs);
  const rival = [first, chain.mineOn(first.hash, world.register('adam', 'next'))];
  let back: Block[] = [ours];
  for (const name of ['a', 'b', 'c']) back = [...back, chain.mineOn(back.at(-1)!.hash, world.register('adam', name))];
  return { chain, world, trunk, mine, theirs, ours, rival, back };
}

/** Everything queued on the disk is there. */
const settled = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

test('at no moment is an acknowledged transaction nowhere: confirmed, lost, and found again', async () => {
  const { chain, trunk, mine, rival, back } = race();
  const node = await open(chain, await memoryDatabase());
  await node.rig.offer(trunk);
  expect(await node.submit(mine)).toMatchObject({ ok: true });
  node.watched.ids.push(mine.id);
  await node.rig.offer(back[0]!);
  expect(node.where(mine.id)).toBe('confirmed');
  for (const block of rival) await node.rig.offer(block);
  expect(node.where(mine.id)).toBe('lost: prescription-already-filled');
  await settled();
  expect(node.where(mine.id)).toBe('lost: prescription-already-filled');
  expect(node.conflicted).toEqual([mine.id]);
  for (const block of back) await node.rig.offer(block);
  expect(node.where(mine.id)).toBe('confirmed');
  expect(node.watched.missing).toEqual([]);
  expect(node.queries.lost().map(({ id }) => id)).not.toContain(mine.id);
});

test('a transaction that is lost and found again before either is on the disk is found after a restart', async () => {
  const { chain, world, trunk, mine, rival, ours } = race();
  const database = await memoryDatabase();
  const node = await open(chain, database);
  await node.rig.offer(trunk);
  await node.submit(mine);
  // The two switches come in one turn: the second must be written after the first.
  const other = [chain.mineOn(trunk.hash, world.register('adam', 'x'))];
  for (const name of ['y', 'z']) other.push(chain.mineOn(other.at(-1)!.hash, world.register('adam', name)));
  await Promise.all([...rival, ours, ...other].map((block) => node.rig.offer(block)));
  // The rival, which was confirmed, comes first; whichever is confirmed now, the other is told.
  expect(node.where(mine.id)).toBe('waiting');
  await settled();
  const restarted = await open(chain, database);
  expect(restarted.where(mine.id)).toBe('pending');
  expect(restarted.queries.lost()).toEqual([]);
  expect(restarted.transactions.isOwn(mine.id)).toBe(true);
});

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
  'nothing acknowledged vanishes when the disk ends after %i writes',
  async (takes) => {
    const { chain, trunk, mine, rival, back } = race();
    const database = await memoryDatabase();
    const node = await open(chain, database);
    node.rig.disk.takes = takes;
    const attempt = (step: Promise<unknown>) =>
      step.then(
        () => true,
        () => false,
      );
    await attempt(node.rig.offer(trunk));
    const acknowledged = (await node.submit(mine).catch(() => ({ ok: false }))).ok;
    for (const block of [back[0]!, ...rival, ...back.slice(1)]) await attempt(node.rig.offer(block));
    await settled();

    const restarted = await open(chain, database);
    if (acknowledged) expect(restarted.where(mine.id)).not.toBe('nowhere');
    for (const block of [trunk, ...back]) await restarted.rig.offer(block);
    expect(restarted.rig.chain.tip().hash).toBe(back.at(-1)!.hash);
    expect(restarted.where(mine.id)).toBe('confirmed');
    expect(restarted.queries.pending().filter(({ where }) => where.state !== 'pending')).toEqual([]);
    await settled();
    expect(await (await openOutbox(restarted.rig.disk.store)).all()).toEqual([]);
  },
);

test('a lost one that the last reorg made possible is looked at again at the next start', async () => {
  const { chain, trunk, mine, rival } = race();
  const other = [chain.mineOn(trunk.hash, chain.world.register('adam', 'x'))];
  for (const name of ['y', 'z']) other.push(chain.mineOn(other.at(-1)!.hash, chain.world.register('adam', name)));
  const { id } = mine;
  const again = await open(chain, await memoryDatabase());
  await again.rig.offer(trunk);
  await again.submit(mine);
  for (const block of rival) await again.rig.offer(block);
  await settled();
  expect(again.where(id)).toBe('lost: prescription-already-filled');
  for (const block of other.slice(0, 2)) await again.rig.offer(block);
  // Exactly the switch is taken; what settles it is not.
  again.rig.disk.takes = 2;
  await again.rig.offer(other[2]!);
  await settled();
  const restarted = await open(chain, again.rig.database);
  expect(restarted.rig.chain.tip().hash).toBe(other[2]!.hash);
  expect(restarted.where(id)).toBe('pending');
  expect(restarted.queries.lost()).toEqual([]);
});

test('a reorg looks again at all that was lost here, and of what others wrote at the newest', async () => {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const most = limits.lostTransactionsOfOthers;
  const node = await open(chain, await memoryDatabase());
  const trunk = chain.mine(world.register('adam', 'trunk'));
  await node.rig.offer(trunk);
  const mine = world.register('alice', 'zoe');
  await node.submit(mine);
  const rivals = Array.from({ length: most + 10 }, () => world.register('adam', 'zoe'));
  await node.transactions.take(rivals, 'a message');
  const winner = world.register('adam', 'zoe');
  await node.rig.offer(chain.mineOn(trunk.hash, winner));
  const kept = rivals.slice(-most).map(({ id }) => id);
  const lost = () => node.queries.lost().map(({ id }) => id);
  expect(lost().sort()).toEqual([mine.id, ...kept].sort());
  await settled();
  expect(lost().sort()).toEqual([mine.id, ...kept].sort());

  const advance = node.parts.mempool!.advance.bind(node.parts.mempool);
  const looked: number[] = [];
  node.parts.mempool!.advance = (move) => {
    if (move.returned.length > 0) looked.push(move.returned.length);
    return advance(move);
  };
  let on = trunk.hash;
  for (const name of ['x', 'y']) {
    const block = chain.mineOn(on, world.register('adam', name));
    on = block.hash;
    await node.rig.offer(block);
  }
  // What left the chain, what was written here, and those of others that are remembered.
  expect(looked[0]).toBe(1 + 1 + most);
  expect([node.where(mine.id), node.where(winner.id), lost()]).toEqual(['waiting', 'pending', []]);
});

test('what the disk did not take of a settlement is written with the next, without a restart', async () => {
  const { chain, trunk, mine, rival } = race();
  const other = [chain.mineOn(trunk.hash, chain.world.register('adam', 'x'))];
  for (const name of ['y', 'z', 'w']) other.push(chain.mineOn(other.at(-1)!.hash, chain.world.register('adam', name)));
  const node = await open(chain, await memoryDatabase());
  const { disk } = node.rig;
  const onDisk = async () => ({
    outbox: (await (await openOutbox(disk.store)).all()).map(({ id }) => id),
    lost: [...(await openLostStore(disk.store)).listed().keys()],
  });
  await node.rig.offer(trunk);
  await node.submit(mine);
  for (const block of [...rival, ...other.slice(0, 2)]) await node.rig.offer(block);
  await settled();
  expect(await onDisk()).toEqual({ outbox: [], lost: [mine.id] });
  // The block is stored and the switch is taken; what settles it is not.
  disk.takes = 2;
  await node.rig.offer(other[2]!);
  await settled();
  expect(node.faults).toHaveLength(1);
  disk.takes = Number.POSITIVE_INFINITY;
  await node.rig.offer(other[3]!);
  await settled();
  expect(await onDisk()).toEqual({ outbox: [mine.id], lost: [] });
  expect([node.where(mine.id), node.queries.lost()]).toEqual(['waiting', []]);
});

test('what the disk has not taken yet is offered to nobody, and gone when the disk refuses', async () => {
  const { chain, world } = race();
  const node = await open(chain, await memoryDatabase());
  const registration = world.register('alice', 'new');
  const submitted = node.submit(registration);
  expect(node.where(registration.id)).toBe('pending');
  expect(node.transactions.offered()).toEqual([]);
  await submitted;
  expect(node.transactions.offered()).toEqual([registration]);
  // Said twice is said once.
  expect(await node.submit(registration)).toEqual({ ok: true, value: null });
  expect(await (await openOutbox(node.rig.disk.store)).all()).toHaveLength(1);

  node.rig.disk.takes = 0;
  const refused = world.register('alice', 'refused');
  await expect(node.submit(refused)).rejects.toMatchObject({ code: 'folder-failed' });
  expect(node.where(refused.id)).toBe('nowhere');
  expect(node.where(registration.id)).toBe('pending');
});

test('what refers to something that has not come waits, also over a restart, and is offered once that is here', async () => {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const database = await memoryDatabase();
  const first = await open(chain, database);
  const registration = world.register('adam', 'jane');
  const order = world.order('alice', 'jane');
  const answer = world.answer('bob', order);
  for (const transaction of [answer, order]) {
    expect(await first.submit(transaction)).toEqual({ ok: true, value: null });
    expect(await first.submit(transaction)).toEqual({ ok: true, value: null });
  }
  const rejection = { code: 'unknown-patient', facts: { patient: patientIdFrom('jane') } };
  expect(first.queries.find(order.id)).toMatchObject({ own: true, where: { state: 'waiting', rejection } });
  expect([first.transactions.offered(), first.told]).toEqual([[], []]);

  const restarted = await open(chain, database);
  expect([order, answer].map(({ id }) => restarted.where(id))).toEqual(['waiting', 'waiting']);
  expect(await restarted.transactions.take([registration], 'a message')).toEqual({ verdict: 'accept', liar: null });
  const inOrder = [registration, order, answer];
  expect(restarted.transactions.offered()).toEqual(inOrder);
  expect(restarted.told).toEqual(inOrder.map(({ id }) => id));
  await restarted.rig.offer(chain.mine(...inOrder));
  expect(inOrder.map(({ id }) => restarted.where(id))).toEqual(['confirmed', 'confirmed', 'confirmed']);
  expect(await (await openOutbox(restarted.rig.disk.store)).all()).toEqual([]);
});

test.each<[string, Rejection['code'], (race: ReturnType<typeof threeSubjects>) => Transaction]>([
  ['an order where a prescription is meant', 'unknown-prescription', ({ world, order }) => world.fill('carol', order)],
  ['a prescription where an order is meant', 'unknown-order', ({ world, open }) => world.answer('bob', open)],
  ['a pending consultation without an order', 'unknown-order', ({ world, talk }) => world.answer('bob', talk)],
  ['money that is not there', 'spends-more-than-balance', ({ world }) => world.pay('bob', 'alice', 1)],
  ['what something pending excludes', 'prescription-already-filled', ({ world, open }) => world.fill('carol', open)],
])('nobody waits for %s: the author is told', async (_, code, make) => {
  const subjects = threeSubjects();
  const { chain, world, open: prescription, talk, trunk } = subjects;
  const node = await open(chain, await memoryDatabase());
  await node.rig.offer(trunk);
  await node.submit(talk);
  await node.submit(world.fill('charlie', prescription));
  const transaction = make(subjects);
  expect(await node.submit(transaction)).toMatchObject({ ok: false, rejection: { code } });
  expect(node.where(transaction.id)).toBe('nowhere');
});

/** An order and an open prescription in block #1, and a consultation that is not in it. */
function threeSubjects() {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const [order, prescription] = [world.order('alice', 'jane'), world.prescribe('alice', 'jane')];
  const trunk = chain.mine(world.register('alice', 'jane'), order, prescription);
  return { chain, world, order, open: prescription, talk: world.consult('alice', 'jane'), trunk };
}

test('the users of a node may have so much waiting, and what is submitted beyond it is refused', async () => {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const node = await open(chain, await memoryDatabase());
  for (let count = 0; count < limits.parkedOwnTransactions; count++) {
    expect(await node.submit(world.consult('alice', `unheard of ${count}`))).toMatchObject({ ok: true });
  }
  const late = world.consult('alice', 'one too many');
  expect(await node.submit(late)).toMatchObject({ ok: false, rejection: { code: 'unknown-patient' } });
  // One that holds at once is taken; when it ends a wait, there is room again.
  expect(await node.submit(world.register('alice', 'unheard of 0'))).toMatchObject({ ok: true });
  expect(await node.submit(late)).toMatchObject({ ok: true });
});

test('what a user of this node signed badly is refused, nobody hears of it, and nothing of it is left', async () => {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const database = await memoryDatabase();
  const node = await open(chain, database);
  const registration = world.register('alice', 'jane');
  const bent = withSignature(registration, new Uint8Array(64).fill(7));
  const waiting = world.consult('alice', 'jane');
  expect(await node.submit(waiting)).toMatchObject({ ok: true });
  expect(await node.submit(bent)).toMatchObject({ ok: false, rejection: { code: 'bad-signature' } });
  expect([node.where(bent.id), node.where(waiting.id), node.told, node.published]).toEqual([
    'nowhere',
    'waiting',
    [],
    [],
  ]);
  expect(node.transactions.kept()).toEqual([waiting.id]);
  expect((await open(chain, database)).transactions.kept()).toEqual([waiting.id]);
  expect(await node.submit(registration)).toMatchObject({ ok: true });
  expect(node.told).toEqual([registration.id, waiting.id]);
});

test('what stops waiting while it is being written is told of when it is on the disk', async () => {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const node = await open(chain, await memoryDatabase());
  const registration = world.register('adam', 'jane');
  const consultation = world.consult('alice', 'jane');
  // What is known to be signed is taken at once.
  await node.parts.signatures!.prepare([registration], node.rig.chain.state);
  const submitted = node.submit(consultation);
  await node.transactions.take([registration], 'a message');
  const toldBefore = [...node.told];
  await submitted;
  expect([toldBefore, node.told]).toEqual([[registration.id], [registration.id, consultation.id]]);

  node.rig.disk.takes = 0;
  const refused = world.consult('alice', 'zoe');
  await expect(node.submit(refused)).rejects.toMatchObject({ code: 'folder-failed' });
  expect(node.where(refused.id)).toBe('nowhere');
});

test('a batch is passed on only where all of it is pending here, byte for byte', async () => {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const node = await open(chain, await memoryDatabase());
  const take = async (...transactions: Transaction[]) =>
    (await node.transactions.take(transactions, 'a message')).verdict;
  const [jane, john, jack, jill] = ['jane', 'john', 'jack', 'jill'].map((patient) => world.register('alice', patient));
  expect(await take(jane!, john!)).toBe('accept');
  expect(await take(john!, jack!)).toBe('accept');
  expect(await take(jane!, john!)).toBe('ignore');
  // Whoever knows the prescription knows that adam may not cancel it, and would blame who passed that on.
  const parked = world.cancel('adam', world.prescribe('alice', 'jane'));
  expect(await take(jill!, parked)).toBe('ignore');
  expect([node.where(jill!.id), node.where(parked.id)]).toEqual(['pending', 'waiting']);
  // The second has the id of one that is here, and is not looked at.
  const zoe = world.register('alice', 'zoe');
  expect(await take(zoe)).toBe('accept');
  expect(await take(world.register('alice', 'yves'), withSignature(zoe, new Uint8Array(64).fill(7)))).toBe('ignore');
  await node.rig.offer(chain.mine(jane!));
  expect(await take(jane!, world.register('alice', 'yan'))).toBe('ignore');
  expect(node.told).toContain(zoe.id);
});

test('a bent copy does not keep the honest one away', async () => {
  const chain = new Chain(testGenesis());
  const node = await open(chain, await memoryDatabase());
  const honest = chain.world.register('alice', 'zoe');
  const bent = withSignature(honest, new Uint8Array(64).fill(7));
  expect(await node.transactions.take([bent], 'a message')).toMatchObject({
    verdict: 'reject',
    liar: { code: 'bad-signature' },
  });
  expect(node.transactions.isWanted(honest.id)).toBe(true);
  expect(await node.transactions.take([honest], 'a message')).toMatchObject({ verdict: 'accept' });
});

test('nothing is taken of a batch in which one signature is bad, wherever it stands', async () => {
  const chain = new Chain(testGenesis());
  const node = await open(chain, await memoryDatabase());
  const valid = Array.from({ length: 130 }, (_, index) => chain.world.register('alice', `patient ${index}`));
  const bent = withSignature(chain.world.register('alice', 'zoe'), new Uint8Array(64).fill(7));
  // The second time the verdict is remembered.
  for (const batch of [
    [...valid, bent],
    [...valid, bent],
    [bent, ...valid],
  ])
    expect(await node.transactions.take(batch, 'a message')).toMatchObject({
      verdict: 'reject',
      liar: { code: 'bad-signature' },
    });
  expect([node.transactions.offered(), node.told]).toEqual([[], []]);
  expect((await node.transactions.take(valid, 'a message')).verdict).toBe('accept');
});

test('what is passed on as it came is not published again, and all else that is new is', async () => {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const node = await open(chain, await memoryDatabase());
  const { transactions, published } = node;
  const register = (patient: string) => world.register('alice', patient);
  const idsOf = (...list: Transaction[]) => list.map(({ id }) => id);
  const [passedOn, known, mixed, fetched, late] = ['a', 'b', 'c', 'd', 'e'].map(register);
  await transactions.take([passedOn!, known!], 'a message');
  expect(published).toEqual([]);
  await transactions.take([mixed!, known!, world.cancel('adam', world.prescribe('alice', 'jane'))], 'a message');
  expect(published.splice(0)).toEqual(idsOf(mixed!));
  await transactions.take([fetched!], 'asked for');
  expect(published.splice(0)).toEqual(idsOf(fetched!));
  // Of a message before this one: no peer has heard of it from here.
  const waits = world.consult('alice', 'e');
  await transactions.take([waits], 'a message');
  await transactions.take([late!], 'a message');
  expect(published.splice(0)).toEqual(idsOf(waits));
  const forged = world.pay('SYSTEM', 'alice', 500);
  const valid = Array.from({ length: 70 }, (_, index) => register(`patient ${index}`));
  expect((await transactions.take([...valid, forged], 'a message')).verdict).toBe('reject');
  expect(published).toEqual(idsOf(...valid));
});

test('a batch is taken a portion at a time, for as long as more is wanted', async () => {
  const chain = new Chain(testGenesis());
  const node = await open(chain, await memoryDatabase());
  const valid = Array.from({ length: 130 }, (_, index) => chain.world.register('alice', `patient ${index}`));
  let wanted = 4;
  expect((await node.transactions.take(valid, 'a message', async () => --wanted >= 0)).verdict).toBe('ignore');
  expect(node.transactions.offered()).toEqual(valid.slice(0, 64));
  expect((await node.transactions.take(valid, 'a message')).verdict).toBe('accept');
});

test('what finds no room is not fetched again before the head moves', async () => {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const node = await open(chain, await memoryDatabase());
  const last = world.register('alice', 'one too many');
  // As a mempool is that holds fifty thousand.
  node.parts.mempool!.add = () => ({ place: 'full' });
  expect(await node.transactions.take([last], 'a message')).toEqual({ verdict: 'ignore', liar: null });
  expect(node.where(last.id)).toBe('nowhere');
  expect(node.transactions.isWanted(last.id)).toBe(false);
  await node.rig.offer(chain.mine(world.register('alice', 'jane')));
  expect(node.transactions.isWanted(last.id)).toBe(true);
});

test('a switch is finished where the state cannot be read after it, and that is told', async () => {
  const world = new Chain(testGenesis());
  const node = await open(world, await memoryDatabase());
  const mine = world.world.register('alice', 'jane');
  expect(await node.submit(mine)).toMatchObject({ ok: true });
  const damage = new CarechainError('folder-damaged', 'A row cannot be read.');
  const advance = node.parts.mempool!.advance;
  node.parts.mempool!.advance = () => {
    throw damage;
  };
  expect(await node.rig.offer(world.mine(mine))).toBe('main');
  node.parts.mempool!.advance = advance;
  expect(node.faults).toEqual([damage]);
  expect(node.rig.faults).toEqual([]);
  expect(node.transactions.kept()).toEqual([]);
  expect(node.where(mine.id)).toBe('confirmed');
});

test('who writes faster than blocks come is answered when the next one has come', async () => {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const node = await open(chain, await memoryDatabase());
  for (let n = 0; n < limits.unsettledAtEase; n++) await node.submit(world.register('alice', `patient ${n}`));
  await node.rig.offer(chain.mine(world.register('adam', 'the first')));
  const answer = node.submit(world.register('alice', 'one more'));
  expect(await Promise.race([answer, settled()])).toBeUndefined();
  await node.rig.offer(chain.mine(world.register('adam', 'the second')));
  expect(await answer).toMatchObject({ ok: true });
});
