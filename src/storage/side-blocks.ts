/**
 * Which stored blocks are on side branches, and how much of the disk they may take. When they become too many, the lowest
 * go first, each with all that builds on it: a block whose parent is gone is of no use, and as long as its header is here
 * nobody would fetch it again.
 */
import { CarechainError, limits } from '../base/index.ts';
import type { Block } from '../ledger/index.ts';
import type { Write } from './database.ts';
import { storeKeys } from './keys.ts';
import { decodeRow, putRow, remove } from './rows.ts';
import type { Store } from './store.ts';

/** Making room goes down to this share of the bounds, so that not every block makes room again. */
const roomy = 0.75;

interface Side {
  readonly height: number;
  readonly parent: string;
  readonly bytes: number;
}

export class SideBlocks {
  readonly #blocks = new Map<string, Side>();
  readonly #byHeight = new Map<number, Set<string>>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes: number = limits.sideBranchBytes) {
    this.#mostBytes = mostBytes;
  }

  async load(store: Store): Promise<void> {
    for await (const [key, value] of store.range(storeKeys.side())) {
      const [, height, hash] = key.split('/') as [string, string, string];
      const { parent, bytes } = decodeRow<{ parent: string; bytes: number }>(value);
      this.#add(hash, { height: Number.parseInt(height, 16), parent, bytes });
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
    this.#add(hash, { height: header.height, parent: header.parent, bytes: bytes.length });
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
   * What must go so that `block` fits. Its own branch stays.
   * @throws CarechainError `side-branch-too-large` where its branch alone is too much.
   */
  toMakeRoom(block: Block): string[] {
    let bytes = this.#bytes + block.bytes.length;
    let count = this.#blocks.size + 1;
    if (bytes <= this.#mostBytes && count <= limits.sideBranchBlocks) return [];
    const branch = this.#branchOf(block);
    const going = new Set<string>();
    for (const [hash, side] of this.#lowestFirst()) {
      const isRoomy = bytes <= this.#mostBytes * roomy && count <= limits.sideBranchBlocks * roomy;
      if (!going.has(side.parent) && (isRoomy || branch.has(hash))) continue;
      going.add(hash);
      bytes -= side.bytes;
      count--;
    }
    return [...going];
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
