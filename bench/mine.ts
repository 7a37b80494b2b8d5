/**
 * The search for a nonce, off the main thread, beside a main thread that goes on answering. Nonces are tried in their order
 * from zero on, so how many were tried is known once one is found: it is looked for beforehand, here.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { assert, systemClock } from '../src/base/index.ts';
import { searchNonce, workTarget } from '../src/crypto/index.ts';
import { type Header, nonceFrame } from '../src/ledger/index.ts';
import { inlineWorkers, type NonceSearch, threadWorkers } from '../src/node/index.ts';
import { hashFrom } from '../test/support/ledger.ts';
import { beside, hashesPerSecond } from './limit.ts';
import type { Question } from './question.ts';
import { QuickWorld } from './quick-world.ts';

export const mine: Question = {
  name: 'mine',
  asks: 'How many hashes does the miner try in a second, and does the prompt go on answering?',
  targets: [
    { figure: 'ofHashLimitTimes', atLeast: 0.8, quickly: { atLeast: 0.1 } },
    { figure: 'loopDelayP99Ms', atMost: 20 },
  ],
  async run({ isQuick }) {
    const attempts = isQuick ? 100_000 : 400_000;
    const workers = threadWorkers(inlineWorkers, systemClock);
    try {
      // Starts the thread.
      await workers.searchNonce({ ...searchOf(1, 0).search, target: workTarget(1) }, new AbortController().signal);
      const delays = monitorEventLoopDelay({ resolution: 1 });
      let [tried, tookMs, couldTry] = [0, 0, 0];
      for (let part = 0; part < parts; part++) {
        const { search, tries } = searchOf(attempts, part);
        const preimageBytes = search.prefix.length + nonceBytes + search.suffix.length;
        const { limit, result: partMs } = await beside(
          (ms) => hashesPerSecond(ms, preimageBytes),
          async () => {
            delays.enable();
            const beganAt = performance.now();
            const nonce = await workers.searchNonce(search, new AbortController().signal);
            const endedAt = performance.now();
            delays.disable();
            assert(nonce, 'it is there');
            return endedAt - beganAt;
          },
        );
        tried += tries;
        tookMs += partMs;
        couldTry += (limit * partMs) / 1_000;
      }
      return {
        attemptsPerSecond: (tried * 1_000) / tookMs,
        hashLimitPerSecond: (couldTry * 1_000) / tookMs,
        ofHashLimitTimes: tried / couldTry,
        loopDelayP99Ms: delays.percentile(99) / 1e6,
      };
    } finally {
      await workers.stop();
    }
  },
};

const nonceBytes = 8;
/** Searches, each between two measurements of the limit: how quick the machine is changes within a second. */
const parts = 4;

/** A search that takes about so many attempts, or twice as many: the first that does, of one series or another. */
function searchOf(about: number, series: number): { search: NonceSearch; tries: number } {
  const target = workTarget(about);
  for (let count = 1_000 * series; ; count++) {
    const search = { ...nonceFrame(headerOf(count)), target };
    const found = searchNonce({ ...search, start: 0n, attempts: 2 * about });
    if (found && found.attempts >= about) return { search, tries: found.attempts };
  }
}

function headerOf(count: number): Header {
  const { genesis } = new QuickWorld('mine');
  return {
    rules: genesis.rules,
    network: genesis.hash,
    height: 1,
    parent: genesis.hash,
    time: genesis.time,
    miner: hashFrom('miner'),
    transactionsRoot: hashFrom('root'),
    stateDigest: hashFrom(`digest ${count}`),
    difficulty: 1,
    nonce: '00'.repeat(8),
  };
}
