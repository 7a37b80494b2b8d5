/**
 * The network was parted, and the other side did more: a node leaves a hundred blocks of its own for a hundred and one of
 * theirs. The bodies are on its disk already; what is timed is the switch, from the offer of the last one on.
 */
import { assert, systemClock } from '../src/base/index.ts';
import { Draft, decodeBlock, type Transaction } from '../src/ledger/index.ts';
import { undoDownTo } from '../src/node/branch.ts';
import { built, readChain } from './built-chain.ts';
import { beside, verifiesPerSecond } from './limit.ts';
import { historyOf } from './lives.ts';
import { openLoneKeeper } from './lone-keeper.ts';
import type { Question } from './question.ts';
import { QuickWorld } from './quick-world.ts';
import { copyOf } from './workplace.ts';

const shared = { blocks: 10, perBlock: 100 };
const perBlock = 100;

export const reorg: Question = {
  name: 'reorg',
  asks: 'How long does a switch to a branch take that is 100 blocks of 100 transactions deep?',
  targets: [
    { figure: 'switchMs', atMost: 1_500 },
    { figure: 'undoOfSwitchTimes', atMost: 0.1, quickly: { atMost: 0.5 } },
  ],
  async run({ isQuick }) {
    const depth = isQuick ? 10 : 100;
    const ours = await built(`ours-${depth}x${perBlock}`, (world) => branch(world, 'ours', depth));
    const theirs = await readChain(
      await built(`theirs-${depth}x${perBlock}`, (world) => branch(world, 'theirs', depth + 1)),
    );
    const { limit, result } = await beside(verifiesPerSecond, () => timeSwitch(ours, theirs.blocks));
    const verifyMs = (result.transactions * 1_000) / limit;
    return {
      switchMs: result.switchMs,
      undoMs: result.undoMs,
      undoOfSwitchTimes: result.undoMs / result.switchMs,
      verifyLimitMs: verifyMs,
      ofVerifyLimitTimes: verifyMs / result.switchMs,
    };
  },
};

function* branch(world: QuickWorld, side: string, blocks: number): Generator<Transaction[]> {
  yield* historyOf(world, shared);
  yield* historyOf(new QuickWorld(side), { blocks, perBlock });
}

interface Switched {
  readonly switchMs: number;
  /** The same undoing once more, on a draft that is thrown away. */
  readonly undoMs: number;
  /** Of the branch that won. */
  readonly transactions: number;
}

async function timeSwitch(original: string, theirs: readonly Uint8Array[]): Promise<Switched> {
  const folder = await copyOf(original);
  const { chain, keeper, close } = await openLoneKeeper(folder.path);
  try {
    const before = chain.tip();
    const undone = performance.now();
    await undoDownTo(shared.blocks, chain, new Draft(chain.state), systemClock);
    const undoMs = performance.now() - undone;

    let transactions = 0;
    for (const bytes of theirs.slice(shared.blocks)) {
      const block = decodeBlock(bytes);
      assert(block.ok, 'a built chain holds blocks');
      transactions += block.value.transactions.length;
      const offered = performance.now();
      const offer = await keeper.offer(block.value);
      const switchMs = performance.now() - offered;
      assert(offer.verdict === 'accepted', 'a built chain is valid');
      // Where both sides have as much work the lower hash wins, so it may be one block early.
      if (chain.tip().hash !== before.hash) return { switchMs, undoMs, transactions };
    }
    throw new Error('the branch with more work did not win');
  } finally {
    await close();
    await folder.remove();
  }
}
