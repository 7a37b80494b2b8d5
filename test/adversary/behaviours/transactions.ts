/** Lies about transactions, each gossiped in a batch; and batches that are none. */
import { encode, toHex } from '../../../src/base/index.ts';
import type { Transaction } from '../../../src/ledger/index.ts';
import { encodeTransactions } from '../../../src/network/wire.ts';
import { type Bend, type World, withSignature } from '../../support/ledger.ts';
import { until } from '../../support/waiting.ts';
import { type Arena, type Behaviour, counted } from '../behaviour.ts';
import type { Foe } from '../foe.ts';

export const batch = (...transactions: readonly { bytes: Uint8Array }[]) =>
  encodeTransactions(transactions.map(({ bytes }) => bytes));

/** A transaction that nobody has seen before. */
export function fresh({ network, chance }: Arena, bend: Bend = {}): Transaction {
  const nonce = toHex(chance.bytes(16));
  return network.world.pay('paula', 'alice', 1, { nonce, ...bend });
}

export function bentSignature(transaction: Transaction, { chance }: Arena): Transaction {
  const signature = transaction.signature.slice();
  signature.set(chance.bytes(24), 32);
  return withSignature(transaction, signature);
}

/** A valid one: a doctor registers a patient whom nobody knows. */
export function valid({ network, chance }: Arena, author = 'adam'): Transaction {
  const nonce = toHex(chance.bytes(16));
  return network.world.register(author, `stranger ${nonce}`, { nonce });
}

/** How long the victim may take to read what a foe has gossiped. */
const readMs = 20_000;
const askAgainMs = 1_000;

/**
 * Waits until the victim has read all the transactions that the foe gossiped before, and has told its status since. What a
 * foe has sent when it leaves is dropped unread, so nothing is shown by one that leaves at once.
 */
export async function heardOut(foe: Foe, arena: Arena): Promise<void> {
  const sent: Transaction[] = [];
  let sentAt = Number.NEGATIVE_INFINITY;
  const isRead = async () => {
    // What is beyond the foe's budget is dropped, and no crime: then another is sent.
    if (performance.now() - sentAt > askAgainMs) {
      const one = valid(arena);
      sent.push(one);
      sentAt = performance.now();
      await foe.publish('transactions/1', batch(one));
    }
    const here = await Promise.all(sent.map(({ id }) => arena.network.victim.call('has', id)));
    return here.includes(true);
  };
  await until(isRead, 'the victim to read what was gossiped', readMs);
  await foe.ask('/carechain/status/1', foe.status());
}

/** @throws Error where the victim has taken in a transaction that it should not have read. */
export async function neverTaken({ network }: Arena, { id }: Transaction): Promise<void> {
  if (await network.victim.call('has', id))
    throw new Error('a transaction was taken out of a message that is not read');
}

function lie(name: string, code: string, does: string, make: (world: World, arena: Arena) => Uint8Array): Behaviour {
  return {
    name,
    does,
    crime: true,
    codes: [code],
    go: (foe, arena) => foe.publish('transactions/1', make(arena.network.world, arena)),
  };
}

const nonceOf = (arena: Arena): Bend => ({ nonce: toHex(arena.chance.bytes(16)) });

export const transactionLies: readonly Behaviour[] = [
  lie('forged-reward', 'forged-system-transfer', 'authors a payment of SYSTEM_BANK_001', (world, arena) =>
    batch(world.pay('SYSTEM', 'alice', 500, nonceOf(arena))),
  ),
  lie('bent-signature', 'bad-signature', 'bends the signature of an honest transaction', (_world, arena) =>
    batch(bentSignature(fresh(arena), arena)),
  ),
  lie('poisoned-batch', 'bad-signature', 'hides one bent signature among valid transactions', (_world, arena) => {
    const honest = Array.from({ length: counted(255, arena) }, () => valid(arena));
    return batch(...honest, bentSignature(fresh(arena), arena));
  }),
  lie('transaction-of-another-network', 'wrong-network', 'replays a transaction of another network', (_world, arena) =>
    batch(fresh(arena, { network: 'ab'.repeat(32) })),
  ),
  lie('unknown-author', 'unknown-author', 'signs as somebody who is no member', (_world, arena) =>
    batch(fresh(arena, { author: 'cd'.repeat(32) })),
  ),
  lie('wrong-role', 'wrong-role', 'registers a patient with the key of a laboratory', (world, arena) =>
    batch(world.register('bob', 'mallory', nonceOf(arena))),
  ),
  lie('unsorted-readers', 'bad-readers', 'names a reader who is no member', (world, arena) => {
    const honest = world.register('alice', 'trudy', nonceOf(arena));
    if (honest.body.kind !== 'PATIENT_REGISTRATION') throw new Error('a registration is one');
    const records = { identity: { ...honest.body.records.identity, readers: ['ee'.repeat(32)] } };
    const { kind, patient } = honest.body;
    return batch(world.sign('alice', { kind, patient, records }, nonceOf(arena)));
  }),
  lie(
    'non-canonical-transaction',
    'malformed-transaction',
    'writes a length in two bytes instead of one',
    (_w, arena) => {
      const { bytes } = fresh(arena);
      return encodeTransactions([Uint8Array.of(0x98, 0x02, ...bytes.subarray(1))]);
    },
  ),
  lie('non-canonical-batch', 'malformed-message', 'adds a field to a gossip message', (_world, arena) =>
    encode({ transactions: [fresh(arena).bytes], extra: 1 }),
  ),
  {
    ...lie('empty-batch', 'malformed-message', 'gossips a batch without a transaction', () => encodeTransactions([])),
    isOneMessage: true,
  },
  lie('crowded-batch', 'malformed-message', 'puts 257 transactions into a batch of 256', (_world, arena) => {
    const one = fresh(arena);
    return batch(...Array.from({ length: 257 }, () => one));
  }),
  lie('garbage-in-gossip', 'malformed-message', 'gossips random bytes', (_world, { chance }) => chance.bytes(300)),
];

export const replays: readonly Behaviour[] = [
  {
    name: 'replay-on-the-same-network',
    does: 'sends one valid transaction in batches of every size, before it is in a block and after: it is in one block, once',
    crime: false,
    async go(foe, arena) {
      const { network } = arena;
      const { victim } = network;
      const one = valid(arena);
      const repeat = async (...also: readonly Transaction[]) => {
        for (let copies = 1; copies <= counted(200, arena); copies += 1)
          await foe.publish('transactions/1', batch(...also, ...Array.from({ length: copies }, () => one)));
        await heardOut(foe, arena);
      };
      const isConfirmed = async () => {
        await victim.call('mine');
        return (await victim.call('blocksOf', [one.id]))[0] !== null;
      };
      await repeat();
      await until(() => victim.call('has', one.id), 'the replayed transaction', 5_000);
      await until(isConfirmed, 'the replayed transaction to be confirmed', 20_000);
      // Whoever has seen a message does not read it again: these begin with another transaction.
      await repeat(valid(arena));
      await victim.call('mine');
      const blocks = (await network.mirror()).main().map(({ block }) => block!);
      const times = blocks.flatMap(({ transactions }) => transactions).filter(({ id }) => id === one.id).length;
      if (times !== 1) throw new Error(`a replayed transaction is in the chain ${times} times`);
    },
  },
];
