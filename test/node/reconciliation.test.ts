import { expect, test } from 'vitest';
import { limits } from '../../src/base/index.ts';
import type { Transaction } from '../../src/ledger/index.ts';
import type { Peer } from '../../src/network/index.ts';
import { PendingSum } from '../../src/node/pending-sum.ts';
import { Reconciliation } from '../../src/node/reconciliation.ts';
import { hashFrom } from '../support/ledger.ts';

const ids = (from: number, count: number) => Array.from({ length: count }, (_, index) => hashFrom(`${from + index}`));
const page = limits.pendingIdsPerPage;

/** A node with some of the ids, and a peer with others; `asked` are the pages that were asked for. */
function meeting(
  ours: readonly string[],
  theirs: readonly string[],
  givenOf: (wanted: readonly string[]) => readonly string[] = (wanted) => wanted,
) {
  const fetched: number[] = [];
  const here = new Set(ours);
  const asked: number[] = [];
  const time = { nowMs: 1_000_000 };
  const claimOf = (all: Iterable<string>) => {
    const sum = new PendingSum();
    for (const id of all) sum.add(id);
    return sum.claim();
  };
  const reconciliation = new Reconciliation({
    network: {
      async fetchPendingIds(_peerId, from) {
        asked.push(from);
        return theirs.slice(from, from + page);
      },
      async fetchPending(_peerId, wanted) {
        fetched.push(wanted.length);
        return givenOf(wanted).map((id) => ({ id }) as Transaction);
      },
    },
    transactions: { claim: () => claimOf(here), isWanted: (id) => !here.has(id) },
    clock: { now: () => time.nowMs },
    async take(transactions) {
      for (const { id } of transactions) here.add(id);
    },
  });
  const status = (claimed = claimOf(theirs)) => ({ peerId: 'lab', status: { pending: claimed } }) as Peer;
  /** A status some time after the one before. */
  const later = (claimed = claimOf(theirs), ms: number = limits.reconcileMs) => {
    time.nowMs += ms;
    return status(claimed);
  };
  return { here, asked, fetched, reconciliation, status, later };
}

test('equal sets fetch nothing, but for one page now and then', async () => {
  const { reconciliation, status, asked } = meeting(ids(0, 10), ids(0, 10).reverse());
  for (let count = 1; count < 12; count++) await reconciliation.heard(status());
  expect(asked).toEqual([]);
  await reconciliation.heard(status());
  expect(asked).toEqual([0]);
});

test('a peer that has nothing is not asked', async () => {
  const { reconciliation, status, asked } = meeting(ids(0, 10), []);
  await reconciliation.heard(status());
  expect(asked).toEqual([]);
});

test('a peer that is met is looked through whole', async () => {
  const theirs = ids(0, 2 * page + 5);
  const { reconciliation, status, asked, here } = meeting(theirs.slice(0, -1), theirs);
  await reconciliation.heard(status());
  expect(asked).toEqual([0, page, 2 * page]);
  expect(here.size).toBe(theirs.length);
});

test('afterwards a status costs one page, and the next one follows where it brought something', async () => {
  const theirs = ids(0, 3 * page - 1);
  const { reconciliation, status, later, asked, here } = meeting(theirs, theirs);
  await reconciliation.heard(status());
  const lacking = [theirs[5]!, theirs[2 * page + 5]!];
  for (const id of lacking) here.delete(id);
  await reconciliation.heard(later());
  // The first page brought one; the second nothing, so the third waits for a later status.
  expect(asked).toEqual([0, page]);
  await reconciliation.heard(later());
  expect(asked).toEqual([0, page, 2 * page]);
  expect(here.size).toBe(theirs.length);
  await reconciliation.heard(later());
  expect(asked).toHaveLength(3);
});

test('sets that differ all the time cost a page every few seconds, however many statuses tell of it', async () => {
  const theirs = ids(0, 10);
  const { reconciliation, status, later, asked } = meeting(theirs, theirs.slice(1));
  await reconciliation.heard(status());
  for (let count = 0; count < 100; count++) await reconciliation.heard(later(undefined, 100));
  // In ten seconds: three at once, and three more when those are 7.5 s ago.
  expect(asked).toHaveLength(6);
  // Nor does a clock that is set back have it wait for longer.
  await reconciliation.heard(later(undefined, -3_600_000));
  expect(asked).toHaveLength(7);
});

test('a peer that names what it does not have is asked for some of it once, and not followed from page to page', async () => {
  const { reconciliation, status, asked, fetched, here } = meeting([], ids(0, 3 * page), () => []);
  await reconciliation.heard(status());
  expect(asked).toEqual([0]);
  expect(fetched).toHaveLength(1);
  expect(here.size).toBe(0);
});

test('a list without an end comes to one', async () => {
  const { reconciliation, status, asked } = meeting([], ids(0, limits.mempoolTransactions + 3 * page));
  await reconciliation.heard(status());
  expect(asked).toHaveLength(Math.ceil(limits.mempoolTransactions / page));
  await reconciliation.all('lab');
  expect(asked).toHaveLength(2 * Math.ceil(limits.mempoolTransactions / page));
});

test('one look at a time for each peer, and none after a stop', async () => {
  const { reconciliation, status, asked } = meeting([], ids(0, 3));
  await Promise.all([reconciliation.heard(status()), reconciliation.heard(status()), reconciliation.all('lab')]);
  expect(asked).toEqual([0]);
  reconciliation.stop();
  reconciliation.forget('lab');
  await reconciliation.all('lab');
  expect(asked).toEqual([0]);
});
