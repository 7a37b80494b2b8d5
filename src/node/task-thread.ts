/**
 * A thread that does tasks in the order in which they are asked for. Two are with it at once: while it does one the next
 * lies ready, so that it need not wait for the main thread, which may be at something else for many milliseconds.
 *
 * A thread that dies takes its tasks with it. The one that it was at goes to a new thread once more, and only when that
 * dies too is the asker told; those behind it go to the new thread whatever becomes of it.
 */
import type { Transferable, Worker } from 'node:worker_threads';
import { CarechainError } from '../base/index.ts';

const tasksAtOnce = 2;

export interface HandedOver<Task> {
  readonly task: Task;
  /** What of it changes hands rather than being copied. */
  readonly transfer: readonly Transferable[];
}

interface Asked<Task, Answer> {
  /** Once for each thread: what is handed over to one is gone. */
  makeTask(): HandedOver<Task>;
  answer(answer: Answer): void;
  refuse(error: unknown): void;
  /** A thread has died over it. */
  isDeadly: boolean;
}

export class TaskThread<Task, Answer> {
  readonly #startThread: () => Worker;
  #thread: Worker | null = null;
  /** With the thread, the first of them in its hands. */
  readonly #begun: Asked<Task, Answer>[] = [];
  readonly #waiting: Asked<Task, Answer>[] = [];
  #whenIdle: (() => void)[] = [];
  #isStopping = false;
  /** What it was asked for and has not answered, as its askers count it. */
  #load = 0;

  /** @param startThread on first use, and after each death. It does not keep the process alive. */
  constructor(startThread: () => Worker) {
    this.#startThread = startThread;
  }

  get load(): number {
    return this.#load;
  }

  /**
   * @param load what the task adds to {@link load} until it is answered.
   * @throws CarechainError `internal-error` where two threads died over it, or it is stopping.
   */
  async ask(makeTask: () => HandedOver<Task>, load: number): Promise<Answer> {
    if (this.#isStopping) throw stopping();
    this.#load += load;
    try {
      return await new Promise<Answer>((answer, refuse) => {
        this.#waiting.push({ makeTask, answer, refuse, isDeadly: false });
        this.#handOver();
      });
    } finally {
      this.#load -= load;
    }
  }

  /** Ends a thread that has nothing to do. The next task starts another. */
  rest(): void {
    if (this.#begun.length > 0 || this.#waiting.length > 0) return;
    const thread = this.#thread;
    this.#thread = null;
    void thread?.terminate();
  }

  /** What is with the thread is waited for; what waits is refused. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { refuse } of this.#waiting.splice(0)) refuse(stopping());
    if (this.#begun.length > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    await this.#thread?.terminate();
    this.#thread = null;
  }

  #handOver(): void {
    while (this.#waiting.length > 0 && this.#begun.length < tasksAtOnce) {
      const asked = this.#waiting.shift()!;
      try {
        this.#thread ??= this.#start();
        const { task, transfer } = asked.makeTask();
        this.#thread.postMessage(task, transfer);
        this.#begun.push(asked);
      } catch (error) {
        // What cannot be copied to a thread is a mistake of ours, and no other thread would take it either.
        asked.refuse(error);
      }
    }
    if (this.#begun.length === 0) for (const idle of this.#whenIdle.splice(0)) idle();
  }

  #start(): Worker {
    const started = this.#startThread();
    started.unref();
    started.on('message', (answer: Answer) => {
      this.#begun.shift()!.answer(answer);
      this.#handOver();
    });
    // Without a listener an error in the thread would end the process; with one, the exit that follows says enough.
    started.on('error', () => undefined);
    // Also where it dies with nothing to do.
    started.on('exit', () => {
      if (this.#thread === started) this.#died();
    });
    return started;
  }

  #died(): void {
    this.#thread = null;
    const again = this.#begun.splice(0);
    const [deadly] = again;
    if (deadly?.isDeadly) {
      deadly.refuse(new CarechainError('internal-error', 'Two worker threads in a row ended over one task.'));
      again.shift();
    } else if (deadly) deadly.isDeadly = true;
    if (this.#isStopping) for (const { refuse } of again.splice(0)) refuse(stopping());
    this.#waiting.unshift(...again);
    this.#handOver();
  }
}

function stopping(): CarechainError {
  return new CarechainError('internal-error', 'The node is stopping: its worker thread has ended.');
}
