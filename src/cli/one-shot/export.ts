/** `export --out F`: the whole chain of a stopped node, one readable block a line. */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { type Carechain, errorCodes } from '../../actions/index.ts';
import { assert, CarechainError } from '../../base/index.ts';
import { blockLine, genesisLine } from './block-line.ts';

export interface Exported {
  readonly file: string;
  /** The genesis included. */
  readonly blocks: number;
  readonly transactions: number;
}

/** @throws CarechainError `file-exists` or `file-unwritable`; then there is no file that was not there before. */
export async function exportChain({ node }: Carechain, file: string): Promise<Exported> {
  const handle = await create(file);
  const { height: last } = node.head();
  let transactions = 0;
  try {
    // Unlike `write` this goes on where the disk has taken a part of a line.
    await handle.appendFile(`${JSON.stringify(genesisLine(node.genesis))}\n`);
    for (let height = 1; height <= last; height++) {
      const block = node.block(node.hashAt(height)!);
      assert(block, 'every block of the main chain is stored');
      transactions += block.transactions.length;
      await handle.appendFile(`${JSON.stringify(blockLine(block, node.rewardsOf(block.hash), node.genesis))}\n`);
    }
    await handle.sync();
  } catch (error) {
    // A part of a chain looks like a shorter one.
    await rm(file, { force: true }).catch(() => undefined);
    throw error instanceof CarechainError ? error : unwritable('file-unwritable', file, error);
  } finally {
    await handle.close();
  }
  return { file, blocks: last + 1, transactions };
}

async function create(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600);
  } catch (error) {
    const code = (error as { code?: unknown }).code === 'EEXIST' ? 'file-exists' : 'file-unwritable';
    throw unwritable(code, file, error);
  }
}

function unwritable(code: 'file-exists' | 'file-unwritable', file: string, cause: unknown): CarechainError {
  const { sentence, nextStep } = errorCodes[code];
  return new CarechainError(code, `${file}: ${sentence} ${nextStep}`, {}, cause);
}
