/**
 * Years of history: what a node does every day must not take longer because of them. The same chain, ten times as long each
 * time, in a copy: a real process is started on it, and its reads and the next blocks are timed in this one.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../src/base/index.ts';
import { NodeProcess } from '../src/cli/story/node-process.ts';
import { decodeBlock, readBalance } from '../src/ledger/index.ts';
import { patientIdFrom } from '../test/support/ledger.ts';
import { createMemoryHub } from '../test/support/memory-transport.ts';
import { executable, freePort } from '../test/support/processes.ts';
import { quantile } from '../test/support/quantile.ts';
import { contextAtTip, sealedOn } from '../test/support/written-chain.ts';
import { builtBy, builtHistory, writeGenesis } from './built-chain.ts';
import { watchedEvents, watchedPatientOf } from './lives.ts';
import { openLoneKeeper } from './lone-keeper.ts';
import { createLoneNode } from './lone-node.ts';
import type { Figures, Question } from './question.ts';
import { QuickWorld, registrations } from './quick-world.ts';
import { copyOf, emptyFolder, type Folder } from './workplace.ts';

const perBlock = 100;
/** What a process holds that keeps its memory flat. */
const mostMegabytes = 300;
/** How much more it may take with the longest chain than with the shortest. */
const flatTimes = 1.5;
/** Of each chain, in turns: how quick the machine is changes within a minute. */
const starts = 3;
const appended = 12;
const reads = 20;

export const scale: Question = {
  name: 'scale',
  asks: 'Do start, balance, history, the next block and memory cost the same however long the chain is?',
  targets: [
    { figure: 'startTimes', atMost: flatTimes, quickly: { atMost: 3 } },
    { figure: 'balanceTimes', atMost: flatTimes },
    { figure: 'historyTimes', atMost: flatTimes },
    { figure: 'appendTimes', atMost: flatTimes, quickly: { atMost: 4 } },
    { figure: 'mostResidentMegabytes', atMost: mostMegabytes, quickly: { atMost: 2 * mostMegabytes } },
    { figure: 'diskPerTransactionTimes', atMost: flatTimes },
  ],
  async run({ isQuick, isLarge }) {
    const sizes = isQuick ? [1_000, 10_000] : [1_000, 10_000, 100_000, ...(isLarge ? [1_000_000] : [])];
    const all = await costsOf(sizes);
    const [least, most] = [all[0]!, all.at(-1)!];
    const figures: Figures = Object.fromEntries(all.flatMap((costs, index) => labelled(costs, sizes[index]!)));
    return {
      ...figures,
      startTimes: most.startMs / least.startMs,
      balanceTimes: most.balanceUs / least.balanceUs,
      historyTimes: most.historyUs / least.historyUs,
      appendTimes: most.appendMs / least.appendMs,
      mostResidentMegabytes: Math.max(...all.map(({ residentMegabytes }) => residentMegabytes)),
      diskPerTransactionTimes: most.diskBytesPerTransaction / least.diskBytesPerTransaction,
    };
  },
};

interface Costs {
  /** From the start of the process until it says that it is ready: the median of some starts. */
  readonly startMs: number;
  /** Of the process, once it has told balances and the tail of its chain. */
  readonly residentMegabytes: number;
  /** One member's, not read before. */
  readonly balanceUs: number;
  /** A patient's events of the whole chain. */
  readonly historyUs: number;
  /** A block of a hundred transactions from its bytes to the disk. */
  readonly appendMs: number;
  readonly diskBytesPerTransaction: number;
}

function labelled(costs: Costs, transactions: number): [figure: string, value: number][] {
  return Object.entries(costs).map(([figure, value]) => [
    `with${transactions}${figure[0]!.toUpperCase()}${figure.slice(1)}`,
    value,
  ]);
}

async function costsOf(sizes: readonly number[]): Promise<Costs[]> {
  const folders: Folder[] = [];
  try {
    for (const transactions of sizes) folders.push(await copyOf(await historyOf(transactions)));
    const seen = folders.map((): Awaited<ReturnType<typeof timeStart>>[] => []);
    for (let round = 0; round < starts; round++) {
      for (const [index, folder] of folders.entries()) seen[index]!.push(await timeStart(folder));
    }
    const all: Costs[] = [];
    for (const [index, transactions] of sizes.entries()) {
      const folder = folders[index]!;
      all.push({
        startMs: median(seen[index]!.map(({ startMs }) => startMs)),
        residentMegabytes: Math.max(...seen[index]!.map(({ residentMegabytes }) => residentMegabytes)),
        ...(await timeReads(folder)),
        appendMs: await timeAppends(folder),
        diskBytesPerTransaction: (await bytesIn(join(await historyOf(transactions), 'ledger'))) / transactions,
      });
    }
    return all;
  } finally {
    for (const folder of folders) await folder.remove();
  }
}

function historyOf(transactions: number): Promise<string> {
  return builtHistory({ blocks: transactions / perBlock, perBlock });
}

async function timeStart(folder: Folder): Promise<Pick<Costs, 'startMs' | 'residentMegabytes'>> {
  const desk = await emptyFolder();
  const genesis = ['--network', await writeGenesis(desk), '--registry-csv', join(desk.path, 'patient_registry.csv')];
  const place = ['--port', String(await freePort()), '--data-dir', folder.path];
  const beganAt = performance.now();
  const node = new NodeProcess(executable, ['doctor', ...place, ...genesis]);
  try {
    await node.event(({ event }) => event === 'ready', 'the node to be ready');
    const startMs = performance.now() - beganAt;
    await node.run('balances');
    await node.run('chain --count 20');
    return { startMs, residentMegabytes: (await residentBytes(node.processId!)) / 1e6 };
  } finally {
    await node.end();
    await desk.remove();
  }
}

async function timeReads(folder: Folder): Promise<Pick<Costs, 'balanceUs' | 'historyUs'>> {
  const world = new QuickWorld(builtBy);
  const patient = patientIdFrom(watchedPatientOf(world));
  const node = await createLoneNode(folder.path, createMemoryHub());
  try {
    await node.start();
    const balanceUs = world.genesis.members.map(({ id }) => timedUs(() => readBalance(node.state, id)));
    const historyUs = Array.from({ length: reads }, () =>
      timedUs(() => assert(node.patientEvents(patient).length === watchedEvents, 'the whole history is there')),
    );
    return { balanceUs: median(balanceUs), historyUs: median(historyUs) };
  } finally {
    await node.stop();
  }
}

async function timeAppends(folder: Folder): Promise<number> {
  const { chain, keeper, close } = await openLoneKeeper(folder.path);
  const world = new QuickWorld('appended');
  try {
    const times: number[] = [];
    for (let count = 0; count < appended; count++) {
      const context = contextAtTip(chain, world.genesis);
      const { bytes } = sealedOn(context, registrations(world, perBlock, `${count}:`));
      const beganAt = performance.now();
      const block = decodeBlock(bytes);
      assert(block.ok, 'what was sealed is a block');
      const offer = await keeper.offer(block.value);
      assert(offer.verdict === 'accepted', 'it follows the tip');
      times.push(performance.now() - beganAt);
    }
    return median(times);
  } finally {
    await close();
  }
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5)!;
}

function timedUs(work: () => unknown): number {
  const beganAt = performance.now();
  work();
  return 1_000 * (performance.now() - beganAt);
}

/** Read from outside, as the system counts it. */
async function residentBytes(processId: number): Promise<number> {
  const [, pages] = (await readFile(`/proc/${processId}/statm`, 'utf8')).split(' ');
  return Number(pages) * 4_096;
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
  return bytes;
}
