/** Floods by gossip: each message is cheap to make and would be dear to check. */
import { toHex } from '../../../src/base/index.ts';
import type { Transaction } from '../../../src/ledger/index.ts';
import { encodeTransactions } from '../../../src/network/wire.ts';
import { withSignature } from '../../support/ledger.ts';
import { pause } from '../../support/waiting.ts';
import { type Arena, type Behaviour, counted } from '../behaviour.ts';
import { fresh } from './transactions.ts';

const perMessage = 250;

/** Valid ones are dear to make: they are signed once, and sent in another order each time, as gossip drops what it has seen. */
const made = new Map<string, Transaction[]>();

async function stock(name: string, count: number, make: () => Transaction): Promise<Transaction[]> {
  const stored = made.get(name) ?? [];
  made.set(name, stored);
  while (stored.length < count) {
    stored.push(make());
    // A foe that is busy signing must still answer a ping, or its link is cut for that.
    if (stored.length % 50 === 0) await pause(0);
  }
  return stored;
}

function nonce({ chance }: Arena): { nonce: string } {
  return { nonce: toHex(chance.bytes(16)) };
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
      const messages = Array.from({ length: counted(120, arena) }, () => bentCopies(one, perMessage, arena));
      for (const transactions of messages) {
        if (!foe.isLinked) return;
        await foe.publish('transactions/1', encodeBatch(transactions));
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
      let sent = 0;
      for (const transaction of bentCopies(fresh(arena), counted(10_000, arena), arena)) {
        if (!foe.isLinked) return;
        await foe.publish('transactions/1', encodeBatch([transaction]));
        sent += 1;
        if (sent % 100 === 0) await pause(0);
      }
    },
  },
  {
    name: 'flood-of-valid-transactions',
    does: 'is a member who gossips valid transactions as fast as the link takes them',
    crime: false,
    async go(foe, arena) {
      const { world } = arena.network;
      const stored = await stock('valid', counted(6_000, arena), () => world.consult('adam', 'zoe', nonce(arena)));
      await publishAll(foe, arena.chance.shuffled(stored));
    },
  },
  {
    name: 'flood-of-waiting-transactions',
    does: 'gossips transfers of money that their author does not have',
    crime: false,
    async go(foe, arena) {
      const { world } = arena.network;
      const stored = await stock('waiting', counted(6_000, arena), () => world.pay('paula', 'alice', 1, nonce(arena)));
      await publishAll(foe, arena.chance.shuffled(stored));
    },
  },
  {
    name: 'flood-of-known-transactions',
    does: 'gossips ever new batches of transactions that everybody has',
    crime: false,
    async go(foe, arena) {
      const { world } = arena.network;
      const stored = await stock('known', 20, () => world.consult('adam', 'zoe', nonce(arena)));
      for (let round = 0; round < counted(2_000, arena); round += 1) {
        if (!foe.isLinked) throw new Error('what is known is no crime');
        const chosen = stored.filter(() => arena.chance.fraction() < 0.5);
        if (chosen.length > 0) await foe.publish('transactions/1', encodeBatch(chosen));
        if (round % 20 === 0) await pause(0);
      }
    },
  },
];

async function publishAll(foe: Parameters<Behaviour['go']>[0], stored: readonly Transaction[]): Promise<void> {
  for (let start = 0; start < stored.length; start += perMessage) {
    if (!foe.isLinked) throw new Error('a member who writes much is no liar');
    await foe.publish('transactions/1', encodeBatch(stored.slice(start, start + perMessage)));
    await pause(0);
  }
}
