/** The network over real sockets on this machine. */
import { randomBytes } from 'node:crypto';
import { createConnection, createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../src/base/index.ts';
import { createLibp2pTransport } from '../../src/network/index.ts';
import { createParty, otherGenesis, type Party, someBlocks, someTransaction } from './party.ts';
import { until } from './until.ts';

const clock = systemClock;
let parties: Party[] = [];
const unhandled: unknown[] = [];
process.on('unhandledRejection', (error) => unhandled.push(error));

afterEach(async () => {
  await Promise.all(parties.map(({ network }) => network.stop()));
  parties = [];
  expect(unhandled).toEqual([]);
});

type Extra = Partial<Parameters<typeof createParty>[0]>;

const newTransport = (port = 0, seed = randomBytes(32)) =>
  createLibp2pTransport({ seed: new Uint8Array(seed), host: '127.0.0.1', port, clock, logger: silentLogger });

async function join(extra: Extra = {}): Promise<Party> {
  const party = await createParty({ transport: await newTransport(), clock, ...extra });
  parties.push(party);
  return party;
}

const median = (values: number[]) => values.sort((left, right) => left - right)[Math.floor(values.length / 2)]!;

it('links, asks, gossips, and does so within a few milliseconds', async () => {
  const b = await join();
  b.chain.push(...someBlocks(3));
  const a = await join({ configured: b.network.addresses() });
  const { peerId } = b.transport;
  await until(() => a.network.peers().length === 1 && b.network.peers().length === 1);
  expect(Math.abs(a.network.peers()[0]!.clockOffsetMs!)).toBeLessThan(1_000);

  expect(await a.network.fetchHeaders(peerId, ['aa'.repeat(32)])).toHaveLength(3);
  const requests: number[] = [];
  for (let round = 0; round < 50; round += 1) {
    const start = performance.now();
    expect(await a.network.fetchBlocks(peerId, [b.chain[0]!.hash])).toEqual([b.chain[0]]);
    requests.push(performance.now() - start);
  }

  await until(() => a.transport.subscribers(`/carechain/${'aa'.repeat(8)}/blocks/1`).length === 1);
  const broadcasts: number[] = [];
  for (const block of someBlocks(50)) {
    const start = performance.now();
    a.network.publishBlock(block);
    await until(() => b.heard.blocks.at(-1)?.hash === block.hash);
    broadcasts.push(performance.now() - start);
  }
  a.network.publishTransactions([someTransaction(1), someTransaction(2)]);
  await until(() => b.heard.transactions.length === 2);
  process.stdout.write(`request ${median(requests).toFixed(1)} ms, broadcast ${median(broadcasts).toFixed(1)} ms\n`);
  expect(median(requests)).toBeLessThan(500);
  expect(median(broadcasts)).toBeLessThan(500);
});

it('turns another network away by name', async () => {
  const b = await join({ network: otherGenesis });
  const a = await join({ configured: b.network.addresses() });
  await until(() => a.log.length > 0 && b.log.length > 0);
  expect([a.log, b.log]).toEqual([['other-network bbbb'], ['other-network aaaa']]);
  await until(() => a.network.configured()[0]!.state === 'other-network');
});

it('comes back after being offline, and after the peer was restarted on its port', async () => {
  const seed = randomBytes(32);
  const transport = await newTransport(0, seed);
  const b = await createParty({ transport, clock });
  const [address] = b.network.addresses();
  const a = await join({ configured: [address!] });
  await until(() => a.log.length === 1);
  await a.network.setOffline(true);
  await until(() => a.log.length === 2 && b.log.length === 2);
  await a.network.setOffline(false);
  await until(() => a.log.length === 3 && b.log.length === 3);
  await b.network.stop();
  await until(() => a.log.length === 4);
  const again = await newTransport(Number(address!.split(':')[1]), seed);
  parties.push(await createParty({ transport: again, clock }));
  await until(() => a.log.length === 5, 15_000);
  expect(a.log).toEqual([1, 2, 3, 4, 5].map((n) => `${n % 2 === 1 ? 'peer' : 'gone'} ${transport.peerId}`));
});

it('says that its port is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const transport = await newTransport(port);
  const start = createParty({ transport, clock });
  await expect(start).rejects.toMatchObject({ code: 'port-in-use', message: expect.stringContaining(String(port)) });
  await new Promise((resolve) => server.close(resolve));
});

it('links a peer while strangers hold sockets open and send nonsense', async () => {
  const b = await join();
  const port = Number(b.network.addresses()[0]!.split(':')[1]);
  const strangers = Array.from({ length: 30 }, (_, index) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.on('error', () => {});
    if (index % 2 === 0) socket.write(randomBytes(200));
    return socket;
  });
  const a = await join({ configured: b.network.addresses() });
  await until(() => a.network.peers().length === 1, 10_000);
  for (const socket of strangers) socket.destroy();
});

it('links a star of twelve from one machine', async () => {
  const hub = await join();
  const others = await Promise.all(Array.from({ length: 12 }, () => join({ configured: hub.network.addresses() })));
  await until(
    () => hub.network.peers().length === 12 && others.every(({ network }) => network.peers().length > 0),
    30_000,
  );
});
