/** `scrub` and `scrub --heal` on the real folder of a stopped node. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ScrubResult } from '../../src/actions/index.ts';
import { silentLogger, systemClock, systemRandom } from '../../src/base/index.ts';
import { healStopped, scrubStopped } from '../../src/cli/one-shot/scrub.ts';
import type { Transaction } from '../../src/ledger/index.ts';
import { createNode, inlineWorkers, type LedgerNode } from '../../src/node/index.ts';
import { createStore, type Database, openDatabase, storeKeys } from '../../src/storage/index.ts';
import { temporaryFolder } from '../storage/databases.ts';
import { bytesFrom, testGenesis } from '../support/ledger.ts';
import { createMemoryHub } from '../support/memory-transport.ts';

const world = testGenesis();
const { genesis } = world;

interface Folder {
  readonly dataDir: string;
  /** Confirmed in blocks 1 to 5, one in each. */
  readonly confirmed: readonly Transaction[];
  readonly pending: Transaction;
}

async function openNode(dataDir: string): Promise<LedgerNode> {
  const { database } = await openDatabase(dataDir);
  const node = await createNode(
    {
      genesis,
      nodeId: 'lone',
      nodeSeed: bytesFrom('node lone'),
      peers: [],
      mineEverySeconds: null,
      loopbackOnly: true,
    },
    {
      clock: systemClock,
      random: systemRandom,
      store: createStore(database),
      transport: createMemoryHub().transport('peer-lone', '127.0.0.1:7001'),
      workers: inlineWorkers,
      logger: silentLogger,
    },
  );
  await node.start();
  return node;
}

/** A copy of the {@link original}. */
async function stoppedFolder(): Promise<Folder> {
  const dataDir = join(await temporaryFolder(), 'node');
  await cp(original.dataDir, dataDir, { recursive: true });
  return { ...original, dataDir };
}

let original: Folder;
beforeAll(async () => {
  original = await makeFolder(join(await mkdtemp(join(tmpdir(), 'carechain-scrub-')), 'node'));
});
afterAll(() => rm(dirname(original.dataDir), { recursive: true }));

/** A folder with five blocks, an own transaction that waits, and the rows of a vault. */
async function makeFolder(dataDir: string): Promise<Folder> {
  const node = await openNode(dataDir);
  const order = world.order('alice', 'jane');
  const confirmed = [
    world.register('alice', 'jane'),
    order,
    world.order('alice', 'jane'),
    world.prescribe('alice', 'jane'),
    world.register('alice', 'joe'),
  ];
  for (const transaction of confirmed) {
    await node.submit(transaction);
    await node.mine();
  }
  const pending = world.register('alice', 'june');
  const member = world.id('alice');
  const record = 'ab'.repeat(32);
  const rows = [
    storeKeys.record(`envelope/${record}`),
    storeKeys.record(`transaction/${record}`),
    storeKeys.record(`followed/${member}`),
    storeKeys.hosting(member),
    storeKeys.cursor('vault'),
  ];
  const value = Uint8Array.of(0xa2, 0x64, 0x68, 0x61, 0x73, 0x68, 0x60, 0x66, 0x68, 0x65, 0x69, 0x67, 0x68, 0x74, 0x00);
  await node.submit(
    pending,
    rows.map((key) => ({ type: 'put', key, value })),
  );
  await node.stop();
  return { dataDir, confirmed, pending };
}

const place = (dataDir: string) => ({ dataDir, genesis, clock: systemClock, onProgress() {} });
const scrub = (dataDir: string) => scrubStopped(place(dataDir));
const heal = (dataDir: string) => healStopped(place(dataDir));

/** Changes values behind the back of the store. */
async function damage(dataDir: string, change: (database: Database) => Promise<void>): Promise<void> {
  const { database } = await openDatabase(dataDir);
  await change(database);
  await database.close();
  await rm(join(dataDir, 'carechain.pid'));
}

async function flip(database: Database, key: string): Promise<void> {
  const bytes = Uint8Array.from(database.getSync(key)!);
  bytes[bytes.length - 1]! ^= 1;
  await database.put(key, bytes);
}

async function firstKey(database: Database, family: string): Promise<string> {
  const [key] = await database.keys({ gte: family, lt: `${family}~`, limit: 1 }).all();
  return key!;
}

const faulty = ({ families }: ScrubResult) =>
  families.filter(({ damaged, missing }) => damaged + missing > 0).map(({ family }) => family);

test('a sound folder is sound, and scrub changes nothing', async () => {
  const { dataDir } = await stoppedFolder();
  const result = await scrub(dataDir);
  expect(result).toMatchObject({ sound: true, height: 5, tipHeight: 5, failure: null, heal: null });
  expect(result.files!.checked).toBeGreaterThan(2);
  expect(result.families.find(({ family }) => family === 'block')).toEqual({
    family: 'block',
    values: 5,
    damaged: 0,
    missing: 0,
  });
  expect(await readdir(dataDir)).toEqual(['ledger']);
});

test('while another process holds the folder it is neither scrubbed nor healed', async () => {
  const { dataDir } = await stoppedFolder();
  const program = `import { Level } from 'level';
    await new Level(process.argv[1]).open();
    process.stdout.write('open');
    process.stdin.resume();`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program, join(dataDir, 'ledger')]);
  onTestFinished(() => void holder.kill());
  await once(holder.stdout, 'data');
  await expect(scrub(dataDir)).rejects.toMatchObject({ code: 'folder-in-use' });
  await expect(heal(dataDir)).rejects.toMatchObject({ code: 'folder-in-use' });
  holder.stdin.end();
  await once(holder, 'exit');
  expect(await heal(dataDir)).toMatchObject({ sound: true, height: 5 });
});

describe('every family of values', () => {
  /** What is damaged together: a replay of the blocks does not need any of these but the last. */
  const groups = [
    ['meta', 'state', 'patient', 'authored', 'cursor'],
    ['tip', 'undo', 'open-order', 'own', 'hosting'],
    ['header', 'rewards', 'open-prescription', 'record/envelope'],
    ['height', 'outbox', 'record/followed'],
    ['block'],
  ];
  const damages: Record<string, (database: Database, key: string) => Promise<void>> = {
    flip,
    missing: (database, key) => database.del(key),
    async swapped(database, key) {
      const [[, other]] = (await database.iterator({ gt: key, limit: 1 }).all()) as [[string, Uint8Array]];
      await database.put(key, other);
    },
  };
  test.each(groups.flatMap((families) => Object.keys(damages).map((how) => [families, how] as const)))(
    '%s, %s: named, and healed or named again',
    async (families, how) => {
      const { dataDir, pending } = await stoppedFolder();
      await damage(dataDir, async (database) => {
        for (const family of families) {
          // The own transaction that waits: of one that is settled, only a reader of the screen would know.
          const key = family === 'own' ? storeKeys.own(pending.id) : await firstKey(database, family);
          await damages[how]!(database, key);
        }
      });
      const found = await scrub(dataDir);
      expect(found).toMatchObject({ sound: false, failure: { code: 'folder-damaged' } });
      expect(faulty(found)).toEqual(expect.arrayContaining(families.map((family) => family.split('/')[0])));
      const healed = await heal(dataDir);
      expect(healed).toMatchObject({ sound: true, failure: null, heal: { aside: 'ledger.damaged-1' } });
      const { unreadable } = healed.heal!;
      const node = await openNode(dataDir);
      const isPending = node.find(pending.id)?.where.state === 'pending';
      expect(isPending).toBe(!unreadable.includes(storeKeys.outbox(pending.id)));
      expect(isPending).toBe(!families.includes('outbox'));
      if (families.includes('hosting')) expect(unreadable).toContain(storeKeys.hosting(world.id('alice')));
      if (!families.includes('block')) expect(node.head().height).toBe(5);
      expect((await node.verify()).failure).toBeNull();
      await node.stop();
      expect((await readdir(dataDir)).sort()).toEqual(['ledger', 'ledger.damaged-1']);
    },
    30_000,
  );
});

test('blocks above a gap come from peers; what users of this node wrote in them is offered again', async () => {
  const { dataDir, confirmed, pending } = await stoppedFolder();
  await damage(dataDir, async (database) => {
    const store = createStore(database);
    const bytes = store.get(storeKeys.height(2))!;
    await flip(database, storeKeys.block(new TextDecoder().decode(bytes.subarray(2))));
  });
  const { heal: healed, ...result } = await heal(dataDir);
  const lost = storeKeys.outbox(confirmed[1]!.id);
  expect(healed).toMatchObject({ height: 1, heightBefore: 5, unreadable: [lost] });
  expect(healed!.returned.toSorted()).toEqual(
    confirmed
      .slice(2)
      .map(({ id }) => id)
      .toSorted(),
  );
  expect(result).toMatchObject({ sound: true, height: 1 });
  const node = await openNode(dataDir);
  const offered = node.pending().map(({ id }) => id);
  expect(offered.toSorted()).toEqual([...confirmed.slice(2), pending].map(({ id }) => id).toSorted());
  await node.stop();
});

describe('a database that LevelDB does not open', () => {
  const ledgerFile = async (dataDir: string, pattern: RegExp) => {
    const names = await readdir(join(dataDir, 'ledger'));
    return join(dataDir, 'ledger', names.find((name) => pattern.test(name))!);
  };
  /** Moves everything from the log into a table, as a node that runs for a while does. */
  const intoTables = (dataDir: string) =>
    damage(dataDir, async (database) => {
      const { compactRange } = database as unknown as { compactRange(from: string, to: string): Promise<void> };
      await compactRange.call(database, '', '~');
    });
  const breaks: [name: string, doIt: (dataDir: string) => Promise<void>, height: number][] = [
    ['CURRENT is empty', (dataDir) => writeFile(join(dataDir, 'ledger/CURRENT'), ''), 5],
    ['CURRENT is gone', (dataDir) => rm(join(dataDir, 'ledger/CURRENT')), 5],
    ['the manifest is gone', async (dataDir) => rm(await ledgerFile(dataDir, /^MANIFEST/)), 5],
    [
      'the manifest is garbage',
      async (dataDir) => writeFile(await ledgerFile(dataDir, /^MANIFEST/), Buffer.alloc(300, 7)),
      5,
    ],
    ['every table is gone', async (dataDir) => rm(await ledgerFile(dataDir, /\.ldb$/)), 0],
    [
      'a table is garbage',
      async (dataDir) => {
        const file = await ledgerFile(dataDir, /\.ldb$/);
        const bytes = await readFile(file);
        await writeFile(file, Buffer.alloc(bytes.length, 9));
      },
      0,
    ],
  ];
  test.each(breaks)('%s: refused at the start, healed', async (_name, doIt, height) => {
    const { dataDir } = await stoppedFolder();
    await intoTables(dataDir);
    await doIt(dataDir);
    await expect(openDatabase(dataDir)).rejects.toMatchObject({
      code: 'folder-damaged',
      message: expect.stringContaining('carechain scrub --heal'),
    });
    const found = await scrub(dataDir);
    expect(found.sound).toBe(false);
    expect(found.files!.damaged).not.toEqual([]);
    const healed = await heal(dataDir);
    expect(healed).toMatchObject({ failure: null, sound: true, height });
    const node = await openNode(dataDir);
    expect(node.head().height).toBe(height);
    await node.stop();
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'bytes bent anywhere in the files, seed %i: healed, and what is lost is named',
  async (seed) => {
    const { dataDir, confirmed, pending } = await stoppedFolder();
    if (seed % 2 === 0) await openNode(dataDir).then((node) => node.stop());
    const names = (await readdir(join(dataDir, 'ledger'))).filter((name) => /^\d+\.(ldb|log)$/.test(name)).sort();
    const sizes = await Promise.all(names.map(async (name) => (await readFile(join(dataDir, 'ledger', name))).length));
    const name = names[sizes.indexOf(Math.max(...sizes))]!;
    const bytes = await readFile(join(dataDir, 'ledger', name));
    for (let n = 0; n < seed; n++)
      bytes[new DataView(bytesFrom(`${seed} ${n}`).buffer).getUint32(0) % bytes.length]! ^= 16;
    await writeFile(join(dataDir, 'ledger', name), bytes);
    const { heal: healed, ...result } = await heal(dataDir);
    expect(result).toMatchObject({ sound: true, failure: null });
    expect(healed!.damagedFiles).toEqual([`ledger/${name}`]);
    const node = await openNode(dataDir);
    const gone = [...confirmed, pending].filter(({ id }) => node.find(id) === undefined);
    // A byte bends one value, seldom the block around it.
    expect(gone.length).toBeLessThanOrEqual(2 * seed);
    expect((await node.verify()).failure).toBeNull();
    await node.stop();
  },
);

describe('an exchange that is cut off', () => {
  /** A folder as `scrub --heal` leaves it when it ends at this moment. */
  async function cutOff(moment: 'while it is made' | 'complete' | 'old one aside' | 'new one in place') {
    const { dataDir } = await stoppedFolder();
    await heal(dataDir);
    // Back to before: the healed ledger in the making, the damaged one in its place.
    await mkdir(join(dataDir, 'healing'));
    const at = (name: string) => join(dataDir, name);
    if (moment !== 'new one in place') await rename(at('ledger'), at('healing/ledger'));
    if (moment === 'while it is made' || moment === 'complete') await rename(at('ledger.damaged-1'), at('ledger'));
    if (moment !== 'while it is made') await writeFile(at('healing/complete'), 'ledger.damaged-1\n');
    return dataDir;
  }

  test.each(['while it is made', 'complete', 'old one aside', 'new one in place'] as const)(
    '%s: the next start finds a whole ledger, and the next heal works',
    async (moment) => {
      const dataDir = await cutOff(moment);
      const node = await openNode(dataDir);
      expect(node.head().height).toBe(5);
      await node.stop();
      const names = await readdir(dataDir);
      const expected = moment === 'while it is made' ? ['healing', 'ledger'] : ['ledger', 'ledger.damaged-1'];
      expect(names.sort()).toEqual(expected);
      expect(await heal(dataDir)).toMatchObject({ sound: true, height: 5 });
      expect(await readdir(dataDir)).not.toContain('healing');
    },
  );
});

test('what is no data folder is said, and none is made', async () => {
  const folder = await temporaryFolder();
  for (const run of [scrub, heal]) {
    await expect(run(join(folder, 'none'))).rejects.toMatchObject({ code: 'file-unreadable' });
  }
  expect(await readdir(folder)).toEqual([]);
});
