/** Checks blocks on the state that their parents leave: one on the tip, or a row of them on a draft. */
import { type Clock, limits } from '../base/index.ts';
import {
  type Block,
  type BlockEffect,
  checkBlock,
  type Draft,
  type Genesis,
  type Rejection,
  restsOnState,
  type SealedHeader,
  type StateView,
} from '../ledger/index.ts';
import type { ChainStore } from '../storage/index.ts';
import { writeChanges } from './branch.ts';
import type { Signatures } from './signatures.ts';

export interface BlockCheckerPorts {
  readonly genesis: Genesis;
  readonly chain: ChainStore;
  readonly signatures: Signatures;
  readonly clock: Clock;
  /**
   * A block was refused for what the state says, so the stored state may be what is wrong.
   * @returns whether it was, and is mended now: the block is checked once more.
   */
  mendState?(): Promise<boolean>;
}

/** A block that others may follow. */
export interface Parent extends Pick<SealedHeader, 'hash' | 'header'> {
  /** Of the chain that ends with it. */
  readonly work: number;
}

export interface AddedBlock {
  readonly block: Block;
  readonly work: number;
  readonly effect: BlockEffect;
}

export interface RefusedBlock {
  readonly block: Block;
  readonly rejection: Rejection;
}

export type CheckedBlock =
  | { readonly ok: true; readonly added: AddedBlock }
  | { readonly ok: false; readonly refused: RefusedBlock };

type Check = (block: Block, state: StateView, parent: Parent) => Promise<CheckedBlock>;

export class BlockChecker {
  readonly #ports: BlockCheckerPorts;
  /** What {@link medianTimes} answered last: blocks come in the order of the chain. */
  #lastTimes: { readonly hash: string; readonly times: readonly number[] } = { hash: '', times: [] };

  constructor(ports: BlockCheckerPorts) {
    this.#ports = ports;
  }

  readonly check: Check = async (block, state, parent) => {
    const { genesis, signatures, clock } = this.#ports;
    await signatures.prepare(block.transactions, state);
    const { verify } = signatures;
    const medianTimes = this.medianTimes(parent);
    const checked = checkBlock(block, { genesis, parent, medianTimes, now: clock.now(), state, verify });
    if (!checked.ok) return { ok: false, refused: { block, rejection: checked.rejection } };
    return { ok: true, added: { block, work: parent.work + block.header.difficulty, effect: checked.value } };
  };

  /** As {@link check}; and an honest peer is not blamed for what this folder has lost. */
  readonly checkOrMend: Check = async (block, state, parent) => {
    const checked = await this.check(block, state, parent);
    const isDoubtful = !checked.ok && restsOnState(checked.refused.rejection.code);
    return isDoubtful && (await this.#ports.mendState?.()) ? this.check(block, state, parent) : checked;
  };

  /** Checks blocks one after the other, each on what those before it leave in `draft`, until one does not hold. */
  async checkAll(
    blocks: readonly Block[],
    draft: Draft,
    start: Parent,
    check: Check,
  ): Promise<{ added: AddedBlock[]; refused: RefusedBlock | null; end: Parent }> {
    const added: AddedBlock[] = [];
    let end = start;
    for (const block of blocks) {
      const checked = await check(block, draft, end);
      if (!checked.ok) return { added, refused: checked.refused, end };
      writeChanges(checked.added.effect.changes, draft);
      added.push(checked.added);
      end = { hash: block.hash, header: block.header, work: checked.added.work };
    }
    return { added, refused: null, end };
  }

  /** Times of the last eleven blocks up to this one, the latest first. Those before it are stored. */
  medianTimes({ hash, header }: Pick<Parent, 'hash' | 'header'>): readonly number[] {
    const last = this.#lastTimes;
    if (hash === last.hash) return last.times;
    const times = [header.time];
    for (let at = header; at.height > 0 && times.length < limits.medianHeaders; ) {
      if (at.parent === last.hash) {
        times.push(...last.times.slice(0, limits.medianHeaders - times.length));
        break;
      }
      const below = this.#ports.chain.header(at.parent);
      if (!below) break;
      at = below.header;
      times.push(at.time);
    }
    this.#lastTimes = { hash, times };
    return times;
  }
}
