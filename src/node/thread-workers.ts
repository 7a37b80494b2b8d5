/** Workers on a thread: signature checks and nonce searches off the main thread, so that prompt and network stay quick. */
import { Worker } from 'node:worker_threads';
import { type PackedChecks, packChecks } from './packed-checks.ts';
import { type HandedOver, TaskThread } from './task-thread.ts';
import { attemptsAtOnce, type NonceSearch, type SignatureCheck, type Workers } from './workers.ts';

export type ThreadTask =
  | { readonly task: 'verify'; readonly packed: PackedChecks }
  | { readonly task: 'search'; readonly search: NonceSearch; readonly start: bigint; readonly attempts: number };

/** `verdicts`: 1 for each signature that holds, in their order. */
export type ThreadAnswer = { readonly verdicts: Uint8Array } | { readonly nonce: Uint8Array | null };

/** Fewer checks than this are done where they are: sending them costs more than they do. */
const worthSending = 32;

/** With so many checks to do a thread is behind, and another helps: blocks are caught up with, or a branch is switched to. */
const worthAnotherThread = 512;

/** Starts a thread on first use, and another where that one is behind. They do not keep the process alive. */
export function threadWorkers(inline: Workers, startThread: () => Worker = startWorkerThread): Workers {
  const [first, second] = [checkThread(startThread), checkThread(startThread)];
  return {
    async verify(checks) {
      if (checks.length < worthSending) return inline.verify(checks);
      const isBehind = first.checksUnderWay >= worthAnotherThread;
      const at = isBehind && second.checksUnderWay < first.checksUnderWay ? second : first;
      at.checksUnderWay += checks.length;
      try {
        const answer = await at.thread.ask(() => verifyTask(checks));
        return 'verdicts' in answer ? Array.from(answer.verdicts, (verdict) => verdict === 1) : inline.verify(checks);
      } finally {
        at.checksUnderWay -= checks.length;
      }
    },
    async searchNonce(search, signal) {
      for (let start = 0n; !signal.aborted; start += BigInt(attemptsAtOnce)) {
        const task = { task: 'search', search, start, attempts: attemptsAtOnce } as const;
        const answer = await first.thread.ask(() => ({ task, transfer: [] }));
        if ('nonce' in answer && answer.nonce) return answer.nonce;
      }
      return null;
    },
    async stop() {
      await Promise.all([first.thread.stop(), second.thread.stop()]);
    },
  };
}

function checkThread(startThread: () => Worker) {
  return { thread: new TaskThread<ThreadTask, ThreadAnswer>(startThread), checksUnderWay: 0 };
}

function verifyTask(checks: readonly SignatureCheck[]): HandedOver<ThreadTask> {
  const packed = packChecks(checks);
  return { task: { task: 'verify', packed }, transfer: [packed.lengths.buffer, packed.bytes.buffer] };
}

function startWorkerThread(): Worker {
  return new Worker(new URL('./worker-thread.js', import.meta.url));
}
