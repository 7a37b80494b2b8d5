/**
 * Workers on a thread: signature checks and nonce searches off the main thread, so that prompt and network stay quick.
 *
 * One task is on the thread at a time. A thread that dies takes its task with it: the task goes to a new thread once more,
 * and only when that dies too is the asker told.
 */
import { Worker } from 'node:worker_threads';
import { CarechainError } from '../base/index.ts';
import { type PackedChecks, packChecks } from './packed-checks.ts';
import { SerialQueue } from './serial-queue.ts';
import { attemptsAtOnce, type NonceSearch, type Workers } from './workers.ts';

export type ThreadTask =
  | { readonly task: 'verify'; readonly packed: PackedChecks }
  | { readonly task: 'search'; readonly search: NonceSearch; readonly start: bigint; readonly attempts: number };

/** `verdicts`: 1 for each signature that holds, in their order. */
export type ThreadAnswer = { readonly verdicts: Uint8Array } | { readonly nonce: Uint8Array | null };

/** Fewer checks than this are done where they are: sending them costs more than they do. */
const worthSending = 32;

/** Starts one thread, on first use. It does not keep the process alive. */
export function threadWorkers(inline: Workers, startThread: () => Worker = startWorkerThread): Workers {
  const queue = new SerialQueue();
  let thread: Worker | null = null;
  let stopped = false;

  /** The answer of a thread; null where it died over the task. */
  async function attempt(makeTask: () => ThreadTask): Promise<ThreadAnswer | null> {
    if (stopped) throw new CarechainError('internal-error', 'The node is stopping: its worker thread has ended.');
    thread ??= start();
    return answerOf(thread, makeTask());
  }

  function start(): Worker {
    const started = startThread();
    started.unref();
    // Without a listener an error in the thread would end the process; with one, the exit that follows says enough.
    started.on('error', () => undefined);
    // Also where it dies with nothing to do.
    started.on('exit', () => {
      if (thread === started) thread = null;
    });
    return started;
  }

  /** @param makeTask once for each thread: what is handed over to one is gone. */
  const ask = (makeTask: () => ThreadTask): Promise<ThreadAnswer> =>
    queue.run(async () => {
      const answer = (await attempt(makeTask)) ?? (await attempt(makeTask));
      if (answer) return answer;
      throw new CarechainError('internal-error', 'Two worker threads in a row ended over one task.');
    });

  return {
    async verify(checks) {
      if (checks.length < worthSending) return inline.verify(checks);
      const answer = await ask(() => ({ task: 'verify', packed: packChecks(checks) }));
      return 'verdicts' in answer ? Array.from(answer.verdicts, (verdict) => verdict === 1) : inline.verify(checks);
    },
    async searchNonce(search, signal) {
      for (let start = 0n; !signal.aborted; start += BigInt(attemptsAtOnce)) {
        const answer = await ask(() => ({ task: 'search', search, start, attempts: attemptsAtOnce }));
        if ('nonce' in answer && answer.nonce) return answer.nonce;
      }
      return null;
    },
    async stop() {
      stopped = true;
      // The task on the thread ends within milliseconds; those behind it are refused.
      await queue.idle();
      await thread?.terminate();
      thread = null;
    },
  };
}

/** Whatever happens first: the answer, or the end of the thread. An error in a thread is always followed by its end. */
function answerOf(thread: Worker, task: ThreadTask): Promise<ThreadAnswer | null> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      thread.off('message', onMessage).off('exit', onExit);
      act();
    };
    const onMessage = (message: ThreadAnswer) => settle(() => resolve(message));
    const onExit = () => settle(() => resolve(null));
    thread.on('message', onMessage).on('exit', onExit);
    try {
      thread.postMessage(task, task.task === 'verify' ? [task.packed.lengths.buffer, task.packed.bytes.buffer] : []);
    } catch (error) {
      // What cannot be copied to a thread is a mistake of ours, and no other thread would take it either.
      settle(() => reject(error));
    }
  });
}

function startWorkerThread(): Worker {
  return new Worker(new URL('./worker-thread.js', import.meta.url));
}
