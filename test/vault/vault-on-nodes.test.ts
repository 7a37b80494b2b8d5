import { MemoryLevel } from 'memory-level';
import { afterEach, expect, test } from 'vitest';
import { silentLogger, systemClock, systemRandom, toHex } from '../../src/base/index.ts';
import { createNode, inlineWorkers, type LedgerNode } from '../../src/node/index.ts';
import { createStore, type Database } from '../../src/storage/index.ts';
import { createVault, type Reader, type Vault } from '../../src/vault/index.ts';
import { nodeKeysFrom, patientIdFrom, testGenesis } from '../support/ledger.ts';
import { createMemoryHub } from '../support/memory-transport.ts';

const longestWaitMs = 10_000;
const world = testGenesis();
const hub = createMemoryHub();
const houses = { clinic: 'alice', lab: 'bob', practice: 'adam' } as const;
type Name = keyof typeof houses;
const addresses = Object.fromEntries(Object.keys(houses).map((name, index) => [name, `127.0.0.1:${7_001 + index}`]));
const peerIds = new Map(Object.keys(houses).map((name) => [toHex(nodeKeysFrom(name).publicKey), `peer-${name}`]));
const databases = new Map<Name, Database>();
const running = new Map<Name, { node: LedgerNode; vault: Vault }>();
/** What the tests wait for is asked again at each of these. */
const watchers = new Set<() => void>();

const reader = (username: string): Reader => ({
  member: world.genesis.members.find((member) => member.username === username)!,
  keys: { username, ...world.keys[username]! },
});

async function start(name: Name) {
  const database =
    databases.get(name) ?? (new MemoryLevel({ keyEncoding: 'utf8', valueEncoding: 'view' }) as unknown as Database);
  databases.set(name, database);
  await database.open();
  const store = createStore(database);
  const ports = { store, clock: systemClock, random: systemRandom, logger: silentLogger };
  const node = await createNode(
    {
      genesis: world.genesis,
      nodeId: name,
      nodeSeed: nodeKeysFrom(name).secretKey,
      peers: Object.values(addresses).filter((address) => address !== addresses[name]),
      mineEverySeconds: null,
      loopbackOnly: true,
    },
    { ...ports, transport: hub.transport(`peer-${name}`, addresses[name]), workers: inlineWorkers },
  );
  const vault = createVault({
    ...ports,
    node,
    network: node.network,
    peerIdOf: (nodeKeyHex) => peerIds.get(nodeKeyHex) ?? 'unknown',
  });
  for (const event of ['transaction', 'tip', 'peer'] as const) node.on(event, changed);
  vault.on('record', changed);
  running.set(name, { node, vault });
  await vault.start();
  await node.start();
  await vault.host(reader(houses[name]));
}

async function stop(name: Name): Promise<void> {
  const { node, vault } = running.get(name)!;
  running.delete(name);
  await vault.stop();
  await node.stop();
}

function changed(): void {
  for (const watch of watchers) watch();
}

function until(holds: () => boolean, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => finish(() => reject(new Error(`waited too long for ${what}`))), longestWaitMs);
    const finish = (settle: () => void) => {
      clearTimeout(timeout);
      watchers.delete(watch);
      settle();
    };
    const watch = () => holds() && finish(resolve);
    watchers.add(watch);
    watch();
  });
}

afterEach(async () => {
  for (const name of [...running.keys()]) await stop(name);
});

test('three nodes: sealed, seen, fetched, handed on while the author is away, kept over a restart', async () => {
  for (const name of ['clinic', 'lab', 'practice'] as const) await start(name);
  const clinic = running.get('clinic')!;
  await until(() => clinic.node.peers().length === 2, 'links');
  expect((await clinic.node.submit(world.register('alice', 'zoe'))).ok).toBe(true);
  await stop('practice');

  const arrived = new Promise((resolve) => running.get('lab')!.vault.on('record', resolve));
  const text = { notes: 'sleeps badly' };
  const readers = ['alice', 'bob', 'adam'].map((username) => reader(username).member);
  const { sealed, writes } = await clinic.vault.seal(text, readers);
  const records = { notes: sealed, order: null };
  const kind = 'DOCTOR_CONSULTATION';
  const consultation = world.sign('alice', { kind, patient: patientIdFrom('zoe'), records });
  expect((await clinic.node.submit(consultation, writes)).ok).toBe(true);
  expect(await arrived).toEqual({ transactionId: consultation.id, commitment: sealed.commitment });
  const lab = running.get('lab')!;
  expect(await lab.vault.read(sealed, reader('bob'))).toEqual({ state: 'readable', text });
  await lab.node.mine();
  await stop('clinic');

  await start('practice');
  const practice = running.get('practice')!;
  const fetched = new Promise((resolve) => practice.vault.on('record', resolve));
  await until(() => practice.node.head().height === 1, 'the block');
  await fetched;
  expect(await practice.vault.read(sealed, reader('adam'))).toEqual({ state: 'readable', text });

  await start('clinic');
  expect(await running.get('clinic')!.vault.read(sealed, reader('alice'))).toEqual({ state: 'readable', text });
});
