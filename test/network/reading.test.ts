import { expect, test } from 'vitest';
import type { Transaction } from '../../src/ledger/index.ts';
import { readBlock, readTransactions } from '../../src/network/reading.ts';
import { Chain, testGenesis, withSignature } from '../support/ledger.ts';

const world = testGenesis();
const registration = world.register('alice', 'zoe');
const order = world.order('alice', 'zoe');
const block = new Chain(world).mine(registration, order);
const unhurried = async () => {};
const holding =
  (...transactions: Transaction[]) =>
  (id: string) =>
    transactions.find((transaction) => transaction.id === id);

test('what is here already, byte for byte, is taken from here', async () => {
  const read = await readBlock(block.bytes, unhurried, holding(order));
  expect(read).toEqual(block);
  expect(read.transactions[0]).not.toBe(registration);
  expect(read.transactions[1]).toBe(order);
});

test('under the id of what is here, other bytes are read as they are', async () => {
  const signature = order.signature.slice();
  signature[0]! ^= 1;
  const bent = withSignature(order, signature);
  expect(bent.id).toBe(order.id);
  const [read] = await readTransactions([bent.bytes], unhurried, holding(order));
  expect(read).toEqual(bent);
});

test('what is no transaction is refused, whatever is here', async () => {
  for (const bytes of [new Uint8Array(0), new Uint8Array(5), order.bytes.subarray(1), new Uint8Array(20_000)]) {
    const reading = readTransactions([bytes], unhurried, () => order);
    await expect(reading).rejects.toMatchObject({
      code: expect.stringMatching(/^(malformed-transaction|.*-too-large)$/),
    });
  }
});

test('others have their turn before each transaction of a block', async () => {
  let breaths = 0;
  await readBlock(block.bytes, async () => void breaths++, holding());
  expect(breaths).toBe(3);
});
