/** Workers on a thread: signature checks and nonce searches off the main thread, so that prompt and network stay quick. */
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../base/index.ts';
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
const worthHelp = 512;
/** A thread takes some 20 MB, so one that helped ends when it was not needed for so long. */
const helperRestsMs = 30_000;

/** Starts a thread on first use, and another where that one is behind. They do not keep the process alive. */
export function threadWorkers(
  inline: Workers,
  clock: Pick<Clock, 'after'>,
  startThread: () => Worker = startWorkerThread,
): Workers {
  const first = new TaskThread<ThreadTask, ThreadAnswer>(startThread);
  const helper = new TaskThread<ThreadTask, ThreadAnswer>(startThread);
  let resting: Timer | null = null;
  const check = async (checks: readonly SignatureCheck[]) => {
    const ask = (thread: typeof first) => thread.ask(() => verifyTask(checks), checks.length);
    if (first.load < worthHelp || first.load <= helper.load) return ask(first);
    resting?.cancel();
    try {
      return await ask(helper);
    } finally {
      resting?.cancel();
      if (helper.load === 0) resting = clock.after(helperRestsMs, () => helper.rest());
    }
  };
  return {
    async verify(checks) {
      if (checks.length < worthSending) return inline.verify(checks);
      const answer = await check(checks);
      return 'verdicts' in answer ? Array.from(answer.verdicts, (verdict) => verdict === 1) : inline.verify(checks);
    },
    async searchNonce(search, signal) {
      for (let start = 0n; !signal.aborted; start += BigInt(attemptsAtOnce)) {
        const task = { task: 'search', search, start, attempts: attemptsAtOnce } as const;
        const answer = await first.ask(() => ({ task, transfer: [] }), 0);
        if ('nonce' in answer && answer.nonce) return answer.nonce;
      }
      return null;
    },
    async stop() {
      await Promise.all([first.stop(), helper.stop()]);
      resting?.cancel();
    },
  };
}

function verifyTask(checks: readonly SignatureCheck[]): HandedOver<ThreadTask> {
  const packed = packChecks(checks);
  return { task: { task: 'verify', packed }, transfer: [packed.lengths.buffer, packed.bytes.buffer] };
}

function startWorkerThread(): Worker {
  return new Worker(new URL('./worker-thread.js', import.meta.url));
}
