/** Plays the story on three node processes and hands each step, with what it brought, to whoever narrates or tests. */
import { CarechainError } from '../../base/index.ts';
import { NodeProcess } from './node-process.ts';
import { accounts, type Books, type StoryNode, type StoryStep, story } from './story.ts';

export const storyNodes: readonly StoryNode[] = ['doctor', 'lab', 'pharmacy'];

export interface PlayedStep {
  readonly number: number;
  readonly step: StoryStep;
  /** `underneath` with its values filled in. */
  readonly underneath: string;
  readonly results: readonly Readonly<Record<string, unknown>>[];
  /** After a step that mined: the new height, and the books on each node. */
  readonly height: number | null;
  readonly books: Readonly<Record<StoryNode, Books>> | null;
}

export type StoryProcesses = Readonly<Record<StoryNode, NodeProcess>>;

export interface StoryPlace {
  /** Path of bin/carechain.js. */
  readonly executable: string;
  /** A folder of its own for everything the nodes write. */
  readonly folder: string;
  readonly ports: Readonly<Record<StoryNode, number>>;
}

/** Starts the three nodes, linked to each other. The caller ends them. */
export async function startNodes({ executable, folder, ports }: StoryPlace): Promise<StoryProcesses> {
  const start = (role: StoryNode): NodeProcess => {
    const peers = storyNodes.filter((other) => other !== role).map((other) => `127.0.0.1:${ports[other]}`);
    const own = ['--port', String(ports[role]), '--peers', peers.join(',')];
    const files = ['--data-dir', `${folder}/${role}`, '--registry-csv', `${folder}/patient_registry.csv`];
    return new NodeProcess(executable, [role, ...own, ...files]);
  };
  const processes = { doctor: start('doctor'), lab: start('lab'), pharmacy: start('pharmacy') };
  for (const role of storyNodes) {
    const linked = new Set<unknown>();
    await processes[role].event(({ event, peerId, state }) => {
      if (event === 'peer' && state === 'connected') linked.add(peerId);
      return linked.size === storyNodes.length - 1;
    }, `the ${role} node to find its peers`);
  }
  return processes;
}

/** Plays step by step. @throws CarechainError where an answer is not ok or the books are not those of the story. */
export async function* playStory(processes: StoryProcesses): AsyncGenerator<PlayedStep> {
  const values: Record<string, string> = {};
  for (const [index, step] of story.entries()) {
    const results: Readonly<Record<string, unknown>>[] = [];
    for (const command of step.commands) {
      const result = await processes[step.node].run(fillIn(command, values));
      for (const [field, name] of Object.entries(step.keep ?? {})) {
        if (typeof result[field] === 'string') values[name] = result[field];
      }
      results.push(result);
    }
    const height = step.books ? (results.at(-1)!.height as number) : null;
    await everyoneHas(processes, step.node, results, height);
    const books = step.books ? await readBooks(processes) : null;
    if (step.books && books) for (const role of storyNodes) expectBooks(role, books[role], step.books);
    yield { number: index + 1, step, underneath: fillIn(step.underneath, shortened(values)), results, height, books };
  }
}

/** Waits until what this step brought has reached the other nodes: gossip is fast, but not at once. */
async function everyoneHas(
  processes: StoryProcesses,
  author: StoryNode,
  results: readonly Readonly<Record<string, unknown>>[],
  height: number | null,
): Promise<void> {
  const ids = results.flatMap(({ transactionId, payment }) => [
    transactionId,
    (payment as { transactionId?: unknown } | undefined)?.transactionId,
  ]);
  for (const role of storyNodes.filter((other) => other !== author)) {
    for (const id of ids) {
      if (typeof id === 'string')
        await processes[role].event((event) => event.event === 'transaction' && event.id === id, `transaction ${id}`);
    }
    if (height !== null)
      await processes[role].event((event) => event.event === 'block' && event.height === height, `block #${height}`);
  }
}

async function readBooks(processes: StoryProcesses): Promise<Record<StoryNode, Books>> {
  const read = async (role: StoryNode): Promise<Books> => {
    const { balances } = (await processes[role].run('balances')) as { balances: Record<string, number> };
    return accounts.map((account) => balances[account] ?? 0) as unknown as Books;
  };
  return { doctor: await read('doctor'), lab: await read('lab'), pharmacy: await read('pharmacy') };
}

function expectBooks(role: StoryNode, found: Books, expected: Books): void {
  if (found.every((balance, index) => balance === expected[index])) return;
  throw new CarechainError(
    'story-differs',
    `The books of the ${role} node are ${found.join(' / ')}, not ${expected.join(' / ')}.`,
  );
}

/** Ids as people are shown them: the first eight digits. */
function shortened(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, `${value.slice(0, 8)}…`]));
}

function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
