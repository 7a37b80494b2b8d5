/** Floods by gossip: each message is cheap to make and would be dear to check. */
import { limits, toHex } from '../../../src/base/index.ts';
import type { Transaction } from '../../../src/ledger/index.ts';
import { encodeTransactions } from '../../../src/network/wire.ts';
import { withSignature } from '../../support/ledger.ts';
import { pause, until } from '../../support/waiting.ts';
import { floodAuthors } from '../arena-world.ts';
import { type Arena, type Behaviour, counted, type Supplies } from '../behaviour.ts';
import type { Foe } from '../foe.ts';
import type { HonestNetwork } from '../honest-network.ts';
import { fresh, heardOut, valid } from './transactions.ts';

const perMessage = 250;

/** How long the victim may take to judge a whole flood. */
const judgedMs = 60_000;

/** More than one member may have pending, and than may wait in all: this many are sent once, in peace. */
const beyondBounds = 5_250;
/** What three nodes on two cores take longer to check than an attack is measured. */
const longFlood = 2_500;

interface Portion {
  readonly author: string;
  readonly transactions: readonly Transaction[];
}

type Supplier = Parameters<Supplies['prepare']>[0];

/** What each flood has signed and not sent yet: a portion for each go, and none is sent twice. */
const signed = new WeakMap<HonestNetwork, Map<string, Portion[]>>();

function portionsOf(network: HonestNetwork, flood: string): Portion[] {
  const floods = signed.get(network) ?? new Map<string, Portion[]>();
  signed.set(network, floods);
  const portions = floods.get(flood) ?? [];
  floods.set(flood, portions);
  return portions;
}

function nextPortion(network: HonestNetwork, flood: string): Portion {
  const portion = portionsOf(network, flood).shift();
  if (portion === undefined) throw new Error('nothing is left that the flood has not sent');
  return portion;
}

const nonce = ({ chance }: Pick<Arena, 'chance'>) => ({ nonce: toHex(chance.bytes(16)) });

/** Each go is written by another member, as far as there are some. */
function supplies(flood: string, make: (supplier: Supplier, author: string) => Transaction): Supplies {
  return {
    goesPerAttack: 1,
    async prepare(supplier, goes) {
      await registerPatient(supplier.network);
      let isFirst = signed.get(supplier.network)?.has(flood) !== true;
      const portions = portionsOf(supplier.network, flood);
      while (portions.length < goes) {
        const author = floodAuthors[portions.length % floodAuthors.length]!;
        const transactions: Transaction[] = [];
        const most = counted(isFirst ? beyondBounds : longFlood, supplier);
        isFirst = false;
        while (transactions.length < most) {
          transactions.push(make(supplier, author));
          // In the quick form the honest nodes share this thread, and must answer each other's pings.
          if (transactions.length % 50 === 0) await pause(0);
        }
        portions.push({ author, transactions });
      }
    },
  };
}

const patient = 'somebody who is written about';

/** Where a patient of the floods has been registered, or is about to be. */
const registered = new WeakMap<HonestNetwork, Promise<void>>();

/** A consultation of a patient whom nobody has registered would wait, and not be pending. */
function registerPatient(network: HonestNetwork): Promise<void> {
  const done = registered.get(network) ?? registerOnce(network);
  registered.set(network, done);
  return done;
}

async function registerOnce({ world, nodes, victim }: HonestNetwork): Promise<void> {
  const registration = world.register('adam', patient);
  await victim.call('submit', registration.bytes);
  const isEverywhere = async () =>
    (await Promise.all(nodes.map((node) => node.call('has', registration.id)))).every(Boolean);
  await until(isEverywhere, 'the patient of a flood to be registered', judgedMs);
}

function bentCopies(one: Transaction, count: number, { chance }: Arena): Transaction[] {
  return Array.from({ length: count }, () => {
    const signature = one.signature.slice();
    new DataView(signature.buffer).setFloat64(32, chance.fraction());
    return withSignature(one, signature);
  });
}

const encodeBatch = (transactions: readonly Transaction[]) =>
  encodeTransactions(transactions.map(({ bytes }) => bytes));

export const floods: readonly Behaviour[] = [
  {
    name: 'flood-of-invalid-signatures',
    does: 'gossips thousands of transactions a second whose signatures are bent, until it is thrown out',
    crime: true,
    codes: ['bad-signature'],
    async go(foe, arena) {
      const one = fresh(arena);
      for (let count = 0; count < counted(120, arena); count += 1) {
        if (!foe.isLinked) return;
        await foe.publish('transactions/1', encodeBatch(bentCopies(one, perMessage, arena)));
        await pause(0);
      }
    },
  },
  {
    name: 'flood-of-small-invalid-messages',
    does: 'gossips thousands of messages a second with one bent signature each',
    crime: true,
    codes: ['bad-signature'],
    async go(foe, arena) {
      const one = fresh(arena);
      for (let sent = 0; sent < counted(10_000, arena); sent += 100) {
        for (const transaction of bentCopies(one, 100, arena)) {
          if (!foe.isLinked) return;
          await foe.publish('transactions/1', encodeBatch([transaction]));
        }
        await pause(0);
      }
    },
  },
  {
    name: 'flood-of-valid-transactions',
    does: 'is a member who gossips valid transactions as fast as the link takes them, more than one may have pending',
    crime: false,
    supplies: supplies('valid', (supplier, author) => supplier.network.world.consult(author, patient, nonce(supplier))),
    async go(foe, arena) {
      const { victim, world } = arena.network;
      const { author, transactions } = nextPortion(arena.network, 'valid');
      const before = await victim.call('view');
      await publishAll(foe, arena, transactions);
      const pending = await victim.call('pendingOf', world.id(author));
      const isAsMined = (await victim.call('view')).hash === before.hash;
      arena.note('pendingOfAnAuthor', pending);
      const expected = Math.min(transactions.length, limits.mempoolTransactionsPerAuthor);
      if (pending > expected || (isAsMined && pending < expected))
        throw new Error(`${pending} transactions of one author are pending, and not ${expected}`);
    },
  },
  {
    name: 'flood-of-waiting-transactions',
    does: 'gossips transfers of money that their author does not have, more than may wait',
    crime: false,
    supplies: supplies('waiting', (supplier, author) =>
      supplier.network.world.pay(author, 'alice', 1, nonce(supplier)),
    ),
    async go(foe, arena) {
      const { victim } = arena.network;
      const { transactions } = nextPortion(arena.network, 'waiting');
      const before = await victim.call('view');
      await publishAll(foe, arena, transactions);
      const after = await victim.call('view');
      arena.note('waiting', after.waiting);
      const expected = Math.min(before.waiting + transactions.length, limits.parkedTransactions);
      if (after.waiting > expected || (after.hash === before.hash && after.waiting < expected))
        throw new Error(`${after.waiting} transactions wait, and not ${expected}`);
    },
  },
  {
    name: 'flood-of-known-transactions',
    does: 'gossips ever new batches of transactions that everybody has',
    crime: false,
    async go(foe, arena) {
      const { network } = arena;
      await registerPatient(network);
      const stored = Array.from({ length: 20 }, () => network.world.consult('adam', patient, nonce(arena)));
      await publishAll(foe, arena, stored);
      for (let round = 0; round < counted(2_000, arena); round += 1) {
        if (!foe.isLinked) throw new Error('what is known is no crime');
        const chosen = stored.filter(() => arena.chance.fraction() < 0.5);
        if (chosen.length > 0) await foe.publish('transactions/1', encodeBatch(chosen));
        if (round % 20 === 0) await pause(0);
      }
      await heardOut(foe, arena);
      if (!foe.isLinked) throw new Error('what is known is no crime');
    },
  },
];

/** Sends them, and one more with the last of them: when the victim has that one, it has judged all of them. */
async function publishAll(foe: Foe, arena: Arena, transactions: readonly Transaction[]): Promise<void> {
  const last = valid(arena);
  // All about as long: a short message does not wait for the long ones before it.
  const length = Math.ceil(transactions.length / Math.ceil(transactions.length / perMessage));
  for (let start = 0; start < transactions.length; start += length) {
    if (!foe.isLinked) throw new Error('a member who writes much is no liar');
    const part = transactions.slice(start, start + length);
    const isLast = start + length >= transactions.length;
    await foe.publish('transactions/1', encodeBatch(isLast ? [...part, last] : part));
    await pause(0);
  }
  const { victim } = arena.network;
  const isJudged = async () => !foe.isLinked || (await victim.call('has', last.id));
  await until(isJudged, 'the flood to be judged', judgedMs);
  if (!foe.isLinked) throw new Error('a member who writes much is no liar');
}
