/** Side branches of the stored chain: where one leaves the main chain, and what the state was there. */
import { CarechainError } from '../base/index.ts';
import type { Block, Draft, Header, StateChange } from '../ledger/index.ts';
import type { ChainStore } from '../storage/index.ts';

export interface Branch {
  /** The last block that it shares with the main chain; the genesis may be it. */
  readonly ancestor: { readonly hash: string; readonly height: number; readonly header: Header; readonly work: number };
  /** Lowest first. */
  readonly blocks: readonly Block[];
}

/** The stored branch that ends with `target`; null where a block between it and the main chain is not here. */
export function branchTo(target: Block, chain: ChainStore): Branch | null {
  const blocks: Block[] = [];
  let block: Block | undefined = target;
  while (block) {
    blocks.push(block);
    const { parent } = block.header;
    if (chain.isOnMainChain(parent)) {
      const { hash, header, work } = chain.header(parent)!;
      return { ancestor: { hash, height: header.height, header, work }, blocks: blocks.reverse() };
    }
    block = chain.block(parent);
  }
  return null;
}

/**
 * Takes the blocks of the main chain above `height` off `draft`, and returns them lowest first.
 * @throws CarechainError `folder-damaged` where one cannot be undone.
 */
export function undoDownTo(height: number, chain: ChainStore, draft: Draft): Block[] {
  const removed: Block[] = [];
  for (let at = chain.tip().height; at > height; at--) {
    const hash = chain.hashAt(at)!;
    const undo = chain.undo(hash);
    const block = chain.block(hash);
    if (!undo || !block) {
      const sentence = `Block #${at} of this folder has no undo record. Move the folder away and start again: the node fetches the chain from its peers.`;
      throw new CarechainError('folder-damaged', sentence, { height: at });
    }
    const inverse = undo.map(({ key, before, after }) => ({ key, before: after, after: before }));
    writeChanges(inverse, draft);
    removed.push(block);
  }
  return removed.reverse();
}

export function writeChanges(changes: readonly StateChange[], draft: Draft): void {
  for (const { key, after } of changes) {
    if (after === null) draft.delete(key);
    else draft.set(key, after);
  }
}
