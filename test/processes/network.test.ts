import { afterEach, expect, test } from 'vitest';
import type { NodeProcess, PipedEvent } from '../../src/cli/story/node-process.ts';
import { startNodes, storyNodes } from '../../src/cli/story/play-story.ts';
import { Cable } from '../support/cable.ts';
import { executable, freePort, freePorts, type Place, startProcess, temporaryFolder } from '../support/processes.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function newFolder(): Promise<string> {
  const folder = await temporaryFolder();
  undo.push(folder.remove);
  return folder.path;
}

async function start(place: Place): Promise<NodeProcess> {
  const node = await startProcess(place);
  undo.push(() => node.end());
  return node;
}

/** The next event of a node that fits, not counting what has happened already. */
function next(node: NodeProcess, fits: (event: PipedEvent) => boolean, what: string): Promise<PipedEvent> {
  const past = new Set(node.events);
  return node.event((event) => !past.has(event) && fits(event), what);
}

const isLinkUp = ({ event, state }: PipedEvent) => event === 'peer' && state === 'connected';
const isLinkDown = ({ event, state }: PipedEvent) => event === 'peer' && state === 'disconnected';
const isTransaction = (id: unknown) => (event: PipedEvent) => event.event === 'transaction' && event.id === id;
const isBlock = (height: number) => (event: PipedEvent) => event.event === 'block' && event.height === height;

test('offline and online: what was signed meanwhile travels when the links are back, and all agree', async () => {
  const folder = await newFolder();
  const nodes = await startNodes({ executable, folder, ports: await freePorts() });
  undo.push(() => Promise.all(storyNodes.map((role) => nodes[role].end())));
  const { doctor, lab, pharmacy } = nodes;
  await doctor.run('login dr_alice password123');

  // Both others lose the link at once, and none comes back while the node is offline.
  const gone = [next(lab, isLinkDown, 'the lab to lose it'), next(pharmacy, isLinkDown, 'the pharmacy to lose it')];
  await doctor.run('offline');
  await Promise.all(gone);
  expect(await doctor.run('status')).toMatchObject({ offline: true, peers: 0 });
  expect((await doctor.ask('sync')).error!.code).toBe('no-peers');
  expect(await lab.run('status')).toMatchObject({ offline: false, peers: 1 });

  // Work goes on at both sides of the cut: the doctor mines one block alone, and the others two.
  const alone = await doctor.run('register Jane Doe');
  expect((await doctor.run('mine')).height).toBe(1);
  const waiting = await doctor.run('register Bo Yeoh');
  await lab.run('login dr_alice password123');
  for (const height of [1, 2]) {
    await lab.run(`register Patient ${height}`);
    const arrived = next(pharmacy, isBlock(height), `block #${height}`);
    expect((await lab.run('mine')).height).toBe(height);
    await arrived;
  }

  // The longer branch wins; what the doctor's own block held is pending again, everywhere.
  const events = [
    next(doctor, ({ event }) => event === 'reorg', 'the switch'),
    next(doctor, isBlock(2), 'block #2'),
    ...[lab, pharmacy].flatMap((node) =>
      [alone, waiting].map(({ transactionId }) => next(node, isTransaction(transactionId), 'a pending entry')),
    ),
  ];
  await doctor.run('online');
  const [reorg] = await Promise.all(events);
  expect(reorg).toMatchObject({ ancestorHeight: 0, returned: [alone.transactionId], lost: [] });
  const sealed = [doctor, lab].map((node) => next(node, isBlock(3), 'block #3'));
  expect(await pharmacy.run('mine')).toMatchObject({ height: 3, transactions: 2 });
  await Promise.all(sealed);
  const heads = await Promise.all(storyNodes.map(async (role) => (await nodes[role].run('status')).tipHash));
  expect(new Set(heads).size).toBe(1);
  for (const { transactionId } of [alone, waiting]) {
    expect(await doctor.run(`tx ${transactionId}`)).toMatchObject({ state: 'confirmed', height: 3 });
  }
  expect((await doctor.run('verify')).failure).toBeNull();
});

test('a node that was killed comes back, catches up, and brings what only it had', async () => {
  const folder = await newFolder();
  const ports = await freePorts();
  const place = (role: 'doctor' | 'lab' | 'pharmacy'): Place => ({
    role,
    port: ports[role],
    peers: storyNodes.filter((other) => other !== role).map((other) => ports[other]),
    folder,
  });
  const lab = await start(place('lab'));
  const pharmacy = await start(place('pharmacy'));
  const doctor = await start(place('doctor'));
  await Promise.all([lab.event(isLinkUp, 'a link'), doctor.event(isLinkUp, 'a link')]);
  await doctor.run('login dr_alice password123');
  await doctor.run('offline');
  const { transactionId } = await doctor.run('register Jane Doe');
  doctor.kill('SIGKILL');
  await doctor.end();

  await lab.run('login dr_alice password123');
  for (let height = 1; height <= 5; height++) {
    await lab.run(`register Patient ${height}`);
    await lab.run('mine');
  }
  const arrivals = [lab, pharmacy].map((node) => next(node, isTransaction(transactionId), 'what only the doctor had'));
  const again = await start(place('doctor'));
  const caughtUp = await again.event(({ event }) => event === 'caught-up', 'the doctor to catch up');
  expect(caughtUp).toMatchObject({ blocks: 5, confirmed: 0, lost: 0 });
  expect((await again.run('status')).height).toBe(5);
  await Promise.all(arrivals);
  const own = again.event((event) => isBlock(6)(event), 'block #6');
  await pharmacy.run('mine');
  expect((await own).own).toEqual([transactionId]);
});

test('a cable that is pulled: the silence is noticed, a way around it is found, and both sides agree again', async () => {
  const folder = await newFolder();
  const port = await freePort();
  const doctor = await start({ role: 'doctor', port, peers: [], folder });
  const cable = new Cable({ farPort: port });
  undo.push(() => cable.close());
  const lab = await start({ role: 'lab', port: await freePort(), peers: [await cable.listen()], folder });
  await Promise.all([doctor.event(isLinkUp, 'the link'), lab.event(isLinkUp, 'the link')]);
  await doctor.run('login dr_alice password123');
  await lab.run('login dr_alice password123');

  const noticed = [next(lab, isLinkDown, 'the lab to notice'), next(doctor, isLinkDown, 'the doctor to notice')];
  const cutAt = performance.now();
  cable.cut();
  const atDoctor = await doctor.run('register Jane Doe');
  const atLab = await lab.run('register Bo Yeoh');
  expect((await doctor.run('mine')).height).toBe(1);
  expect(await lab.run('status')).toMatchObject({ height: 0, peers: 1 });
  // Nobody says that the cable is out: only silence does. Each knows from the other where it listens.
  await Promise.all(noticed);
  await lab.event(isBlock(1), 'the block of the doctor');
  await doctor.event(isTransaction(atLab.transactionId), 'the entry of the lab');
  expect(performance.now() - cutAt).toBeLessThan(30_000);

  cable.mend();
  expect(await lab.run(`tx ${atDoctor.transactionId}`)).toMatchObject({ state: 'confirmed', height: 1 });
  const sealed = next(doctor, isBlock(2), 'block #2');
  expect((await lab.run('mine')).height).toBe(2);
  expect(await sealed).toMatchObject({ own: [] });
  expect((await doctor.run('status')).tipHash).toBe((await lab.run('status')).tipHash);
});
