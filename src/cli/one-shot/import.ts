/**
 * `import F --data-dir NEW`: takes no word of the file. Each line is rebuilt into a block and checked by the rules against
 * the chain so far, and what the line says in readable words must be what the block says. The first that fails is named
 * with its check, and nothing is left of the new folder.
 */
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CarechainError, type Clock } from '../../base/index.ts';
import { checkBlock, type Genesis, type RejectionCode } from '../../ledger/index.ts';
import { indexWrites, storedTimes } from '../../node/index.ts';
import { type ChainStore, createStore, openChainStore, openDatabase } from '../../storage/index.ts';
import { type BlockLine, blockLine, blockOfLine, firstDifference, genesisLine } from './block-line.ts';
import { importFailure, readLines } from './import-lines.ts';
import { hasChain } from './open-folder.ts';

export interface Imported {
  readonly dataDir: string;
  readonly height: number;
  readonly hash: string;
  readonly transactions: number;
}

export interface ImportPlace {
  readonly file: string;
  readonly dataDir: string;
  readonly genesis: Genesis;
  readonly clock: Clock;
  onProgress(height: number): void;
}

/** @throws CarechainError with the code of the check that a block fails; `file-exists`, `file-unreadable`, … */
export async function importChain(place: ImportPlace): Promise<Imported> {
  const { file, dataDir, genesis } = place;
  if (await hasChain(dataDir)) {
    throw new CarechainError(
      'file-exists',
      `There is a chain in ${dataDir} already. Give a new folder with --data-dir.`,
    );
  }
  const { database } = await openDatabase(dataDir);
  const store = createStore(database);
  let complete = false;
  try {
    const chain = await openChainStore(store, genesis);
    let transactions = 0;
    let lines = 0;
    for await (const { line, number } of readLines(file)) {
      transactions += await takeLine(line, number, chain, place);
      lines = number;
    }
    if (lines === 0) throw importFailure('malformed-block', 0, 'The file is empty.');
    complete = true;
    const { height, hash } = chain.tip();
    return { dataDir, height, hash, transactions };
  } finally {
    await store.close();
    if (!complete) await removeFolder(dataDir);
  }
}

/** @returns how many transactions the block holds. */
async function takeLine(
  line: BlockLine,
  number: number,
  chain: ChainStore,
  { genesis, clock, onProgress }: ImportPlace,
): Promise<number> {
  if (number === 1) {
    const { path } = firstDifference(line, genesisLine(genesis)) ?? {};
    if (path !== undefined)
      throw importFailure('wrong-network', 0, `Line 1 is not the genesis of this network: ${path} differs.`);
    return 0;
  }
  const parent = chain.tip();
  const height = parent.height + 1;
  const rebuilt = blockOfLine(line);
  if (!rebuilt.ok) throw importFailure(rebuilt.rejection.code, height, `Line ${number}.`);
  const block = rebuilt.value;
  const context = {
    genesis,
    parent,
    medianTimes: storedTimes(chain, parent.header),
    now: clock.now(),
    state: chain.state,
  };
  const checked = checkBlock(block, context);
  if (!checked.ok) throw importFailure(checked.rejection.code, height, `Line ${number}.`);
  const effect = checked.value;
  const difference = firstDifference(line, blockLine(block, effect.rewards, genesis));
  if (difference) {
    throw importFailure(
      codeOf(difference.path),
      height,
      `Line ${number}: ${difference.path} does not say what was signed.`,
    );
  }
  const work = parent.work + block.header.difficulty;
  const { changes } = effect;
  const change = { removed: [], added: [{ block, work, effect }], changes };
  await chain.commit({ ...change, also: indexWrites(change) });
  onProgress(height);
  return block.transactions.length;
}

/** Which check a word that was changed would have failed, had it been what was signed. */
function codeOf(path: string): RejectionCode {
  if (path.startsWith('transactions.')) return 'bad-signature';
  return path === 'hash' || path === 'signature' ? 'bad-miner-signature' : 'wrong-transactions-root';
}

/** Only what was made here: the folder was new, or held no chain. */
async function removeFolder(dataDir: string): Promise<void> {
  await rm(join(dataDir, 'ledger'), { recursive: true, force: true });
  await rmdir(dataDir).catch(() => {});
}
