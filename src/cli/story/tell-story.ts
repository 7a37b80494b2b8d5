/** `npm start`: plays the story for one who watches, in a folder that is removed, and says how to go on alone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import Table from 'cli-table3';
import { describeError } from '../../base/index.ts';
import { type PlayedStep, playStory, type StoryProcesses, startNodes, storyNodes } from './play-story.ts';
import { accounts, type StoryNode, story } from './story.ts';

const usualPorts: Readonly<Record<StoryNode, number>> = { doctor: 5001, lab: 5002, pharmacy: 5003 };

export interface Telling {
  readonly executable: string;
  readonly input: Readable;
  readonly output: Writable;
  /** Waits for Enter between steps. */
  readonly stepwise: boolean;
  /** Calls at each signal that asks to stop. @returns what ends that. */
  onSignal(run: () => void): () => void;
}

/** @returns the exit code. */
export async function tellStory({ executable, input, output, stepwise, onSignal }: Telling): Promise<number> {
  const say = (line = '') => output.write(`${line.length > 80 ? wrap(line, 80).join('\n') : line}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'carechain-story-'));
  const reader = stepwise ? createInterface({ input, output }) : null;
  let processes: StoryProcesses | null = null;
  let stopped = false;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    reader?.close();
    // The step that is being played fails, and everything is cleared away as after the last one.
    for (const role of storyNodes) void processes?.[role].end();
  };
  const release = onSignal(stop);
  // Whoever watched may be gone, and the terminal with them; what was begun is cleared away all the same.
  for (const stream of [input, output]) stream.on('error', stop);
  reader?.on('SIGINT', stop).on('error', stop);
  try {
    const ports = await findPorts(say);
    say(
      `Three nodes start on this machine: doctor ${ports.doctor}, lab ${ports.lab}, pharmacy ${ports.pharmacy}. What they write goes away at the end.`,
    );
    processes = await startNodes({ executable, folder, ports });
    say('They are linked. The story has twelve steps.\n');
    for await (const played of stopped ? [] : playStory(processes)) {
      for (const line of narrate(played)) say(line);
      if (reader && played.number < story.length) await enter(reader);
      if (stopped) break;
    }
    for (const line of stopped ? ['', 'The story was stopped.'] : farewell) say(line);
    return 0;
  } catch (error) {
    say(stopped ? 'The story was stopped.' : `✗ The story stopped. ${describeError(error).message}`);
    return stopped ? 0 : 1;
  } finally {
    reader?.close();
    if (processes) await Promise.all(storyNodes.map((role) => processes![role].end()));
    release();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits for Enter; an input that has ended lets the story go on. */
function enter(reader: Interface): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      reader.off('line', done);
      reader.off('close', done);
      resolve();
    };
    if ((reader as Interface & { closed?: boolean }).closed) return resolve();
    reader.once('line', done);
    reader.once('close', done);
    reader.setPrompt('Enter for the next step … ');
    reader.prompt();
  });
}

function narrate({ number, step, underneath, height, books }: PlayedStep): string[] {
  const [first, ...rest] = wrap(step.sentence, 76);
  const lines = [
    `${String(number).padStart(2)}. ${first}`,
    ...[...rest, ...wrap(underneath, 76)].map((line) => `    ${line}`),
  ];
  if (!books) return [...lines, ''];
  const table = new Table({
    head: ['after block', ...accounts],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right'],
  });
  table.push([`#${height}`, ...books.doctor.map((balance) => balance.toLocaleString('en'))]);
  return [
    ...lines,
    ...table
      .toString()
      .split('\n')
      .map((line) => `    ${line}`),
    '    ✓ The same on all three nodes.',
    '',
  ];
}

const farewell = [
  'That was the whole story. Now open three terminals and play it yourself:',
  '',
  '  npx carechain doctor   --port 5001 --peers 127.0.0.1:5002,127.0.0.1:5003',
  '  npx carechain lab      --port 5002 --peers 127.0.0.1:5001,127.0.0.1:5003',
  '  npx carechain pharmacy --port 5003 --peers 127.0.0.1:5001,127.0.0.1:5002',
  '',
  'Logins: dr_alice / password123 · lab_tech_bob / labpass ·',
  '        pharm_charlie / pharmpass',
  'Type help in any of them.',
];

/** The usual ports where all are free; otherwise three free ones, and says so. */
async function findPorts(say: (line: string) => void): Promise<Record<StoryNode, number>> {
  const ports = { ...usualPorts };
  for (const role of storyNodes) {
    const free = await listenOnce(usualPorts[role]).catch(() => null);
    if (free !== null) continue;
    ports[role] = await listenOnce(0);
    say(`Port ${usualPorts[role]} is busy: the ${role} node takes ${ports[role]}.`);
  }
  return ports;
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}
