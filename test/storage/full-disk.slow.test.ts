/** A disk that is really full, and has room again: nothing acknowledged is lost, and nothing has to be started again. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { utf8ToBytes } from '../../src/base/index.ts';
import { checkLedgerFiles, createStore, openDatabase, type Store, type Write } from '../../src/storage/index.ts';
import { freePort, startProcess } from '../support/processes.ts';
import { type TinyDisk, tinyDisk } from '../support/tiny-disk.ts';

async function disk(skip: (reason: string) => never): Promise<TinyDisk> {
  const found = await tinyDisk(12);
  if (!found) return skip('no tmpfs can be mounted here');
  onTestFinished(() => found.release());
  return found;
}

function batch(n: number): Write[] {
  return [`row/${n}`, `twin/${n}`].map((key) => ({ type: 'put', key, value: new Uint8Array(700).fill(n) }));
}

/** Writes batches from `n` on until one fails. @returns the number of that one. */
async function writeUntilFull(store: Store, n: number): Promise<number> {
  for (let next = n; ; next++) {
    const failure = await store.write(batch(next)).then(
      () => null,
      (error: unknown) => error,
    );
    if (!failure) continue;
    expect(failure).toMatchObject({ code: 'folder-failed', message: expect.stringContaining('is it full?') });
    return next;
  }
}

test('a store reads on while its disk is full, and writes on when there is room', async ({ skip }) => {
  const tiny = await disk(skip);
  const folder = join(tiny.path, 'node');
  const { database } = await openDatabase(folder);
  const store = createStore(database);
  const failed: number[] = [];
  let next = 0;
  for (let round = 0; round < 5; round++) {
    for (const end = next + 300; next < end; next++) await store.write(batch(next));
    await tiny.fill();
    next = await writeUntilFull(store, next);
    failed.push(next);
    await expect(store.write(batch(next))).rejects.toMatchObject({ code: 'folder-failed' });
    for (let n = 0; n < next; n++) {
      expect(store.get(`row/${n}`) !== undefined, `batch ${n}`).toBe(!failed.includes(n));
    }
    // Taken while nothing can be written, it holds over the reopening.
    const before = store.snapshot();
    await tiny.makeRoom();
    await store.write([{ type: 'put', key: 'round', value: utf8ToBytes(String(round)) }]);
    expect(store.get(`row/${next}`)).toBeUndefined();
    expect(store.get('round', before)).toEqual(round === 0 ? undefined : utf8ToBytes(String(round - 1)));
    await before.close();
    next++;
  }
  await store.close();

  for await (const { file, damage } of checkLedgerFiles(folder)) expect([file, damage]).toEqual([file, null]);
  const again = await openDatabase(folder);
  const reopened = createStore(again.database);
  for (let n = 0; n < next; n++) {
    const found = [`row/${n}`, `twin/${n}`].map((key) => reopened.get(key) !== undefined);
    expect(found, `batch ${n}`).toEqual([!failed.includes(n), !failed.includes(n)]);
  }
  await reopened.close();
});

test('a node answers while its disk is full, and takes up its work by itself', async ({ skip }) => {
  const tiny = await disk(skip);
  const place = { role: 'doctor', port: await freePort(), peers: [], folder: tiny.path } as const;
  const node = await startProcess(place);
  onTestFinished(() => node.end().then(() => {}));
  await node.run('login dr_alice password123');
  const acknowledged: string[] = [];
  const register = async (name: string) => {
    const answer = await node.ask(`register ${name}`);
    if (answer.ok) acknowledged.push(answer.result?.transactionId as string);
    return answer;
  };
  expect((await register('Before')).ok).toBe(true);
  await node.run('mine');
  expect((await register('Waiting')).ok).toBe(true);
  await tiny.fill();
  let refused = await register('Full 0');
  for (let n = 1; refused.ok && n < 1_000; n++) refused = await register(`Full ${n}`);
  expect(refused.error?.code).toBe('folder-failed');
  for (const command of ['status', 'balances', 'pending', 'chain', 'history']) {
    expect((await node.ask(command)).ok, command).toBe(true);
  }
  expect((await node.ask('mine')).error?.code).toBe('folder-failed');

  await tiny.makeRoom();
  expect((await register('After')).ok).toBe(true);
  const mined = await node.run('mine');
  expect(mined.height).toBe(2);
  expect((await node.run('pending')).transactions).toEqual([]);
  expect(await node.end()).toBe(0);

  const again = await startProcess({ ...place, port: await freePort() });
  onTestFinished(() => again.end().then(() => {}));
  for (const id of acknowledged) expect((await again.run(`tx ${id}`)).state).toBe('confirmed');
  expect((await again.run('verify')).failure).toBeNull();
});
