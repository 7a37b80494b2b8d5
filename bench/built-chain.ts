/** Chains that are built once and kept outside of the repository: the larger ones take minutes. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../src/base/index.ts';
import { openBlock, type Transaction } from '../src/ledger/index.ts';
import { createStore, openChainStore, openDatabase } from '../src/storage/index.ts';
import { testGenesisFile } from '../test/support/ledger.ts';
import { writeChain } from '../test/support/written-chain.ts';
import { type HistorySize, historyOf } from './lives.ts';
import { benchGenesis, QuickWorld } from './quick-world.ts';
import { builtOnce, type Folder } from './workplace.ts';

/** The name of the world in which they are written. */
export const builtBy = 'history';

/** Goes up whenever the same size would give another history. */
const version = 2;

/** A chain as a peer has it: encoded, lowest first. */
export interface EncodedChain {
  readonly headers: readonly Uint8Array[];
  readonly blocks: readonly Uint8Array[];
  readonly hashes: readonly string[];
  readonly tip: { readonly hash: string; readonly height: number; readonly work: number };
  readonly transactions: number;
}

/** A data folder with a history of this size. It must not be changed: copy it. */
export function builtHistory(size: HistorySize): Promise<string> {
  const { blocks, perBlock } = size;
  return built(`history-${blocks}x${perBlock}`, (world) => historyOf(world, size));
}

/** A data folder with a chain of the blocks that `blocks` gives. */
export async function built(name: string, blocks: (world: QuickWorld) => Iterable<Transaction[]>): Promise<string> {
  const world = new QuickWorld(builtBy);
  const network = world.genesis.hash.slice(0, 8);
  return builtOnce(`${network}-${version}-${name}`, async (path) => {
    await writeChain(path, world.genesis, blocks(world));
  });
}

export async function readChain(dataDir: string): Promise<EncodedChain> {
  const { genesis } = new QuickWorld('reader');
  const { database } = await openDatabase(dataDir);
  const store = createStore(database);
  try {
    const chain = await openChainStore(store, genesis);
    const { hash, height, work } = chain.tip();
    const hashes = Array.from({ length: height }, (_, index) => chain.hashAt(index + 1)!);
    const blocks = hashes.map((each) => chain.blockBytes(each)!);
    const headers = hashes.map((each, index) => chain.headerBytes(each, index + 1)!);
    const transactions = blocks.reduce((sum, bytes) => sum + countIn(bytes), 0);
    return { headers, blocks, hashes, tip: { hash, height, work }, transactions };
  } finally {
    await store.close();
  }
}

function countIn(bytes: Uint8Array): number {
  const opened = openBlock(bytes);
  assert(opened.ok, 'what a chain stores is a block');
  return opened.value.transactionBytes.length;
}

/** @returns the path of a genesis file of the network that is measured. */
export async function writeGenesis({ path }: Folder): Promise<string> {
  const file = join(path, 'genesis.json');
  await writeFile(file, JSON.stringify(testGenesisFile(benchGenesis)));
  return file;
}
