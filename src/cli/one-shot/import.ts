/**
 * `import F --data-dir NEW`: takes no word of the file. Each line is rebuilt into a block and checked by the rules against
 * the chain so far, and what the line says in readable words must be what the block says. The first that fails is named
 * with its check, and nothing is left of the new folder.
 */
import { createReadStream } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCodes } from '../../actions/index.ts';
import { CarechainError, type Clock } from '../../base/index.ts';
import { checkBlock, type Genesis, type RejectionCode, rejections } from '../../ledger/index.ts';
import { indexWrites, storedTimes } from '../../node/index.ts';
import { type ChainStore, createStore, openChainStore, openDatabase } from '../../storage/index.ts';
import { ByteLines } from '../byte-lines.ts';
import { type BlockLine, blockLine, blockOfLine, firstDifference, genesisLine } from './block-line.ts';
import { saysAKeyTwice } from './duplicate-keys.ts';
import { hasChain } from './open-folder.ts';

/** A block of a megabyte, in hex and in readable words. */
const longestLineBytes = 16_000_000;

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
    if (lines === 0) throw failed('malformed-block', 0, 'The file is empty.');
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
      throw failed('wrong-network', 0, `Line 1 is not the genesis of this network: ${path} differs.`);
    return 0;
  }
  const parent = chain.tip();
  const height = parent.height + 1;
  const rebuilt = blockOfLine(line);
  if (!rebuilt.ok) throw failed(rebuilt.rejection.code, height, `Line ${number}.`);
  const block = rebuilt.value;
  const context = {
    genesis,
    parent,
    medianTimes: storedTimes(chain, parent.header),
    now: clock.now(),
    state: chain.state,
  };
  const checked = checkBlock(block, context);
  if (!checked.ok) throw failed(checked.rejection.code, height, `Line ${number}.`);
  const effect = checked.value;
  const difference = firstDifference(line, blockLine(block, effect.rewards, genesis));
  if (difference) {
    throw failed(codeOf(difference.path), height, `Line ${number}: ${difference.path} does not say what was signed.`);
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

function failed(code: RejectionCode, height: number, where: string): CarechainError {
  const { sentence } = rejections[code];
  return new CarechainError(
    code,
    `Block #${height} fails the check ${code}: ${sentence} ${where} Nothing was imported.`,
  );
}

async function* readLines(file: string): AsyncGenerator<{ line: BlockLine; number: number }> {
  const lines = new ByteLines(longestLineBytes);
  try {
    for await (const chunk of createReadStream(file)) {
      for (const line of lines.push(chunk as Uint8Array)) yield { line: parse(line), number: line.number };
    }
    for (const line of lines.end()) yield { line: parse(line), number: line.number };
  } catch (error) {
    if (error instanceof CarechainError) throw error;
    const { sentence, nextStep } = errorCodes['file-unreadable'];
    throw new CarechainError('file-unreadable', `${file}: ${sentence} ${nextStep}`, {}, error);
  }
}

function parse(line: ReturnType<ByteLines['push']> extends Generator<infer Line> ? Line : never): BlockLine {
  const value = line.problem === null ? parseJson(line.text) : null;
  if (line.problem === null && saysAKeyTwice(line.text, value)) {
    throw failed('malformed-block', line.number - 1, `Line ${line.number} says a field twice.`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as BlockLine;
  throw failed('malformed-block', line.number - 1, `Line ${line.number} is not a block in JSON.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The one thing that it throws: this is no JSON.
    return null;
  }
}

/** Only what was made here: the folder was new, or held no chain. */
async function removeFolder(dataDir: string): Promise<void> {
  await rm(join(dataDir, 'ledger'), { recursive: true, force: true });
  await rmdir(dataDir).catch(() => {});
}
