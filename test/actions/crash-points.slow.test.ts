/**
 * The node key and the registry file where the process dies before any one of the calls that write them: the call and all
 * behind it never come back. What is found then is what was there before, or what was to be there, and never a part of it.
 */
import type { FileHandle } from 'node:fs/promises';
import * as disk from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openRegistryCsv } from '../../src/actions/index.ts';
import { nodeKeyOfText, openNodeKey } from '../../src/actions/node-key.ts';
import { systemClock, systemRandom } from '../../src/base/index.ts';

const death = vi.hoisted(() => ({ callsLeft: Number.POSITIVE_INFINITY, dies() {}, handles: [] as FileHandle[] }));

vi.mock('node:fs/promises', async (importActual) => {
  const actual = await importActual<typeof disk>();
  const mortal = <Call extends (...args: never[]) => Promise<unknown>>(call: Call) =>
    ((...args: Parameters<Call>) => {
      if (death.callsLeft-- > 0) return call(...args);
      death.dies();
      return new Promise(() => {});
    }) as Call;
  const mortalHandle = (handle: FileHandle): FileHandle => {
    death.handles.push(handle);
    return new Proxy(handle, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== 'function') return value;
        const method = value.bind(target) as (...args: never[]) => Promise<unknown>;
        return name === 'createReadStream' ? method : mortal(method);
      },
    });
  };
  const { mkdir, rm, rename, link, writeFile, appendFile } = actual;
  const open = mortal(async (...args: Parameters<typeof actual.open>) => mortalHandle(await actual.open(...args)));
  const calls = { mkdir, rm, rename, link, writeFile, appendFile };
  return { ...actual, open, ...Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, mortal(call)])) };
});

let folder: string;
beforeEach(async () => {
  folder = await disk.mkdtemp(join(tmpdir(), 'carechain-crash-'));
});
afterEach(async () => {
  death.callsLeft = Number.POSITIVE_INFINITY;
  for (const handle of death.handles.splice(0)) await handle.close().catch(() => undefined);
  await disk.rm(folder, { recursive: true, force: true });
});

/** Whether `work` came to its end before the process died. It had the id of a process that is gone by then. */
async function livesThrough(calls: number, work: () => Promise<unknown>): Promise<boolean> {
  const { pid } = process;
  Object.defineProperty(process, 'pid', { value: 2 ** 31 - 2, configurable: true });
  try {
    const died = new Promise<boolean>((resolve) => {
      death.dies = () => resolve(false);
    });
    death.callsLeft = calls;
    return await Promise.race([died, work().then(() => true)]);
  } finally {
    death.callsLeft = Number.POSITIVE_INFINITY;
    Object.defineProperty(process, 'pid', { value: pid, configurable: true });
  }
}

test('a node key is there whole, or not at all', async () => {
  for (let calls = 0, lived = false; !lived; calls++) {
    const dataDir = join(folder, String(calls));
    lived = await livesThrough(calls, () => openNodeKey(dataDir, systemRandom));
    const text = await disk.readFile(join(dataDir, 'node-key'), 'utf8').catch(() => null);
    const key = await openNodeKey(dataDir, systemRandom);
    if (text !== null) expect(nodeKeyOfText(text)).toEqual(key);
    expect(await openNodeKey(dataDir, systemRandom)).toEqual(key);
    if (lived) expect([text !== null, calls > 8]).toEqual([true, true]);
  }
});

test.each([
  ['after a whole row', ''],
  ['after a torn one', 'x,"Doe, Ja'],
])('a row of the registry is there whole, or not at all, %s', async (_after, torn) => {
  const rowOf = (name: string) => ({ patientId: 'x', name, registeredBy: 'dr_alice', timestamp: 'now' });
  for (let calls = 0, lived = false; !lived; calls++) {
    const path = join(folder, `${calls}.csv`);
    const csv = openRegistryCsv(path, { clock: systemClock, random: systemRandom });
    await csv.append(rowOf('Old'));
    await disk.writeFile(path, torn, { flag: 'a' });
    lived = await livesThrough(calls, () => csv.append(rowOf('New')));
    const found = (await csv.rows()).map(({ name }) => name);
    expect([['Old'], ['Old', 'New']]).toContainEqual(found);
    await csv.append(rowOf('Next'));
    expect((await csv.rows()).map(({ name }) => name)).toEqual([...found, 'Next']);
    if (torn !== '') expect(await disk.readFile(`${path}.torn`, 'utf8')).toContain(torn);
    if (lived) expect([found.length, calls > 6]).toEqual([2, true]);
  }
});
