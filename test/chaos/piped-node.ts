/**
 * One node process, driven through its piped mode. Unlike a test, which fails where an answer does not come, this one
 * expects the process to vanish at any moment: no answer is a value, and means that nobody knows.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { createInterface } from 'node:readline';
import type { PipedAnswer, PipedEvent } from '../../src/cli/story/node-process.ts';

export type { PipedAnswer, PipedEvent };

/** A paused process answers when it goes on, which may be half a minute later. */
const answerPatienceMs = 60_000;
/** A node closes within five seconds, and a busy machine is slower than its clock. */
const stopPatienceMs = 15_000;

export interface Ended {
  /** Who wanted it: nobody, where it crashed. */
  readonly by: 'itself' | 'end-of-input' | 'signal';
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it said on stderr. */
  readonly complaint: string;
}

export class PipedNode {
  readonly events: PipedEvent[] = [];
  readonly ended: Promise<Ended>;
  /** From the start of the process to `ready`; null before. */
  readyAfterMs: number | null = null;
  /** What of it was work of the processor, on Linux: a busy machine makes a start long, and not this. */
  readyAfterWorkMs: number | null = null;
  /** The highest block that it has told of: whatever it says, it has on its disk. */
  toldHeight = 0;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #startedAt = performance.now();
  readonly #awaited: ((answer: PipedAnswer | null) => void)[] = [];
  readonly #watchers = new Set<(event: PipedEvent) => void>();
  /** Lines that it left without an answer though it ran. */
  unanswered = 0;
  /** Answers that say that the program has a mistake. */
  readonly internalErrors: string[] = [];
  #toldBy: Ended['by'] = 'itself';
  #hasEnded = false;
  #complaint = '';

  constructor([program, ...args]: readonly string[]) {
    this.#child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line));
    this.#child.stderr.on('data', (bytes: Buffer) => {
      this.#complaint += bytes.toString();
    });
    // Whoever is gone reads no more.
    this.#child.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        this.#hasEnded = true;
        for (const answer of this.#awaited.splice(0)) answer(null);
        resolve({ by: this.#toldBy, code, signal, complaint: this.#complaint });
      });
      this.#child.once('error', (error) => {
        this.#complaint += error.message;
      });
    });
  }

  get processId(): number {
    return this.#child.pid!;
  }

  get isRunning(): boolean {
    return !this.#hasEnded;
  }

  /** Whether a line would reach it. */
  get takesLines(): boolean {
    return !this.#hasEnded && this.#child.stdin.writable;
  }

  /** Whether the process holds a file of a folder open; false where the system does not tell. */
  holdsFilesIn(folder: string): boolean {
    return this.isRunning && holdsFilesIn(this.processId, folder);
  }

  get complaint(): string {
    return this.#complaint;
  }

  /** @returns null where no answer came: whether the line had its effect is not known. */
  ask(line: string): Promise<PipedAnswer | null> {
    if (!this.takesLines) return Promise.resolve(null);
    return new Promise((resolve) => {
      const giveUp = () => {
        this.unanswered += 1;
        resolve(null);
      };
      const timeout = setTimeout(giveUp, answerPatienceMs);
      this.#awaited.push((answer) => {
        clearTimeout(timeout);
        resolve(answer);
      });
      this.#child.stdin.write(`${line}\n`);
    });
  }

  /** @returns the first event, past or to come, that fits; null where the process ends or `patienceMs` pass before. */
  event(fits: (event: PipedEvent) => boolean, patienceMs: number): Promise<PipedEvent | null> {
    const past = this.events.find(fits);
    if (past || this.#hasEnded) return Promise.resolve(past ?? null);
    return new Promise((resolve) => {
      const settle = (event: PipedEvent | null) => {
        clearTimeout(timeout);
        this.#watchers.delete(watch);
        resolve(event);
      };
      const watch = (event: PipedEvent) => {
        if (fits(event)) settle(event);
      };
      const timeout = setTimeout(() => settle(null), patienceMs);
      this.#watchers.add(watch);
      void this.ended.then(() => settle(null));
    });
  }

  /** @returns whether it became ready. */
  async ready(patienceMs = 60_000): Promise<boolean> {
    return (await this.event(({ event }) => event === 'ready', patienceMs)) !== null;
  }

  signal(name: NodeJS.Signals): void {
    if (name !== 'SIGSTOP' && name !== 'SIGCONT') this.#toldBy = 'signal';
    this.#child.kill(name);
  }

  kill(): Promise<Ended> {
    this.signal('SIGKILL');
    return this.ended;
  }

  /** Ends its input, which ends the node; one that goes on is killed, and its signal tells. */
  stop(): Promise<Ended> {
    this.#toldBy = 'end-of-input';
    this.#child.stdin.end();
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), stopPatienceMs);
    return this.ended.finally(() => clearTimeout(impatience));
  }

  #take(text: string): void {
    const line = readLine(text);
    if (line === null) return;
    if ('event' in line) {
      if (line.event === 'ready') this.#noteReady();
      if (line.event === 'ready' || line.event === 'block') this.#tell(line.height);
      this.events.push(line);
      for (const watch of [...this.#watchers]) watch(line);
      return;
    }
    if (!line.ok && line.error?.code === 'internal-error') this.internalErrors.push(`internal-error (${line.command})`);
    if (line.ok && line.command === 'mine') this.#tell(line.result?.height);
    this.#awaited.shift()?.(line);
  }

  #noteReady(): void {
    this.readyAfterMs = performance.now() - this.#startedAt;
    this.readyAfterWorkMs = workOf(this.processId);
  }

  #tell(height: unknown): void {
    if (typeof height === 'number') this.toldHeight = Math.max(this.toldHeight, height);
  }
}

const tickMs = 10;

/** What a process and all its threads have used of the processors; null where the system does not tell. */
function workOf(processId: number): number | null {
  try {
    // The name, in parentheses, may hold anything; times in user and system mode are the 14th and 15th field.
    const fields = readFileSync(`/proc/${processId}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * tickMs;
  } catch {
    return null;
  }
}

/** On Linux. Files are opened and closed under the eye: what is gone when it is looked at is not held. */
function holdsFilesIn(processId: number, folder: string): boolean {
  const handles = `/proc/${processId}/fd`;
  try {
    const inside = `${realpathSync(folder)}${sep}`;
    return readdirSync(handles).some((handle) => targetOf(join(handles, handle)).startsWith(inside));
  } catch {
    return false;
  }
}

function targetOf(handle: string): string {
  try {
    return readlinkSync(handle);
  } catch {
    return '';
  }
}

/** The last line of a process that was killed may be torn. */
function readLine(text: string): PipedAnswer | PipedEvent | null {
  try {
    return JSON.parse(text) as PipedAnswer | PipedEvent;
  } catch {
    return null;
  }
}
