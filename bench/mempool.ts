/**
 * What is done with transactions that are not in the chain must not cost more because many others wait: one comes, a block's
 * worth is taken, a block that confirms some of them arrives. Each is timed with few and with as many as there may be.
 */
import { assert, limits, toHex } from '../src/base/index.ts';
import {
  buildBlockInSteps,
  checkBlock,
  completed,
  genesisChanges,
  genesisHeader,
  sealBlock,
} from '../src/ledger/index.ts';
import { MemoryState } from '../src/node/index.ts';
import { Mempool } from '../src/node/mempool.ts';
import { nodeKeysFrom, withWork } from '../test/support/ledger.ts';
import { quantile } from '../test/support/quantile.ts';
import type { Figures, Question } from './question.ts';
import { QuickWorld, registrations } from './quick-world.ts';

const few = 5_000;
const submissions = 500;

export const mempool: Question = {
  name: 'mempool',
  asks: 'Does work on the mempool cost the same with 5,000 and with 50,000 transactions in it?',
  targets: [
    { figure: 'submitTimes', atMost: 1.5, quickly: { atMost: 4 } },
    { figure: 'takeTimes', atMost: 1.5 },
    { figure: 'dropTimes', atMost: 1.5 },
  ],
  async run({ isQuick }) {
    const most = isQuick ? 3 * few : limits.mempoolTransactions - submissions;
    // The first compiles what is measured.
    timesWith(few);
    const small = timesWith(few);
    const large = timesWith(most);
    return {
      fewCount: few,
      mostCount: most,
      ...named('few', small),
      ...named('most', large),
      submitTimes: large.submitUs / small.submitUs,
      takeTimes: large.takeMs / small.takeMs,
      dropTimes: large.dropMs / small.dropMs,
    };
  },
};

interface Times {
  /** Microseconds; the median of many. */
  readonly submitUs: number;
  /** A block's worth is chosen, and the block planned. */
  readonly takeMs: number;
  readonly dropMs: number;
}

function named(prefix: string, { submitUs, takeMs, dropMs }: Times): Figures {
  return { [`${prefix}SubmitUs`]: submitUs, [`${prefix}TakeMs`]: takeMs, [`${prefix}DropMs`]: dropMs };
}

function timesWith(count: number): Times {
  const world = new QuickWorld(`mempool ${count}`);
  const { genesis } = world;
  const head = new MemoryState();
  head.apply(genesisChanges(genesis));
  const verify = () => true;
  const pool = new Mempool(head, { genesis, verify }, () => false);
  for (const transaction of registrations(world, count, 'here')) pool.add(transaction);
  assert(pool.size === count, 'there is room for all of them');

  const each = registrations(world, submissions, 'more').map((transaction) => timed(() => pool.add(transaction)).ms);

  const miner = nodeKeysFrom('mempool');
  const parent = { hash: genesis.hash, header: genesisHeader(genesis) };
  const now = genesis.time + 60_000;
  const context = { genesis, parent, medianTimes: [genesis.time], now, state: head, verify };
  const taken = timed(() => completed(buildBlockInSteps(pool.candidates(), toHex(miner.publicKey), context)));
  assert(taken.result, 'there is something to mine');
  const { header, transactions } = taken.result;
  const block = sealBlock(withWork(header), transactions, miner.secretKey);
  const checked = checkBlock(block, context);
  assert(checked.ok, 'what was planned is valid');
  head.apply(checked.value.changes);
  const dropped = timed(() =>
    pool.advance({
      confirmed: block.transactions.map(({ id }) => id),
      changed: checked.value.changes.map(({ key }) => key),
      returned: [],
    }),
  );
  return { submitUs: 1_000 * quantile(each, 0.5)!, takeMs: taken.ms, dropMs: dropped.ms };
}

function timed<Result>(work: () => Result): { result: Result; ms: number } {
  const beganAt = performance.now();
  const result = work();
  return { result, ms: performance.now() - beganAt };
}
