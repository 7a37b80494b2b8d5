/** What the vault keeps is damaged or taken away while it runs: it mends what memory or chain know, and names the rest. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordIdOf } from '../../src/vault/record-id.ts';
import { type House, settle, until, Village } from './village.ts';

const text = { notes: 'canary: sleeps badly' };
let village: Village;
let clinic: House;
let lab: House;

beforeEach(async () => {
  village = new Village();
  clinic = await village.house('clinic', 'alice');
  lab = await village.house('lab', 'bob');
});

afterEach(() => village.end());

const damages: Record<string, (house: House, key: string) => Promise<void>> = {
  async flip({ database }, key) {
    const bytes = Uint8Array.from(database.getSync(key)!);
    bytes[bytes.length - 1]! ^= 1;
    await database.put(key, bytes);
  },
  missing: ({ database }, key) => database.del(key),
  async swapped({ database }, key) {
    for await (const [other, value] of database.iterator()) {
      if (other === key) continue;
      await database.put(key, value);
      return;
    }
  },
};

async function keysOf({ database }: House, prefix: string): Promise<string[]> {
  return database.keys({ gte: prefix, lt: `${prefix}~` }).all();
}

/** What the store can read below a prefix. */
async function readable({ store }: House, prefix: string): Promise<string[]> {
  return (await store.all(prefix)).map(([key]) => key);
}

const families = [
  'record/envelope/',
  'record/transaction/',
  'record/followed/',
  'hosting/',
  'cursor/',
  'record/wanted/',
];

test.each(families.flatMap((prefix) => Object.keys(damages).map((damage) => [prefix, damage] as const)))(
  '%s, %s: mended',
  async (prefix, damage) => {
    const { sealed, transaction } = await village.consult(clinic, 'alice', text, ['alice', 'bob']);
    await until(() => lab.received.length === 1, 'the record at the laboratory');
    village.mine(clinic, transaction);
    await settle();
    village.unlinkFromAll(lab);
    const unheard = await village.consult(clinic, 'alice', text, ['alice', 'bob']);
    await settle();

    const keys = await keysOf(lab, prefix);
    expect(keys).not.toEqual([]);
    for (const key of keys) await damages[damage]!(lab, key);
    const { healed, losses } = await lab.vault.rows.mend(damage === 'missing' ? [] : keys);
    expect(losses).toEqual([]);
    expect(healed.map(({ key }) => key)).toEqual(expect.arrayContaining(keys));

    village.linkToAll(lab);
    await until(() => lab.received.some(({ transactionId }) => transactionId === unheard.transaction.id), 'the other');
    const reader = village.reader('bob');
    for (const each of [sealed, unheard.sealed]) {
      await until(() => lab.store.get(`record/envelope/${recordIdOf(each)}`) !== undefined, 'the envelope');
      expect(await lab.vault.read(each, reader)).toEqual({ state: 'readable', text });
    }
    if (prefix !== 'record/wanted/') expect(await readable(lab, prefix)).toEqual(expect.arrayContaining(keys));
    expect(await lab.vault.rows.mend([])).toEqual({ healed: [], losses: [] });
    lab = await village.restart(lab);
    expect(await lab.vault.read(sealed, reader)).toEqual({ state: 'readable', text });
  },
);

test('a statement that neither disk nor memory has is named, and its member logs in again', async () => {
  await village.leave(lab);
  const [key] = await keysOf(lab, 'hosting/');
  await lab.database.del(key!);
  lab = await village.restart(lab);
  expect((await lab.vault.rows.mend([])).losses).toHaveLength(1);
  await damages.flip!(clinic, (await keysOf(clinic, 'hosting/'))[0]!);
  expect((await clinic.vault.rows.mend(await keysOf(clinic, 'hosting/'))).losses).toEqual([]);
  await lab.database.put(key!, Uint8Array.of(1, 2, 3));
  const { losses } = await lab.vault.rows.mend([key!]);
  expect(losses).toEqual([expect.stringMatching(/hosting statement of the member [0-9a-f]{8}/)]);
  await lab.vault.host(village.reader('bob'));
  expect(await readable(lab, 'hosting/')).toEqual([key]);
});

test('a cursor that was lost while the vault was stopped hides nothing: the ledger is followed from the beginning', async () => {
  await village.leave(lab);
  const { sealed, transaction } = await village.consult(clinic, 'alice', text, ['alice', 'bob']);
  lab.ledger.hear(transaction);
  const block = village.mine(clinic, transaction);
  lab.ledger.chain.now = clinic.ledger.chain.now;
  lab.ledger.hearBlock(block);
  await lab.database.del('cursor/vault');
  lab = await village.restart(lab);
  await until(() => lab.received.length === 1, 'the record at the laboratory');
  expect(await lab.vault.read(sealed, village.reader('bob'))).toEqual({ state: 'readable', text });
});
