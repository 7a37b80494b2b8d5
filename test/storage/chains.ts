/** Brings blocks of a test chain onto the disk as a node does, and reads a stored chain as a whole. */
import { assert } from '../../src/base/index.ts';
import { type Block, checkBlock, Draft, type StateChange } from '../../src/ledger/index.ts';
import type { ChainCommit, ChainStore, Database } from '../../src/storage/index.ts';
import { applyChanges, type Chain, patientIdFrom, undoChanges } from '../support/ledger.ts';

export type Added = ChainCommit['added'][number];

export function addedOf(world: Chain, block: Block): Added {
  const { work } = world.link(block.hash);
  const verdict = checkBlock(block, world.context(world.link(block.header.parent)));
  assert(verdict.ok, 'the block is valid');
  return { block, work, effect: verdict.value };
}

/** The net changes of leaving `removed` (tip first) for `added`. */
export function switchOf(chain: ChainStore, removed: readonly Block[], added: readonly Added[]): ChainCommit {
  const draft = new Draft(chain.state);
  for (const { hash } of removed) undoChanges(chain.undo(hash)!, draft);
  for (const { effect } of added) applyChanges(effect.changes, draft);
  return { removed, added, changes: draft.changes(), also: [] };
}

/** Commits blocks that follow the tip, one by one. */
export async function append(chain: ChainStore, world: Chain, ...blocks: Block[]): Promise<void> {
  for (const block of blocks) await chain.commit(switchOf(chain, [], [addedOf(world, block)]));
}

/** Stores `branch` beside the main chain, then switches to it in one commit. */
export async function switchTo(chain: ChainStore, world: Chain, removed: readonly Block[], branch: readonly Block[]) {
  for (const block of branch) await chain.storeSideBlock(block, world.link(block.hash).work);
  const added = branch.map((block) => addedOf(world, block));
  await chain.commit(switchOf(chain, removed, added));
}

/** Every answer that a stored chain gives about its main chain. */
export async function everything(chain: ChainStore, ...patients: string[]) {
  const hashes: string[] = [];
  for (let height = 0; height <= chain.tip().height; height++) hashes.push(chain.hashAt(height)!);
  const state: [string, unknown][] = [];
  for await (const entry of chain.stateEntries()) state.push(entry);
  return {
    tip: chain.tip(),
    beyond: chain.hashAt(chain.tip().height + 1),
    headers: hashes.map((hash) => chain.header(hash)),
    main: hashes.map((hash) => chain.isOnMainChain(hash)),
    bytes: hashes.map((hash) => chain.blockBytes(hash)),
    undo: hashes.map((hash) => sorted(chain.undo(hash) ?? [])),
    rewards: hashes.map((hash) => chain.rewards(hash)),
    histories: patients.map((patient) => chain.patientEvents(patientIdFrom(patient))),
    ids: await chain.findIds('', 10_000),
    state,
    read: state.map(([key]) => chain.state.get(key)),
  };
}

/** The raw rows of the main chain; those of block bodies and side branches left out. */
export async function mainChainRows(database: Database): Promise<[string, string][]> {
  const rows: [string, string][] = [];
  for await (const [key, value] of database.iterator()) {
    if (!/^(block|header|side)\//.test(key)) rows.push([key, Buffer.from(value).toString('hex')]);
  }
  return rows;
}

function sorted(changes: readonly StateChange[]): StateChange[] {
  return [...changes].sort((left, right) => (left.key < right.key ? -1 : 1));
}
