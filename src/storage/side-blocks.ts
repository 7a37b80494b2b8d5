/**
 * Which stored blocks are on side branches, and how much of the disk they may take. When they become too many, the lowest
 * go first, each with all that builds on it: a block whose parent is gone is of no use, and as long as its header is here
 * nobody would fetch it again. A branch that does not grow while the main chain does is left behind after a while; should
 * it win after all, it is fetched like any other.
 */
import { CarechainError, limits } from '../base/index.ts';
import type { Block } from '../ledger/index.ts';
import type { Write } from './database.ts';
import { storeKeys } from './keys.ts';
import { decodeRow, putRow, remove } from './rows.ts';
import type { Store } from './store.ts';

/** Making room goes down to this share of the bounds, so that not every block makes room again. */
const roomy = 0.75;
/** How often it is looked for branches that were left behind, in blocks of the main chain. */
const sweepEvery = Math.ceil(limits.sideBranchIdleBlocks / 16);
/** Of those that are left behind, as many go at once: a batch of the disk should take no longer than a block. */
const sweptAtOnce = 1_000;

interface Side {
  readonly height: number;
  readonly parent: string;
  readonly bytes: number;
  /** What {@link SideBlocks.mainChainGrew} had counted when it came. */
  readonly since: number;
}

export class SideBlocks {
  readonly #blocks = new Map<string, Side>();
  readonly #byHeight = new Map<number, Set<string>>();
  readonly #mostBytes: number;
  #bytes = 0;
  /** Blocks that were added to the main chain since the folder was opened. */
  #grown = 0;
  #sweptAt = 0;

  constructor(mostBytes: number = limits.sideBranchBytes) {
    this.#mostBytes = mostBytes;
  }

  async load(store: Store): Promise<void> {
    for await (const [key, value] of store.range(storeKeys.side())) {
      const [, height, hash] = key.split('/') as [string, string, string];
      const { parent, bytes } = decodeRow<{ parent: string; bytes: number }>(value);
      this.#add(hash, { height: Number.parseInt(height, 16), parent, bytes, since: this.#grown });
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  parentOf(hash: string): string | undefined {
    return this.#blocks.get(hash)?.parent;
  }

  has(hash: string): boolean {
    return this.#blocks.has(hash);
  }

  /** Hashes of the side blocks of one height. */
  at(height: number): Iterable<string> {
    return this.#byHeight.get(height) ?? [];
  }

  enter({ hash, header, bytes }: Block): Write {
    return putRow(storeKeys.side(header.height, hash), { parent: header.parent, bytes: bytes.length });
  }

  entered({ hash, header, bytes }: Block): void {
    this.#add(hash, { height: header.height, parent: header.parent, bytes: bytes.length, since: this.#grown });
  }

  mainChainGrew(blocks: number): void {
    this.#grown += blocks;
  }

  /** For a block that joins the main chain. */
  leave(hash: string): Write[] {
    const side = this.#blocks.get(hash);
    return side ? [remove(storeKeys.side(side.height, hash))] : [];
  }

  /** For blocks that are to be forgotten. */
  drop(hashes: readonly string[]): Write[] {
    return hashes.flatMap((hash) => [
      ...this.leave(hash),
      remove(storeKeys.block(hash)),
      remove(storeKeys.header(hash)),
    ]);
  }

  left(hashes: Iterable<string>): void {
    for (const hash of hashes) {
      const side = this.#blocks.get(hash);
      if (!side) continue;
      this.#bytes -= side.bytes;
      this.#blocks.delete(hash);
      const level = this.#byHeight.get(side.height);
      level?.delete(hash);
      if (level?.size === 0) this.#byHeight.delete(side.height);
    }
  }

  /** Those of `hashes` that are side blocks, and all that builds on them there. */
  withDescendants(hashes: ReadonlySet<string>): string[] {
    const chosen = new Set<string>();
    for (const [hash, { parent }] of this.#lowestFirst()) {
      if (chosen.has(parent) || hashes.has(hash)) chosen.add(hash);
    }
    return [...chosen];
  }

  /**
   * What goes when `block` comes: what was left behind, and more where it does not fit. Its own branch stays.
   * @throws CarechainError `side-branch-too-large` where its branch alone is too much.
   */
  toMakeRoom(block: Block): string[] {
    const going = this.#leftBehind(block);
    let bytes = this.#bytes + block.bytes.length;
    let count = this.#blocks.size + 1;
    for (const hash of going) {
      bytes -= this.#blocks.get(hash)!.bytes;
      count--;
    }
    if (bytes <= this.#mostBytes && count <= limits.sideBranchBlocks) return [...going];
    const branch = this.#branchOf(block);
    for (const [hash, side] of this.#lowestFirst()) {
      if (going.has(hash)) continue;
      const isRoomy = bytes <= this.#mostBytes * roomy && count <= limits.sideBranchBlocks * roomy;
      if (!going.has(side.parent) && (isRoomy || branch.has(hash))) continue;
      going.add(hash);
      bytes -= side.bytes;
      count--;
    }
    return [...going];
  }

  /** The highest of the branches that have not grown for so long, so that no hole is left, and not all at once. */
  #leftBehind({ header }: Block): Set<string> {
    const going = new Set<string>();
    if (this.#grown - this.#sweptAt < sweepEvery) return going;
    this.#sweptAt = this.#grown;
    const growing = new Set([header.parent]);
    for (const [hash, { parent, since }] of this.#lowestFirst().reverse()) {
      if (growing.has(hash) || this.#grown - since < limits.sideBranchIdleBlocks) growing.add(parent);
      else if (going.size < sweptAtOnce) going.add(hash);
    }
    return going;
  }

  #lowestFirst(): [string, Side][] {
    return [...this.#blocks].sort(([, left], [, right]) => left.height - right.height);
  }

  #branchOf(block: Block): Set<string> {
    const branch = new Set<string>();
    let bytes = block.bytes.length;
    for (let hash = block.header.parent, side = this.#blocks.get(hash); side; side = this.#blocks.get(hash)) {
      branch.add(hash);
      bytes += side.bytes;
      hash = side.parent;
    }
    if (bytes > this.#mostBytes || branch.size >= limits.sideBranchBlocks) {
      const sentence = `A side branch of more than ${branch.size} blocks does not fit beside the main chain.`;
      throw new CarechainError('side-branch-too-large', sentence, { blocks: branch.size, bytes });
    }
    return branch;
  }

  #add(hash: string, side: Side): void {
    this.left([hash]);
    this.#blocks.set(hash, side);
    this.#byHeight.set(side.height, (this.#byHeight.get(side.height) ?? new Set()).add(hash));
    this.#bytes += side.bytes;
  }
}
