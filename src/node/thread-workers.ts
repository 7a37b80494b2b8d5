/** Workers on threads: signature checks and nonce searches off the main thread, so that prompt and network stay quick. */
import { Worker } from 'node:worker_threads';
import { CarechainError } from '../base/index.ts';
import { attemptsAtOnce, type NonceSearch, type SignatureCheck, type Workers } from './workers.ts';

export type ThreadTask =
  | { readonly task: 'verify'; readonly checks: readonly SignatureCheck[] }
  | { readonly task: 'search'; readonly search: NonceSearch; readonly start: bigint; readonly attempts: number };

export type ThreadAnswer = { readonly verdicts: boolean[] } | { readonly nonce: Uint8Array | null };

/** Fewer checks than this are done where they are: sending them costs more than they do. */
const worthSending = 32;

/** Starts one thread, on first use. It does not keep the process alive. */
export function threadWorkers(inline: Workers): Workers {
  let thread: Worker | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const ask = (task: ThreadTask): Promise<ThreadAnswer> => {
    thread ??= startThread();
    const asked = thread;
    const answer = last.then(
      () =>
        new Promise<ThreadAnswer>((resolve, reject) => {
          const onExit = () =>
            reject(new CarechainError('internal-error', 'A worker thread ended. Start the node again.'));
          asked.once('message', (message: ThreadAnswer) => {
            asked.off('exit', onExit);
            resolve(message);
          });
          asked.once('exit', onExit);
          asked.postMessage(task);
        }),
    );
    last = answer.catch(() => undefined);
    return answer;
  };

  return {
    async verify(checks) {
      if (checks.length < worthSending) return inline.verify(checks);
      const answer = await ask({ task: 'verify', checks });
      return 'verdicts' in answer ? answer.verdicts : [];
    },
    async searchNonce(search, signal) {
      for (let start = 0n; !signal.aborted; start += BigInt(attemptsAtOnce)) {
        const answer = await ask({ task: 'search', search, start, attempts: attemptsAtOnce });
        if ('nonce' in answer && answer.nonce) return answer.nonce;
      }
      return null;
    },
    async stop() {
      await last;
      await thread?.terminate();
      thread = null;
    },
  };
}

function startThread(): Worker {
  const thread = new Worker(new URL('./worker-thread.js', import.meta.url));
  thread.unref();
  return thread;
}
