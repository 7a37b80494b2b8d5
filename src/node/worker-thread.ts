/** What runs on the thread: one task at a time, one answer each. Loaded as a thread, never imported. */
import { parentPort } from 'node:worker_threads';
import { searchNonce, verifyStrict } from '../crypto/index.ts';
import { unpackChecks } from './packed-checks.ts';
import type { ThreadAnswer, ThreadTask } from './thread-workers.ts';

parentPort?.on('message', (message: ThreadTask) => {
  parentPort?.postMessage(answerTo(message));
});

function answerTo(message: ThreadTask): ThreadAnswer {
  if (message.task === 'verify') {
    const checks = [...unpackChecks(message.packed)];
    return {
      verdicts: Uint8Array.from(checks, ({ publicKey, message: signed, signature }) =>
        verifyStrict(publicKey, signed, signature) ? 1 : 0,
      ),
    };
  }
  const { search, start, attempts } = message;
  return { nonce: searchNonce({ ...search, start, attempts })?.nonce ?? null };
}
