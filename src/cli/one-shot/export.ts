/** `export --out F`: the whole chain of a stopped node, one readable block a line. */
import { type Carechain, writeNewFile } from '../../actions/index.ts';
import { assert } from '../../base/index.ts';
import { blockLine, genesisLine } from './block-line.ts';

export interface Exported {
  readonly file: string;
  /** The genesis included. */
  readonly blocks: number;
  readonly transactions: number;
}

/** @throws CarechainError `file-exists` or `file-unwritable`; then there is no file that was not there before. */
export async function exportChain({ node }: Carechain, path: string): Promise<Exported> {
  const { height: last } = node.head();
  let transactions = 0;
  await writeNewFile(path, async (file) => {
    await file.appendFile(`${JSON.stringify(genesisLine(node.genesis))}\n`);
    for (let height = 1; height <= last; height++) {
      const block = node.block(node.hashAt(height)!);
      assert(block, 'every block of the main chain is stored');
      transactions += block.transactions.length;
      await file.appendFile(`${JSON.stringify(blockLine(block, node.rewardsOf(block.hash), node.genesis))}\n`);
    }
  });
  return { file: path, blocks: last + 1, transactions };
}
