/** Side branches of the stored chain: where one leaves the main chain, and what the state was there. */
import { CarechainError, type Clock } from '../base/index.ts';
import type { Block, Draft, Header, StateChange } from '../ledger/index.ts';
import type { ChainStore } from '../storage/index.ts';
import { Slices } from './pause.ts';

export interface Branch {
  /** The last block that it shares with the main chain; the genesis may be it. */
  readonly ancestor: { readonly hash: string; readonly header: Header; readonly work: number };
  /** Lowest first. */
  readonly hashes: readonly string[];
}

/** The stored branch that ends with `target`; null where a block between it and the main chain is not here. */
export function branchTo(target: string, chain: ChainStore): Branch | null {
  const hashes: string[] = [];
  for (let at: string | undefined = target; at !== undefined; at = chain.parentOf(at)) {
    if (chain.isOnMainChain(at)) {
      const { hash, header, work } = chain.header(at)!;
      return { ancestor: { hash, header, work }, hashes: hashes.reverse() };
    }
    hashes.push(at);
  }
  return null;
}

/**
 * The blocks of a branch, each read when it is its turn. @param target the last of them, which is here already.
 * @throws CarechainError `folder-damaged` where one cannot be read.
 */
export function* bodies(hashes: readonly string[], target: Block, chain: ChainStore): Iterable<Block> {
  for (const hash of hashes) {
    const block = hash === target.hash ? target : chain.block(hash);
    if (!block)
      throw new CarechainError('folder-damaged', 'A block of a side branch is no longer in the data folder.', { hash });
    yield block;
  }
}

/** Blocks of the main chain that were taken off a draft. */
export interface Undone {
  /** Tip first. */
  readonly hashes: readonly string[];
  /** What that changes of the state, one block after the other. */
  readonly changes: readonly (readonly StateChange[])[];
}

/**
 * Takes the blocks of the main chain above `height` off `draft`.
 * @throws CarechainError `folder-damaged` where one cannot be undone.
 */
export async function undoDownTo(
  height: number,
  chain: ChainStore,
  draft: Draft,
  clock: Pick<Clock, 'now'>,
): Promise<Undone> {
  const [hashes, changes]: [string[], StateChange[][]] = [[], []];
  const slices = new Slices(clock);
  for (let at = chain.tip().height; at > height; at--) {
    const hash = chain.hashAt(at)!;
    const undo = chain.undo(hash);
    if (!undo) throw notUndone(at);
    const inverse = undo.map(({ key, before, after }) => ({ key, before: after, after: before }));
    writeChanges(inverse, draft);
    hashes.push(hash);
    changes.push(inverse);
    if (slices.isOver(1 + undo.length)) await slices.next();
  }
  return { hashes, changes };
}

/**
 * The blocks that are taken off the main chain, in the order of their hashes. Not read before the branch that takes their
 * place is known to hold: to look at their transactions again is most of what leaving them costs.
 * @throws CarechainError `folder-damaged` where one cannot be read.
 */
export async function leaving(
  hashes: readonly string[],
  chain: ChainStore,
  clock: Pick<Clock, 'now'>,
): Promise<Block[]> {
  const blocks: Block[] = [];
  const slices = new Slices(clock);
  for (const hash of hashes) {
    const block = chain.block(hash);
    if (!block) throw notUndone(chain.tip().height - blocks.length);
    blocks.push(block);
    if (slices.isOver(1 + block.transactions.length)) await slices.next();
  }
  return blocks;
}

function notUndone(height: number): CarechainError {
  const sentence = `Block #${height} of this folder has lost what it takes to leave it. Move the folder away and start again: the node fetches the chain from its peers.`;
  return new CarechainError('folder-damaged', sentence, { height });
}

export function writeChanges(changes: readonly StateChange[], draft: Draft): void {
  for (const { key, after } of changes) {
    if (after === null) draft.delete(key);
    else draft.set(key, after);
  }
}
