import { z } from 'zod';
import { limits } from '../../base/index.ts';
import { defineAction, done } from '../action.ts';
import { isoTime, rowOf } from '../entries.ts';
import { flag, page } from '../inputs.ts';
import { shownBlock } from './block-rows.ts';

/** A page ends early once it shows this many transactions, so that an answer stays of a size. */
const mostTransactions = 20_000;

export const chain = defineAction({
  name: 'chain',
  summary: 'the blocks of the main chain, from the genesis up',
  usage: 'chain [--from <height>] [--count <n>] [--bytes]',
  example: 'chain --from 10 --count 5',
  who: 'anyone',
  input: z.strictObject({ ...page, bytes: flag }),
  positional: [],
  questions: [],
  signs: false,
  async run({ from = 0, count = limits.chainPage, bytes }, { carechain }) {
    const { node } = carechain;
    const blocks = [];
    let shown = 0;
    let height = from;
    for (; blocks.length < count && shown < mostTransactions; height++) {
      const hash = height === 0 ? node.genesis.hash : node.hashAt(height);
      if (hash === undefined) break;
      const { header, entries, preimage } = shownBlock(node, hash);
      const { parent, miner, time, difficulty } = header;
      const transactions = entries.map((entry) => {
        const { id, kind, author } = rowOf(node, entry);
        return { id, kind, author };
      });
      const row = { height, hash, parentHash: parent, miner, time: isoTime(time), difficulty, transactions };
      blocks.push(bytes ? { ...row, bytes: preimage() } : row);
      shown += transactions.length;
    }
    return done({ blocks, next: height <= node.head().height ? height : null });
  },
});
