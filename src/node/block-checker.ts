/** Checks blocks on the state that their parents leave: one on the tip, or a row of them on a draft. */
import type { Clock } from '../base/index.ts';
import {
  type Block,
  type BlockEffect,
  checkBlockInSteps,
  type Draft,
  type Genesis,
  medianTimesAfter,
  type Rejection,
  restsOnState,
  type SealedHeader,
  type StateView,
} from '../ledger/index.ts';
import { writeChanges } from './branch.ts';
import { inSlices, Slices } from './pause.ts';
import type { Signatures } from './signatures.ts';

export interface BlockCheckerPorts {
  readonly genesis: Genesis;
  readonly signatures: Signatures;
  readonly clock: Clock;
  /** A block was refused for what the state says, so the stored state may be what is wrong. Without it, it never is. */
  mendState?(): Promise<DoubtedState>;
}

/**
 * The stored state, when it was doubted: it is right; it was wrong and is mended now, so the block is checked once more; or
 * nobody can tell, since something is gone that it takes to say what it should be.
 */
export type DoubtedState = 'right' | 'mended' | 'unknown';

/** A block that others may follow. */
export interface Parent extends Pick<SealedHeader, 'hash' | 'header'> {
  /** Of the chain that ends with it. */
  readonly work: number;
  /** Of the last eleven blocks up to it, the latest first. */
  readonly medianTimes: readonly number[];
}

export interface AddedBlock {
  readonly block: Block;
  readonly work: number;
  readonly effect: BlockEffect;
}

export interface RefusedBlock {
  readonly block: Block;
  readonly rejection: Rejection;
  /** The state that the verdict is drawn from cannot be relied on now: nobody is guilty of anything yet. */
  readonly isDoubtful?: true;
}

/** What lies ahead of a block weighs so much, or is one block: the signatures of that are checked before its turn. */
export const signaturesAhead = 1_024;

export type CheckedBlock =
  | { readonly ok: true; readonly added: AddedBlock }
  | { readonly ok: false; readonly refused: RefusedBlock };

type Check = (block: Block, state: StateView, parent: Parent) => Promise<CheckedBlock>;

export class BlockChecker {
  readonly #ports: BlockCheckerPorts;

  constructor(ports: BlockCheckerPorts) {
    this.#ports = ports;
  }

  readonly check: Check = async (block, state, parent) => {
    const { genesis, signatures, clock } = this.#ports;
    await signatures.prepare(block.transactions, state);
    const { verify } = signatures;
    const { medianTimes } = parent;
    const steps = checkBlockInSteps(block, { genesis, parent, medianTimes, now: clock.now(), state, verify });
    const checked = await inSlices(steps, clock);
    if (!checked.ok) return { ok: false, refused: { block, rejection: checked.rejection } };
    return { ok: true, added: { block, work: parent.work + block.header.difficulty, effect: checked.value } };
  };

  /** As {@link check}; and an honest peer is not blamed for what this folder has lost. */
  readonly checkOrMend: Check = async (block, state, parent) => {
    const checked = await this.check(block, state, parent);
    if (checked.ok) return checked;
    const stored = await this.doubt(checked.refused.rejection);
    if (stored === 'mended') return this.check(block, state, parent);
    return stored === 'right' ? checked : { ok: false, refused: { ...checked.refused, isDoubtful: true } };
  };

  /** What is stored of the state, where a verdict is drawn from it. */
  async doubt({ code }: Rejection): Promise<DoubtedState> {
    return restsOnState(code) ? ((await this.#ports.mendState?.()) ?? 'right') : 'right';
  }

  /**
   * Checks blocks one after the other, each on what those before it leave in `draft`, until one does not hold.
   * @param added where those go that hold, also where one cannot be read or checked and this throws.
   * @returns the one that does not hold, and the last one that does.
   */
  async checkAll(
    blocks: Iterable<Block> | AsyncIterable<Block>,
    { draft, start, check, added }: { draft: Draft; start: Parent; check: Check; added: AddedBlock[] },
  ): Promise<{ refused: RefusedBlock | null; end: Parent }> {
    let end = start;
    const slices = new Slices(this.#ports.clock);
    for await (const block of blocks) {
      const checked = await check(block, draft, end);
      if (!checked.ok) return { refused: checked.refused, end };
      writeChanges(checked.added.effect.changes, draft);
      added.push(checked.added);
      end = placeOf(checked.added, end);
      if (slices.isOver(weightOf(block))) await slices.next();
    }
    return { refused: null, end };
  }

  /** Has them checked beside what is done now. What comes of it is met when the turn of the block has come. */
  checkSignaturesOf({ transactions }: Block, state: StateView): void {
    this.#ports.signatures.prepare(transactions, state, 'ahead').catch(() => undefined);
  }

  /** The same blocks; while one is looked at the signatures of the next ones are checked, those of the first ones from now on. */
  withSignaturesAhead(blocks: Iterable<Block>, state: StateView): AsyncIterable<Block> {
    return begun(this.#lookingAhead(blocks, state));
  }

  async *#lookingAhead(blocks: Iterable<Block>, state: StateView): AsyncGenerator<Block, void> {
    const queue: Block[] = [];
    let ahead = 0;
    const slices = new Slices(this.#ports.clock);
    try {
      for (const block of blocks) {
        this.checkSignaturesOf(block, state);
        queue.push(block);
        ahead += weightOf(block);
        if (slices.isOver(weightOf(block))) await slices.next();
        // However long blocks are, one is ahead of the one that is looked at.
        while (queue.length > 1 && ahead > signaturesAhead) {
          const first = queue.shift()!;
          ahead -= weightOf(first);
          yield first;
        }
      }
    } catch (error) {
      // It is the one after these that cannot be read.
      yield* queue;
      throw error;
    }
    yield* queue;
  }
}

/** What a block costs, as far as that is known before it is looked at: its transactions, and one also where it has none. */
export function weightOf({ transactions }: Block): number {
  return 1 + transactions.length;
}

/** Of a block for those that follow it. */
export function placeOf({ block: { hash, header }, work }: AddedBlock, parent: Parent): Parent {
  return { hash, header, work, medianTimes: medianTimesAfter(parent.medianTimes, header) };
}

/** The same elements; the first is looked for now, and not when somebody asks. */
function begun<Element>(elements: AsyncGenerator<Element, void>): AsyncIterable<Element> {
  const first = elements.next();
  // It is met by who asks, and nobody may.
  first.catch(() => undefined);
  return (async function* () {
    const { done, value } = await first;
    if (done) return;
    yield value;
    yield* elements;
  })();
}
