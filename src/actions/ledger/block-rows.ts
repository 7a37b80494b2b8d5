/** Blocks as they are shown, the genesis as block #0 among them. */
import { assert, toHex } from '../../base/index.ts';
import { genesisHeader, type Header } from '../../ledger/index.ts';
import type { Entry, LedgerNode } from '../../node/index.ts';
import { entriesOf } from '../entries.ts';
import { blockPreimage, genesisPreimage } from './preimages.ts';

export interface ShownBlock {
  readonly hash: string;
  readonly header: Header;
  /** The miner's, in hex; null for the genesis, which nobody mined. */
  readonly signature: string | null;
  readonly entries: readonly Entry[];
  preimage(): string;
}

/** A block by a hash that was resolved: of the main chain, or of a stored side branch. */
export function shownBlock(node: LedgerNode, hash: string): ShownBlock {
  const { genesis } = node;
  if (hash === genesis.hash) {
    const preimage = () => genesisPreimage(genesis);
    return { hash, header: genesisHeader(genesis), signature: null, entries: [], preimage };
  }
  const block = node.block(hash);
  assert(block, 'a hash that was resolved has its block');
  const { header, signature } = block;
  return {
    hash,
    header,
    signature: toHex(signature),
    entries: entriesOf(node, block),
    preimage: () => blockPreimage(block),
  };
}
