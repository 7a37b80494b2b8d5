/**
 * The program in a real terminal, as a person at it has it: tmux draws a screen from what the program writes, and keys are
 * pressed into it. Nobody's own tmux is touched: the server has a name and a life of its own.
 */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { executable } from './processes.ts';

export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

const run = promisify(execFile);
const longestWaitMs = 20_000;
const lookEveryMs = 50;
let started = 0;

export interface ScreenSettings {
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export class TestTerminal {
  readonly #socket: string;
  readonly #folder: string;

  private constructor(socket: string, folder: string) {
    this.#socket = socket;
    this.#folder = folder;
  }

  /** Runs `carechain <args>` in a terminal of 80 columns and 24 rows, where nothing else is said. */
  static async start(
    args: readonly string[],
    { columns = 80, rows = 24, environment = {} }: ScreenSettings = {},
  ): Promise<TestTerminal> {
    const folder = await mkdtemp(join(tmpdir(), 'carechain-screen-'));
    const terminal = new TestTerminal(`carechain-test-${process.pid}-${started++}`, folder);
    const program = [process.execPath, executable, ...args].map(quoted).join(' ');
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`);
    // It begins when the record runs, and says how it ended; then the screen stays.
    const script = `read go; stty echo; clear; ${variables.join(' ')} ${program}; echo "ended with $?"; read stay`;
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), script);
    await terminal.#tmux('pipe-pane', '-O', `cat > ${quoted(terminal.#recordPath)}`);
    await terminal.press('Enter');
    return terminal;
  }

  /** Types characters as they are. */
  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', '--', text);
  }

  /** Presses keys by tmux's names: Enter, Tab, Up, C-c. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys);
  }

  /** What is on the screen now, without the empty rows below. */
  async screen(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p')).trimEnd();
  }

  /** What is on the screen and what has gone out above it. */
  async everything(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p', '-S', '-')).trimEnd();
  }

  /** Looks until the screen holds it. @returns that screen. */
  shows(wanted: string | RegExp): Promise<string> {
    return vi.waitFor(
      async () => {
        const screen = await this.screen();
        if (typeof wanted === 'string' ? screen.includes(wanted) : wanted.test(screen)) return screen;
        throw new Error(`The screen does not show ${String(wanted)}:\n${screen}`);
      },
      { timeout: longestWaitMs, interval: lookEveryMs },
    );
  }

  /** The exit code, once the program has ended. */
  async ended(): Promise<number> {
    const screen = await this.shows(/^ended with \d+$/m);
    return Number(/^ended with (\d+)$/m.exec(screen)![1]);
  }

  /** Every byte that the program ever wrote, escapes and all. */
  recorded(): string {
    return readFileSync(this.#recordPath, 'utf8');
  }

  async close(): Promise<void> {
    await this.#tmux('kill-server');
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #recordPath(): string {
    return join(this.#folder, 'record');
  }

  async #tmux(...words: readonly string[]): Promise<string> {
    // The server's socket lies in a folder that goes away with it.
    const env = { ...process.env, TMUX_TMPDIR: this.#folder };
    return (await run('tmux', ['-L', this.#socket, ...words], { env })).stdout;
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
