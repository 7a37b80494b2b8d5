/** The face of the stored chain: what was committed, as it was before any commit that is still under way. */
import type { Encodable } from '../base/index.ts';
import type {
  Block,
  BlockEffect,
  Header,
  Reward,
  SealedHeader,
  StateChange,
  StateView,
  Transaction,
} from '../ledger/index.ts';
import type { Write } from './database.ts';
import type { PatientEventPlace } from './patient-index.ts';

export interface Tip {
  readonly hash: string;
  readonly height: number;
  /** Sum of the difficulties of all blocks after the genesis. */
  readonly work: number;
  readonly header: Header;
}

export interface StoredHeader extends SealedHeader {
  /** Work of the chain that ends with it. */
  readonly work: number;
}

/** A switch of the main chain; a block that follows the tip is one that removes nothing. */
export interface ChainCommit {
  /** What leaves the main chain, tip first. They are kept as side blocks. */
  readonly removed: readonly Block[];
  /** In the order of their heights. */
  readonly added: readonly { readonly block: Block; readonly work: number; readonly effect: BlockEffect }[];
  /** What the whole switch changes in the state: `before` is now, `after` is then. */
  readonly changes: readonly StateChange[];
  /** What must be on the disk together with it. */
  readonly also: readonly Write[];
}

/**
 * Every read throws CarechainError `folder-damaged` where a stored value is not what was written; every write throws
 * `folder-failed` where the disk did not take it, and then nothing of it counts. One writer at a time.
 */
export interface ChainStore {
  tip(): Tip;
  /** The state after the tip; a view that follows the tip. */
  readonly state: StateView;
  /** Whoever looks at every stored row shows it its key, and says when that was all: then new ids are not looked for on the disk. */
  readonly ids: { see(key: string): void; seenAll(): void };
  /** Of any stored block, main or side. Of the genesis too: its signature is empty. */
  header(hash: string): StoredHeader | undefined;
  /**
   * Its one encoding, not decoded. Not of the genesis.
   * @param height of the block. @throws CarechainError `folder-damaged` also where it is gone from the main chain.
   */
  headerBytes(hash: string, height: number): Uint8Array | undefined;
  /** Main chain; the genesis at height 0. */
  hashAt(height: number): string | undefined;
  /** Of all stored blocks of a height, that of the main chain first. */
  hashesAt(height: number): string[];
  isOnMainChain(hash: string): boolean;
  /** Of any stored block but the genesis. Cheap on a side branch. */
  parentOf(hash: string): string | undefined;
  /** Any stored block; the genesis is none. */
  block(hash: string): Block | undefined;
  blockBytes(hash: string): Uint8Array | undefined;
  /** One transaction of a stored block, by its index among them; the others are not decoded. */
  transactionOf(hash: string, index: number): Transaction | undefined;
  /** What a block of the main chain changed; undefined for any other. */
  undo(hash: string): readonly StateChange[] | undefined;
  /** The rewards that a block of the main chain paid; none for any other. */
  rewards(hash: string): readonly Reward[];
  /** Whether a transaction is confirmed, or a reward paid. */
  hasTransaction(id: string): boolean;
  /** Ids of confirmed transactions and paid rewards that start with `prefix`, in their order; at most `most`. */
  findIds(prefix: string, most: number): Promise<string[]>;
  /** A patient's confirmed events, oldest first. */
  patientEvents(patient: string): PatientEventPlace[];

  /**
   * Keeps a block that is not (yet) on the main chain; others go where there is no more room, or where the main chain has
   * grown by `limits.sideBranchIdleBlocks` and their branch has not.
   * @returns hashes of those that went.
   * @throws CarechainError `side-branch-too-large` where there is no room even so.
   */
  storeSideBlock(block: Block, work: number): Promise<string[]>;
  /** Sum of the bytes of all side blocks: at most `limits.sideBranchBytes` after each {@link storeSideBlock}. */
  sideBytes(): number;
  /** Forgets those of `hashes` that are side blocks, and all that builds on them. */
  forgetSideBlocks(hashes: readonly string[]): Promise<void>;
  /** Resolves when the switch is on the disk; every read tells of it from then on. */
  commit(change: ChainCommit): Promise<void>;

  /** Everything in the state, to compare with a replay. */
  stateEntries(): AsyncIterable<[key: string, value: Encodable]>;
  /** Mends the state, when a replay has shown that it is not what the chain leads to. */
  replaceState(changes: readonly StateChange[]): Promise<void>;
}
