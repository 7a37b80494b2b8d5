/** The program as whoever starts it sees it: bytes in, bytes out, signals, an exit code. Its answers are not read here. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { executable } from '../support/processes.ts';

const longestWaitMs = 20_000;

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly complaint: string;
}

export class RawProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number | null>;
  #out = '';
  #complaint = '';

  /** @param ofNode options of Node itself. */
  constructor(args: readonly string[], ofNode: readonly string[] = []) {
    this.#child = spawn(process.execPath, [...ofNode, executable, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdout.on('data', (bytes: Buffer) => {
      this.#out += bytes.toString();
      this.#child.emit('seen');
    });
    this.#child.stderr.on('data', (bytes: Buffer) => {
      this.#complaint += bytes.toString();
    });
    // A process that has ended reads no more: that is what is tested, and no error here.
    this.#child.stdin.on('error', () => {});
    this.#ended = new Promise((resolve) => this.#child.once('close', (code) => resolve(code)));
  }

  get processId(): number {
    return this.#child.pid!;
  }

  get out(): string {
    return this.#out;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when all of it has been taken. */
  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#child.stdin.write(bytes, () => resolve()));
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  /** Goes away as its reader. */
  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves when `text` was printed. */
  prints(text: string): Promise<void> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timeout);
        child.off('seen', look);
        child.off('close', gone);
        finish();
      };
      const look = () => {
        if (this.#out.includes(text)) settle(resolve);
      };
      const gone = () => settle(() => reject(new Error(`The process ended without «${text}»: ${this.#complaint}`)));
      const timeout = setTimeout(
        () => settle(() => reject(new Error(`Waited too long for «${text}».`))),
        longestWaitMs,
      );
      child.on('seen', look);
      child.once('close', gone);
      look();
    });
  }

  /** Waits for its end. */
  async end(): Promise<Ended> {
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), longestWaitMs);
    const code = await this.#ended;
    clearTimeout(kill);
    return { code, out: this.#out, complaint: this.#complaint };
  }

  /** Nothing is left behind. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Runs the program with an input that is all there is. */
export async function runToEnd(args: readonly string[], input: string | Uint8Array = ''): Promise<Ended> {
  const child = new RawProcess(args);
  await child.write(input);
  child.endInput();
  return child.end();
}

/** The options of a node with files of its own below `folder`. */
export function nodeArgs(folder: string, port: number, more: readonly string[] = [], role = 'doctor'): string[] {
  const files = ['--data-dir', join(folder, role), '--registry-csv', join(folder, 'patient_registry.csv')];
  return [role, '--port', String(port), ...files, ...more];
}

/** Does `run` for every case, a few at a time: a process takes most of a second to start, and little of a second core. */
export async function inLanes<Case>(cases: readonly Case[], run: (each: Case) => Promise<void>): Promise<void> {
  const left = [...cases];
  const lane = async () => {
    for (let each = left.shift(); each !== undefined; each = left.shift()) await run(each);
  };
  await Promise.all([lane(), lane(), lane()]);
}

/** What a terminal would obey: escapes, controls, and what turns text around. */
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

/** Sentences for people: nothing that moves a cursor, and no stack. */
export function expectReadable({ out, complaint }: Ended): void {
  for (const text of [out, complaint]) {
    expect(unsafe.exec(text)?.[0]).toBeUndefined();
    expect(text).not.toMatch(/^\s+at /m);
    expect(text).not.toMatch(/node:internal|\b[A-Z]\w*Error\b|\[object/);
  }
}
