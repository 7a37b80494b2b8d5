/** A carechain node in a process of its own, driven through its piped mode: lines in, JSON lines out. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CarechainError } from '../../base/index.ts';

export interface PipedAnswer {
  readonly ok: boolean;
  readonly command: string;
  readonly line: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string };
}

export type PipedEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

const longestWaitMs = 20_000;
/** A node closes within five seconds; more than that is the machine's. */
const endPatienceMs = 8_000;

export class NodeProcess {
  readonly events: PipedEvent[] = [];
  readonly #child: ChildProcess;
  /** One slot for each line that was typed and not answered yet. */
  readonly #awaited: { answer?: PipedAnswer }[] = [];
  readonly #watchers = new Set<() => void>();
  #ended = false;
  #complaint = '';

  /** Runs `carechain <args>` with `--json`. `executable` is the path of bin/carechain.js. */
  constructor(executable: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, [executable, ...args, '--json'], { stdio: ['pipe', 'pipe', 'pipe'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#take(JSON.parse(line)));
    this.#child.stderr!.on('data', (bytes: Buffer) => {
      this.#complaint += bytes.toString();
    });
    // A node that is gone takes no more lines: `exit` tells.
    this.#child.stdin!.on('error', () => {});
    this.#child.on('exit', () => {
      this.#ended = true;
      for (const watch of this.#watchers) watch();
    });
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  /** Types a line. @throws CarechainError with the code of the answer where it is not ok. */
  async run(line: string): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.ask(line);
    if (answer.ok) return answer.result ?? {};
    throw new CarechainError(answer.error?.code ?? 'internal-error', `${line.split(' ')[0]}: ${answer.error?.message}`);
  }

  /** Types a line and gives its answer, ok or not. */
  ask(line: string): Promise<PipedAnswer> {
    const input = this.#child.stdin!;
    if (!input.writable) return Promise.reject(new CarechainError('node-ended', 'A node ended by itself.'));
    const slot: { answer?: PipedAnswer } = {};
    this.#awaited.push(slot);
    input.write(`${line}\n`);
    return this.#until(() => slot.answer ?? false, `an answer to ${line.split(' ')[0]}`);
  }

  /** Resolves with the first event, past or to come, that fits. */
  event(fits: (event: PipedEvent) => boolean, what: string): Promise<PipedEvent> {
    return this.#until(() => this.events.find(fits) ?? false, what);
  }

  /** Closes its input, which ends the node; kills it where that does not help in time. @returns the exit code. */
  async end(patienceMs = endPatienceMs): Promise<number | null> {
    if (this.#ended) return this.#child.exitCode;
    const exited = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.stdin!.end();
    const timeout = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    await exited;
    clearTimeout(timeout);
    return this.#child.exitCode;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #take(line: PipedAnswer | PipedEvent): void {
    if ('event' in line) this.events.push(line);
    else {
      const slot = this.#awaited.shift();
      if (slot) slot.answer = line;
    }
    for (const watch of this.#watchers) watch();
  }

  #until<Found>(find: () => Found | false, what: string): Promise<Found> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        clearTimeout(timeout);
        this.#watchers.delete(watch);
        settle();
      };
      const watch = () => {
        const found = find();
        if (found !== false) return done(() => resolve(found));
        if (this.#ended)
          done(() => reject(new CarechainError('node-ended', this.#complaint.trim() || 'A node ended by itself.')));
      };
      const timeout = setTimeout(
        () => done(() => reject(new CarechainError('timed-out', `Waited too long for ${what}.`))),
        longestWaitMs,
      );
      this.#watchers.add(watch);
      watch();
    });
  }
}
