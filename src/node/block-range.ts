/**
 * A range of blocks, each of which follows the one before it, as a node fetches them that was away. They are committed some at
 * a time, since a batch takes the disk longer than a short block takes the processor. While the disk takes some the next are
 * checked, on the state that those lead to, and the signatures of the ones after them.
 */
import {
  type Block,
  Draft,
  netChanges,
  ReadOnce,
  type SealedHeader,
  type StateChange,
  type StateView,
} from '../ledger/index.ts';
import type { ChainStore } from '../storage/index.ts';
import {
  type AddedBlock,
  type BlockChecker,
  type Parent,
  placeOf,
  signaturesAhead,
  weightOf,
} from './block-checker.ts';

export interface BlockRangePorts {
  readonly chain: Pick<ChainStore, 'state'>;
  readonly checker: BlockChecker;
  /** For what follows it. */
  tip(): Parent;
  /** It is not here, and nothing is known against it. */
  isUnheardOf(block: Block): boolean;
  /** A header that is new here, and holds. */
  onHeader(sealed: SealedHeader): void;
  /** @param tip the last of `added`. */
  commit(ancestor: Parent, added: readonly AddedBlock[], changes: readonly StateChange[], tip: Parent): Promise<void>;
}

/** Transactions of blocks in a row that are committed together, where one block alone has fewer. A block counts as one more. */
const committedTogether = 64;
/** As many go on before other offers have their turn. */
const extendedInTurn = 2_048;

export class BlockRange {
  readonly #blocks: readonly Block[];
  readonly #ports: BlockRangePorts;
  /** Signatures of the blocks before this one have been seen to. */
  #looked = 0;

  constructor(blocks: readonly Block[], ports: BlockRangePorts) {
    this.#blocks = blocks;
    this.#ports = ports;
  }

  /**
   * Commits the blocks from `first` on, as far as they are new, follow the tip and hold, for a while. Nothing else is written
   * to the chain meanwhile.
   * @returns how many. What is held against the one after them is for the chain keeper to find, as against any block.
   * @throws as the keeper does, where it is the first that cannot be checked or written.
   */
  async extend(first: number): Promise<number> {
    const { chain, tip, commit } = this.#ports;
    let parent = tip();
    let state: StateView = chain.state;
    let [checked, written] = [0, 0];
    let writing = Promise.resolve();
    const isWritten = async () => {
      await writing;
      written = checked;
    };
    try {
      for (let room = extendedInTurn; room > 0; ) {
        const group = this.#groupAfter(parent.hash, first + checked);
        if (group.length > 0) this.#lookAhead(first + checked, group.length);
        // What was read to check them is what they change, mostly: a look at the disk each time.
        const draft = new Draft(group.length > 1 ? new ReadOnce(state) : state);
        const { added, end } = await this.#check(group, draft, parent);
        await isWritten();
        if (added.length === 0) break;
        const changes = added.map(({ effect }) => effect.changes);
        writing = commit(parent, added, changes.length > 1 ? netChanges(changes) : changes[0]!, end);
        // It is waited for before the next, and told there.
        writing.catch(() => undefined);
        checked += added.length;
        room -= weightOfAll(added.map(({ block }) => block));
        if (added.length < group.length) break;
        [parent, state] = [end, draft.on(chain.state)];
      }
      await isWritten();
    } catch (error) {
      await isWritten().catch(() => undefined);
      // What was written before counts. The trouble is met again, and told, where it is the first.
      if (written === 0) throw error;
    }
    return written;
  }

  /** The blocks from `first` on that follow `parent`, as many as are committed at once. */
  #groupAfter(parent: string, first: number): Block[] {
    const group: Block[] = [];
    let room = committedTogether;
    for (const block of this.#blocks.slice(first, first + committedTogether)) {
      const follows = block.header.parent === (group.at(-1)?.hash ?? parent);
      room -= weightOf(block);
      if (!follows || (room < 0 && group.length > 0) || !this.#ports.isUnheardOf(block)) break;
      group.push(block);
    }
    return group;
  }

  /** Checks each block on what those before it lead to. @returns those that hold, and the last of them. */
  async #check(group: readonly Block[], draft: Draft, start: Parent): Promise<{ added: AddedBlock[]; end: Parent }> {
    const { checker, onHeader } = this.#ports;
    const added: AddedBlock[] = [];
    try {
      await checker.checkAll(group, { draft, start, check: checker.check, added });
    } catch (error) {
      if (added.length === 0) throw error;
    }
    for (const { block } of added) onHeader(block);
    return { added, end: added.reduce((at, each) => placeOf(each, at), start) };
  }

  /** Has the signatures of a group, and of what comes after it, checked meanwhile. */
  #lookAhead(first: number, count: number): void {
    const { checker, chain } = this.#ports;
    const next = first + count;
    this.#looked = Math.max(this.#looked, first);
    let ahead = weightOfAll(this.#blocks.slice(next, this.#looked));
    for (; this.#looked < this.#blocks.length && (this.#looked < next || ahead < signaturesAhead); this.#looked++) {
      const block = this.#blocks[this.#looked]!;
      checker.checkSignaturesOf(block, chain.state);
      if (this.#looked >= next) ahead += weightOf(block);
    }
  }
}

function weightOfAll(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + weightOf(block), 0);
}
