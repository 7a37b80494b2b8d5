/**
 * The chain keeper: the single writer of the chain. It queues offers, so checks and commits never interleave, and answers
 * each with a value.
 *
 * A block that follows the tip is checked whole and committed. A block of a side branch is kept, unchecked but for its
 * header, until its branch would win; then the branch is checked on a draft from the common ancestor, and one batch
 * switches to it. What is condemned is remembered only where it can never change: a header and a body that belong
 * together (the root says so) and break a rule.
 */
import { describeError, equalBytes, type Logger } from '../base/index.ts';
import {
  type Block,
  checkHeader,
  checkOrphan,
  condemnedBy,
  Draft,
  netChanges,
  type Rejection,
  rejection,
  type SealedHeader,
  type StateChange,
  type Transaction,
  wins,
} from '../ledger/index.ts';
import type { ChainStore, StoredHeader, Write } from '../storage/index.ts';
import { Blame } from './blame.ts';
import {
  type AddedBlock,
  BlockChecker,
  type BlockCheckerPorts,
  type Parent,
  placeOf,
  type RefusedBlock,
} from './block-checker.ts';
import { BlockRange } from './block-range.ts';
import { type Branch, bodies, branchTo, leaving, undoDownTo } from './branch.ts';
import { SerialQueue } from './serial-queue.ts';
import { storedTimes } from './stored-times.ts';

export type Offer =
  /** `onMainChain`: or else it is kept on a side branch. */
  | { readonly verdict: 'accepted'; readonly onMainChain: boolean }
  /** Honest, or not to be judged: known already, its parent unknown, from the future, or this folder lacks what it takes. */
  | { readonly verdict: 'ignored'; readonly rejection: Rejection | null }
  /** Only a liar can have sent this. */
  | { readonly verdict: 'rejected'; readonly rejection: Rejection };

/** What a commit did. Heights of `added` follow that of the ancestor. */
export interface Switch {
  readonly ancestor: { readonly hash: string; readonly height: number };
  /** Lowest first. */
  readonly removed: readonly Block[];
  readonly added: readonly AddedBlock[];
  /** Transactions of removed blocks that are in none of the added, oldest first. */
  readonly returned: readonly Transaction[];
  /** What the whole switch changes of the state. */
  readonly changes: readonly StateChange[];
}

export interface ChainKeeperPorts extends BlockCheckerPorts {
  readonly chain: ChainStore;
  readonly logger: Logger;
  /** What must be on the disk together with a switch, such as the outbox without what was confirmed. */
  alsoWrite(change: Switch): readonly Write[];
  /** After the switch is on the disk, before the next offer. */
  switched(change: Switch): void;
  /** A header that is new here, and holds; its body may not. */
  onHeader?(sealed: SealedHeader): void;
  /** A body that a peer delivered some time ago, and that could not be checked then, turned out to be a lie. */
  onLiar(peerId: string, code: string): void;
  /** The folder did not take or give something: nothing of the offer counts. Told once, until a switch is on the disk. */
  onFault(error: unknown): void;
}

/** Neither held against the block nor against who sent it, who is asked for it again. */
const notToBeJudged: Offer = { verdict: 'ignored', rejection: null };

export class ChainKeeper {
  readonly #ports: ChainKeeperPorts;
  readonly #queue = new SerialQueue();
  readonly #blame = new Blame();
  readonly #checker: BlockChecker;
  /** The tip for what follows it, where this keeper has put it there. */
  #atTip: Parent | null = null;
  /** Codes of the faults that were told since the last switch. */
  readonly #told = new Set<string>();

  constructor(ports: ChainKeeperPorts) {
    this.#ports = ports;
    this.#checker = new BlockChecker(ports);
  }

  /**
   * @param from the peer that delivered it; null for a block of this node's own.
   * @throws CarechainError `folder-failed`, `folder-damaged`, `folder-closed`, `side-branch-too-large`: nothing changed.
   */
  offer(block: Block, from: string | null = null): Promise<Offer> {
    return this.#inTurn(() => this.#consider(block, from));
  }

  /**
   * Blocks of which each follows the one before it. They go through the same checks as one by one; those that follow the
   * tip are committed some at a time, since a batch takes the disk longer than a block takes the processor.
   * @yields an answer for each, as it comes, up to the first that was refused.
   * @throws as {@link offer}; what was committed before counts.
   */
  async *offerRange(blocks: readonly Block[], from: string): AsyncGenerator<Offer, void> {
    const range = new BlockRange(blocks, {
      chain: this.#ports.chain,
      checker: this.#checker,
      tip: () => this.#parent(this.#ports.chain.tip()),
      isUnheardOf: (block) => !this.#ports.chain.header(block.hash) && !this.#blame.against(block),
      onHeader: (block) => this.#ports.onHeader?.(block),
      commit: (start, added, changes, tip) => this.#commit(start, [], added, changes, tip),
    });
    for (let next = 0; next < blocks.length; ) {
      const extended = await this.#inTurn(() => range.extend(next));
      next += extended;
      for (let count = 0; count < extended; count++) yield { verdict: 'accepted', onMainChain: true };
      if (extended > 0) continue;
      const offer = await this.offer(blocks[next]!, from);
      next += 1;
      yield offer;
      if ('rejection' in offer && offer.rejection) return;
    }
  }

  /** Runs `task` while nothing is written to the chain. */
  exclusively<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.#queue.run(task);
  }

  /** The stored state was mended: what was held against blocks because of it counts no more. */
  forgive(): void {
    this.#blame.forgiveWhatRestsOnState();
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** While no other offer is considered. A fault of the folder is told. */
  #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.#queue.run(async () => {
      try {
        return await task();
      } catch (error) {
        this.#tell(error);
        throw error;
      }
    });
  }

  async #consider(block: Block, from: string | null): Promise<Offer> {
    const { chain, genesis, clock } = this.#ports;
    const condemned = this.#blame.against(block);
    if (condemned) {
      const stored = await this.#checker.doubt(condemned);
      if (stored === 'right') return this.#condemn(block.hash, condemned);
      if (stored === 'unknown') return notToBeJudged;
    }
    const known = chain.header(block.hash);
    if (known) return this.#considerAgain(known, block);
    const tip = chain.tip();
    const stored = block.header.parent === tip.hash ? tip : chain.header(block.header.parent);
    if (!stored) {
      const lie = checkOrphan(block, genesis);
      if (lie) return { verdict: 'rejected', rejection: lie };
      return { verdict: 'ignored', rejection: rejection('unknown-parent', { parent: block.header.parent }) };
    }

    const parent = this.#parent(stored);
    const { medianTimes } = parent;
    const badHeader = checkHeader(block, { genesis, parent, medianTimes, now: clock.now() });
    if (badHeader)
      return { verdict: condemnedBy(badHeader.code) === 'nothing' ? 'ignored' : 'rejected', rejection: badHeader };

    this.#ports.onHeader?.(block);

    const work = parent.work + block.header.difficulty;
    if (parent.hash === tip.hash) {
      const checked = await this.#checker.checkOrMend(block, chain.state, parent);
      if (!checked.ok) return this.#refuse(checked.refused);
      await this.#commit(parent, [], [checked.added], checked.added.effect.changes, placeOf(checked.added, parent));
      return { verdict: 'accepted', onMainChain: true };
    }
    this.#blame.forgetDeliveries(await chain.storeSideBlock(block, work));
    this.#blame.noteDelivery(block.hash, from);
    if (!wins({ hash: block.hash, work }, tip)) return { verdict: 'accepted', onMainChain: false };
    return this.#switchTo(block, 'delivered now');
  }

  /** A stored block for what follows it. */
  #parent(stored: Omit<Parent, 'medianTimes'>): Parent {
    if (stored.hash === this.#atTip?.hash) return this.#atTip;
    const { hash, header, work } = stored;
    return { hash, header, work, medianTimes: storedTimes(this.#ports.chain, header) };
  }

  /**
   * A block that is here already. Its branch may have been left unfinished: the disk failed, or the process ended, between
   * the moment when its last body was stored and the switch.
   */
  async #considerAgain({ hash, work }: StoredHeader, received: Block): Promise<Offer> {
    const { chain } = this.#ports;
    const block = wins({ hash, work }, chain.tip()) && !chain.isOnMainChain(hash) ? chain.block(hash) : undefined;
    if (!block) return { verdict: 'ignored', rejection: null };
    const offer = await this.#switchTo(block, 'stored before');
    // What was checked is what is stored. What came now may be bent under the same hash, and must not be passed on.
    const isChecked = offer.verdict !== 'accepted' || equalBytes(received.bytes, block.bytes);
    return isChecked ? offer : { verdict: 'ignored', rejection: null };
  }

  /** Leaves the main chain for the branch that ends with `target`, as far as that branch holds and wins. */
  async #switchTo(target: Block, origin: 'delivered now' | 'stored before'): Promise<Offer> {
    const { chain, clock } = this.#ports;
    const branch = branchTo(target.hash, chain);
    if (!branch)
      return { verdict: 'ignored', rejection: rejection('unknown-parent', { parent: target.header.parent }) };

    let checked = await this.#checkBranch(branch, target);
    const stored = checked.refused ? await this.#checker.doubt(checked.refused.rejection) : 'right';
    // Also what held before may have been read from what was mended.
    if (stored === 'mended') checked = await this.#checkBranch(branch, target);
    const { start, undone, refused, added, end } = checked;
    const isDoubtful = stored === 'unknown';
    if (refused && !isDoubtful) await this.#forget(refused, branch.hashes.slice(added.length));
    if (added.length > 0 && wins(end, chain.tip())) {
      const changes = netChanges([...undone.changes, ...added.map(({ effect }) => effect.changes)]);
      await this.#commit(start, await leaving(undone.hashes, chain, clock), added, changes, end);
    }
    if (!refused) return { verdict: 'accepted', onMainChain: true };
    if (isDoubtful) return notToBeJudged;
    // A body that an earlier peer delivered under an honest hash is not this peer's fault.
    const isNew = refused.block.hash === target.hash && origin === 'delivered now';
    const anothersFault = !isNew && condemnedBy(refused.rejection.code) !== 'hash';
    return anothersFault ? { verdict: 'ignored', rejection: refused.rejection } : this.#refuse(refused);
  }

  /** The state down to where the branch begins, and from there on its blocks, as far as they hold. */
  async #checkBranch({ ancestor, hashes }: Branch, target: Block) {
    const { chain, clock } = this.#ports;
    const start = this.#parent(ancestor);
    const draft = new Draft(chain.state);
    const blocks = this.#checker.withSignaturesAhead(bodies(hashes, target, chain), chain.state);
    const undone = await undoDownTo(ancestor.header.height, chain, draft, clock);
    const added: AddedBlock[] = [];
    const { check } = this.#checker;
    const { refused, end } = await this.#checker.checkAll(blocks, { draft, start, check, added });
    return { start, undone, refused, added, end };
  }

  /** @param left tip first. @param tip the last of `added`. */
  async #commit(
    ancestor: Parent,
    left: readonly Block[],
    added: readonly AddedBlock[],
    changes: readonly StateChange[],
    tip: Parent,
  ): Promise<void> {
    const { chain, alsoWrite, switched } = this.#ports;
    const removed = left.toReversed();
    const confirmed = new Set(added.flatMap(({ block }) => block.transactions.map(({ id }) => id)));
    const returned = removed.flatMap((block) => block.transactions).filter(({ id }) => !confirmed.has(id));
    const change: Switch = {
      ancestor: { hash: ancestor.hash, height: ancestor.header.height },
      removed,
      added,
      returned,
      changes,
    };
    await chain.commit({ removed: left, added, changes, also: alsoWrite(change) });
    this.#atTip = tip;
    this.#told.clear();
    this.#blame.forgetDeliveries(added.map(({ block }) => block.hash));
    switched(change);
  }

  #refuse({ block, rejection, isDoubtful }: RefusedBlock): Offer {
    if (isDoubtful) return notToBeJudged;
    const condemned = condemnedBy(rejection.code);
    if (condemned === 'hash') return this.#condemn(block.hash, rejection);
    return { verdict: condemned === 'delivery' ? 'rejected' : 'ignored', rejection };
  }

  #condemn(hash: string, rejection: Rejection): Offer {
    this.#blame.condemn(hash, rejection);
    return { verdict: 'rejected', rejection };
  }

  /** A stored branch turned out wrong from some block on: what follows it is dropped; an honest body may still come. */
  async #forget(refused: RefusedBlock, rest: readonly string[]): Promise<void> {
    this.#ports.logger.warn('a stored branch does not hold', {
      height: refused.block.header.height,
      code: refused.rejection.code,
    });
    const { hash: bad } = refused.block;
    const liar = this.#blame.delivererOf(bad);
    this.#blame.forgetDeliveries(rest);
    await this.#ports.chain.forgetSideBlocks(rest);
    if (condemnedBy(refused.rejection.code) === 'hash')
      for (const hash of rest) this.#blame.condemn(hash, refused.rejection);
    // An honest peer passes on only what it has checked whole, so whoever delivered this body can be blamed for it. If
    // nobody were, one liar could keep a branch away for ever, by delivering a bent body of it before anybody else.
    if (liar !== undefined && condemnedBy(refused.rejection.code) !== 'nothing')
      this.#ports.onLiar(liar, refused.rejection.code);
  }

  #tell(error: unknown): void {
    const { code } = describeError(error);
    if (code === 'folder-closed' || this.#told.has(code)) return;
    this.#told.add(code);
    this.#ports.onFault(error);
  }
}
