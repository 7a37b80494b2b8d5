/** The main chain as its rows tell it, read without the cache and the checks of the chain store. */
import { type Block, decodeBlock, decodeSealedHeader, type Genesis, type Header } from '../ledger/index.ts';
import { decodeRow, type Store, storeKeys } from '../storage/index.ts';
import type { Pause } from './pause.ts';
import { readAnyway } from './scrub-values.ts';

export interface ChainEnd {
  readonly hash: string;
  readonly height: number;
}

/** Blocks that are looked at between two pauses. */
const blocksAtOnce = 50;

export function readRowAnyway<Row>(store: Store, key: string): Row | undefined {
  const value = readAnyway(store, key);
  return value ? decodeRow<Row>(value) : undefined;
}

/** The stored body of this hash; undefined where there is none that can be read. */
export function readBlock(store: Store, hash: string): Block | undefined {
  const bytes = readAnyway(store, storeKeys.block(hash));
  const block = bytes ? decodeBlock(bytes) : null;
  return block?.ok && block.value.hash === hash ? block.value : undefined;
}

/** The header of this hash, from its own row or from the body. */
export function readHeader(store: Store, hash: string): Header | undefined {
  const row = readRowAnyway<{ sealed: Uint8Array }>(store, storeKeys.header(hash));
  const sealed = row ? decodeSealedHeader(row.sealed) : null;
  return sealed?.ok && sealed.value.hash === hash ? sealed.value.header : readBlock(store, hash)?.header;
}

/** The head of the folder: as its row says, or the highest height that has a hash. */
export async function readTip(store: Store, genesis: Genesis): Promise<ChainEnd> {
  const tip = readRowAnyway<ChainEnd>(store, storeKeys.tip());
  if (tip) return { hash: tip.hash, height: tip.height };
  const heights = storeKeys.height(0).split('/', 1)[0]!;
  for await (const [key, value] of store.walk(`${heights}/`, { reverse: true })) {
    if (value) return { hash: decodeRow<string>(value), height: Number.parseInt(key.slice(heights.length + 1), 16) };
  }
  return { hash: genesis.hash, height: 0 };
}

/**
 * The hashes of the main chain by height, the genesis first, from the tip down: each block names its parent, and where it
 * cannot be read the row of the height does. Undefined where nothing tells.
 * @param fetched bodies that are not stored (yet).
 */
export async function mainChain(
  store: Store,
  genesis: Genesis,
  tip: ChainEnd,
  pause: Pause,
  fetched: ReadonlyMap<string, Block> = new Map(),
): Promise<(string | undefined)[]> {
  const hashes: (string | undefined)[] = new Array(tip.height + 1).fill(undefined);
  let named: string | undefined = tip.hash;
  for (let height = tip.height; height > 0; height--) {
    const hash: string | undefined = named ?? readRowAnyway<string>(store, storeKeys.height(height));
    hashes[height] = hash;
    named = hash === undefined ? undefined : (readHeader(store, hash) ?? fetched.get(hash)?.header)?.parent;
    if (height % blocksAtOnce === 0) await pause();
  }
  hashes[0] = genesis.hash;
  return hashes;
}
