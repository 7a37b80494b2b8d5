/**
 * Opens the chain of a folder: writes the genesis into an empty one; of any other makes sure that it is of this format and
 * network, and that its last blocks are whole and linked. What lies deeper is checked when read, and by `verify`.
 */
import { CarechainError } from '../base/index.ts';
import type { Genesis } from '../ledger/index.ts';
import type { ChainStore, StoredHeader } from './chain-store.ts';
import { folderFormat, genesisWrites } from './commit-writes.ts';
import { storeKeys } from './keys.ts';
import { knownIdsOf } from './known-ids.ts';
import { readRow } from './rows.ts';
import { SideBlocks } from './side-blocks.ts';
import { damagedAt, damagedFolder } from './storage-errors.ts';
import type { Store } from './store.ts';
import { StoredChain } from './stored-chain.ts';

/** Blocks below the tip that are looked at whenever a folder is opened. */
const blocksWalked = 128;

/** @throws CarechainError `folder-other-format`, `folder-other-network`, `folder-damaged` */
export async function openChainStore(store: Store, genesis: Genesis): Promise<ChainStore> {
  const isNew = readRow(store, storeKeys.format()) === undefined;
  if (isNew) await writeGenesis(store, genesis);
  checkIdentity(store, genesis);
  const side = new SideBlocks();
  await side.load(store);
  const chain = new StoredChain(store, genesis, side, knownIdsOf(store, isNew));
  walkLastBlocks(chain, store);
  return chain;
}

async function writeGenesis(store: Store, genesis: Genesis): Promise<void> {
  for (const range of [storeKeys.block(''), storeKeys.state('')]) {
    const [found] = await store.all(range, { limit: 1 });
    if (found) throw damagedFolder('This folder has blocks or state, but no longer says of which format.', {});
  }
  await store.write(genesisWrites(genesis));
}

function checkIdentity(store: Store, genesis: Genesis): void {
  const found = readRow<number>(store, storeKeys.format());
  if (found !== folderFormat) {
    const sentence = `This folder is of format ${found}; this carechain reads format ${folderFormat}. Use the carechain that wrote it, or give another folder with --data-dir.`;
    throw new CarechainError('folder-other-format', sentence, { found, expected: folderFormat });
  }
  const network = readRow<string>(store, storeKeys.genesis());
  if (network === undefined) throw damagedFolder('This folder no longer says to which network it belongs.', {});
  if (network !== genesis.hash) {
    const [theirs, ours] = [network.slice(0, 16), genesis.hash.slice(0, 16)];
    const sentence = `This folder belongs to the network ${theirs}, not to ${genesis.name} (${ours}). Start with the genesis of that network, or give another folder with --data-dir.`;
    throw new CarechainError('folder-other-network', sentence, { found: network, expected: genesis.hash });
  }
}

function walkLastBlocks(chain: ChainStore, store: Store): void {
  const { hash, height } = chain.tip();
  let expected = hash;
  for (let at = height; at > 0 && at > height - blocksWalked; at--)
    expected = parentIfWhole(chain, store, at, expected);
}

/**
 * The parent hash of the block at a height. Body and undo record are as they were written, their checksums say; to decode
 * them is the business of whoever reads them.
 * @throws CarechainError `folder-damaged`, which names the height.
 */
function parentIfWhole(chain: ChainStore, store: Store, height: number, expected: string): string {
  if (chain.hashAt(height) !== expected) throw damagedAt(height, 'is not the one that the block above it follows');
  let stored: StoredHeader | undefined;
  let isComplete = false;
  try {
    stored = chain.header(expected);
    isComplete = [storeKeys.block(expected), storeKeys.undo(expected)].every((key) => store.get(key) !== undefined);
  } catch (error) {
    throw damagedAt(height, 'is damaged', error);
  }
  if (!stored || !isComplete) throw damagedAt(height, 'is not complete');
  const { parent } = stored.header;
  if (chain.hashAt(height - 1) !== parent) throw damagedAt(height, 'does not follow the block below it');
  return parent;
}
