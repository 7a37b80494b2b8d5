/**
 * The chain keeper: the single writer of the chain. It queues offers, so checks and commits never interleave, and answers
 * each with a value.
 *
 * A block that follows the tip is checked whole and committed. A block of a side branch is kept, unchecked but for its
 * header, until its branch would win; then the branch is checked on a draft from the common ancestor, and one batch
 * switches to it. What is condemned is remembered only where it can never change: a header and a body that belong
 * together (the root says so) and break a rule.
 */
import { type Clock, describeError, type Logger, limits } from '../base/index.ts';
import {
  type Block,
  type BlockEffect,
  checkBlock,
  checkHeader,
  checkOrphan,
  condemnedBy,
  Draft,
  type Genesis,
  type Header,
  type Rejection,
  rejection,
  restsOnState,
  type SealedHeader,
  type StateChange,
  type StateView,
  type Transaction,
  type Verdict,
  wins,
} from '../ledger/index.ts';
import type { ChainStore, StoredHeader, Write } from '../storage/index.ts';
import { branchTo, undoDownTo, writeChanges } from './branch.ts';
import { SerialQueue } from './serial-queue.ts';
import type { Signatures } from './signatures.ts';

export type Offer =
  /** `switched`: it is on the main chain now; otherwise it is kept on a side branch. */
  | { readonly verdict: 'accepted'; readonly onMainChain: boolean }
  /** Honest, but of no use now: known already, its parent unknown, from the future. */
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

export interface AddedBlock {
  readonly block: Block;
  readonly work: number;
  readonly effect: BlockEffect;
}

export interface ChainKeeperPorts {
  readonly genesis: Genesis;
  readonly chain: ChainStore;
  readonly signatures: Signatures;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What must be on the disk together with a switch, such as the outbox without what was confirmed. */
  alsoWrite(change: Switch): readonly Write[];
  /** After the switch is on the disk, before the next offer. */
  switched(change: Switch): void;
  /**
   * A block was refused for what the state says, so the stored state may be what is wrong. Called while nothing is written.
   * @returns whether it was, and is mended now: the block is checked once more.
   */
  mendState?(): Promise<boolean>;
  /** A header that is new here, and holds; its body may not. */
  onHeader?(sealed: SealedHeader): void;
  /** A body that a peer delivered some time ago, and that could not be checked then, turned out to be a lie. */
  onLiar(peerId: string, code: string): void;
  /** The folder did not take or give something: nothing of the offer counts. Told once, until a switch is on the disk. */
  onFault(error: unknown): void;
}

/** Whose parent or itself breaks a rule for ever; the oldest are forgotten first. */
const condemnedRemembered = 10_000;

/** Side blocks of which it is known who delivered them; the oldest are forgotten first. */
const deliveriesRemembered = 16_384;

type ConnectedBlock =
  | { readonly ok: true; readonly block: AddedBlock }
  | { readonly ok: false; readonly block: Block; readonly rejection: Rejection };

export class ChainKeeper {
  readonly #ports: ChainKeeperPorts;
  readonly #queue = new SerialQueue();
  readonly #condemned = new Map<string, Rejection>();
  /** Hash of a side block -> the peer that delivered its body, which nobody could check yet. */
  readonly #deliveredBy = new Map<string, string>();
  /** Codes of the faults that were told since the last switch. */
  readonly #told = new Set<string>();

  constructor(ports: ChainKeeperPorts) {
    this.#ports = ports;
  }

  /**
   * @param from the peer that delivered it; null for a block of this node's own.
   * @throws CarechainError `folder-failed`, `folder-damaged`, `folder-closed`, `side-branch-too-large`: nothing changed.
   */
  offer(block: Block, from: string | null = null): Promise<Offer> {
    return this.#queue.run(async () => {
      try {
        return await this.#consider(block, from);
      } catch (error) {
        this.#tell(error);
        throw error;
      }
    });
  }

  /** Runs `task` while nothing is written to the chain. */
  exclusively<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.#queue.run(task);
  }

  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Times of the last eleven blocks up to `hash`, the latest first. */
  medianTimes(hash: string): number[] {
    const times: number[] = [];
    for (let at = this.#ports.chain.header(hash); at && times.length < limits.medianHeaders; ) {
      times.push(at.header.time);
      at = at.header.height === 0 ? undefined : this.#ports.chain.header(at.header.parent);
    }
    return times;
  }

  async #consider(block: Block, from: string | null): Promise<Offer> {
    const { chain, genesis, clock } = this.#ports;
    const condemned = this.#condemned.get(block.hash) ?? this.#condemned.get(block.header.parent);
    if (condemned) return this.#condemn(block.hash, condemned);
    const stored = chain.header(block.hash);
    if (stored) return this.#considerAgain(stored);
    const parent = chain.header(block.header.parent);
    if (!parent) {
      const lie = checkOrphan(block, genesis);
      if (lie) return { verdict: 'rejected', rejection: lie };
      return { verdict: 'ignored', rejection: rejection('unknown-parent', { parent: block.header.parent }) };
    }

    const medianTimes = this.medianTimes(parent.hash);
    const badHeader = checkHeader(block, { genesis, parent, medianTimes, now: clock.now() });
    if (badHeader)
      return { verdict: condemnedBy(badHeader.code) === 'nothing' ? 'ignored' : 'rejected', rejection: badHeader };

    this.#ports.onHeader?.(block);

    const work = parent.work + block.header.difficulty;
    const tip = chain.tip();
    if (parent.hash === tip.hash) {
      const connected = await this.#connect(block, work, chain.state, parent);
      if (!connected.ok) return this.#refuse(connected);
      await this.#commit({ hash: tip.hash, height: tip.height }, [], [connected.block], connected.block.effect.changes);
      return { verdict: 'accepted', onMainChain: true };
    }
    await chain.storeSideBlock(block, work);
    this.#noteDelivery(block.hash, from);
    if (!wins({ hash: block.hash, work }, tip)) return { verdict: 'accepted', onMainChain: false };
    return this.#switchTo(block, 'delivered now');
  }

  /**
   * A block that is here already. Its branch may have been left unfinished: the disk failed, or the process ended, between
   * the moment when its last body was stored and the switch.
   */
  async #considerAgain({ hash, work }: StoredHeader): Promise<Offer> {
    const { chain } = this.#ports;
    const block = wins({ hash, work }, chain.tip()) && !chain.isOnMainChain(hash) ? chain.block(hash) : undefined;
    return block ? this.#switchTo(block, 'stored before') : { verdict: 'ignored', rejection: null };
  }

  /** Leaves the main chain for the branch that ends with `target`, as far as that branch holds and wins. */
  async #switchTo(target: Block, origin: 'delivered now' | 'stored before'): Promise<Offer> {
    const { chain } = this.#ports;
    const branch = branchTo(target, chain);
    if (!branch)
      return { verdict: 'ignored', rejection: rejection('unknown-parent', { parent: target.header.parent }) };
    const { ancestor, blocks } = branch;

    const draft = new Draft(chain.state);
    const removed = undoDownTo(ancestor.height, chain, draft);
    const added: AddedBlock[] = [];
    let failed: Extract<ConnectedBlock, { ok: false }> | null = null;
    let parent: { hash: string; header: Header; work: number } = ancestor;
    for (const block of blocks) {
      const connected = await this.#connect(block, parent.work + block.header.difficulty, draft, parent);
      if (!connected.ok) {
        failed = connected;
        break;
      }
      writeChanges(connected.block.effect.changes, draft);
      added.push(connected.block);
      parent = { hash: block.hash, header: block.header, work: connected.block.work };
    }
    if (failed) await this.#forget(failed, blocks.slice(added.length));
    if (added.length > 0 && wins(parent, chain.tip())) {
      // After a failure the draft may hold only what was applied, which is what the shorter branch needs.
      await this.#commit(ancestor, removed, added, draft.changes());
    }
    if (!failed) return { verdict: 'accepted', onMainChain: true };
    // A body that an earlier peer delivered under an honest hash is not this peer's fault.
    const isNew = failed.block.hash === target.hash && origin === 'delivered now';
    const anothersFault = !isNew && condemnedBy(failed.rejection.code) !== 'hash';
    return anothersFault ? { verdict: 'ignored', rejection: failed.rejection } : this.#refuse(failed);
  }

  async #connect(
    block: Block,
    work: number,
    state: StateView,
    parent: { hash: string; header: Header },
  ): Promise<ConnectedBlock> {
    const { genesis, signatures, clock } = this.#ports;
    await signatures.prepare(block.transactions, state);
    const context = {
      genesis,
      parent,
      medianTimes: this.medianTimes(parent.hash),
      now: clock.now(),
      state,
      verify: signatures.verify,
    };
    let checked: Verdict<BlockEffect> = checkBlock(block, context);
    // An honest peer must not be blamed for what this folder has lost.
    if (!checked.ok && restsOnState(checked.rejection.code) && (await this.#ports.mendState?.())) {
      checked = checkBlock(block, context);
    }
    if (!checked.ok) return { ok: false, block, rejection: checked.rejection };
    return { ok: true, block: { block, work, effect: checked.value } };
  }

  async #commit(
    ancestor: { readonly hash: string; readonly height: number },
    removed: readonly Block[],
    added: readonly AddedBlock[],
    changes: readonly StateChange[],
  ): Promise<void> {
    const { chain, alsoWrite, switched } = this.#ports;
    const confirmed = new Set(added.flatMap(({ block }) => block.transactions.map(({ id }) => id)));
    const returned = removed.flatMap((block) => block.transactions).filter(({ id }) => !confirmed.has(id));
    const change: Switch = {
      ancestor: { hash: ancestor.hash, height: ancestor.height },
      removed,
      added,
      returned,
      changes,
    };
    const removedHashes = removed.map(({ hash }) => hash).reverse();
    await chain.commit({ removed: removedHashes, added, changes, also: alsoWrite(change) });
    this.#told.clear();
    for (const { block } of added) this.#deliveredBy.delete(block.hash);
    switched(change);
  }

  #refuse({ block, rejection }: { block: Block; rejection: Rejection }): Offer {
    const condemned = condemnedBy(rejection.code);
    if (condemned === 'hash') return this.#condemn(block.hash, rejection);
    return { verdict: condemned === 'delivery' ? 'rejected' : 'ignored', rejection };
  }

  #condemn(hash: string, rejection: Rejection): Offer {
    this.#condemned.set(hash, rejection);
    if (this.#condemned.size > condemnedRemembered) this.#condemned.delete(this.#condemned.keys().next().value!);
    return { verdict: 'rejected', rejection };
  }

  /** A stored branch turned out wrong from some block on: what follows it is dropped; an honest body may still come. */
  async #forget(failed: { block: Block; rejection: Rejection }, rest: readonly Block[]): Promise<void> {
    this.#ports.logger.warn('a stored branch does not hold', {
      height: failed.block.header.height,
      code: failed.rejection.code,
    });
    const { hash: bad } = failed.block;
    const liar = this.#deliveredBy.get(bad);
    for (const { hash } of rest) this.#deliveredBy.delete(hash);
    await this.#ports.chain.forgetSideBlocks(rest.map(({ hash }) => hash));
    if (condemnedBy(failed.rejection.code) === 'hash')
      for (const { hash } of rest) this.#condemn(hash, failed.rejection);
    // An honest peer passes on only what it has checked whole, so whoever delivered this body can be blamed for it. If
    // nobody were, one liar could keep a branch away for ever, by delivering a bent body of it before anybody else.
    if (liar !== undefined && condemnedBy(failed.rejection.code) !== 'nothing')
      this.#ports.onLiar(liar, failed.rejection.code);
  }

  #noteDelivery(hash: string, from: string | null): void {
    if (from === null) return;
    this.#deliveredBy.set(hash, from);
    if (this.#deliveredBy.size > deliveriesRemembered) this.#deliveredBy.delete(this.#deliveredBy.keys().next().value!);
  }

  #tell(error: unknown): void {
    const { code } = describeError(error);
    if (code === 'folder-closed' || this.#told.has(code)) return;
    this.#told.add(code);
    this.#ports.onFault(error);
  }
}
