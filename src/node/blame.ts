/**
 * What is held against blocks: hashes that can never be right, and who delivered bodies that nobody could check yet. Both
 * are bounded; the oldest are forgotten first.
 */
import { limits } from '../base/index.ts';
import { type Block, type Rejection, restsOnState } from '../ledger/index.ts';

/** Whose parent or itself breaks a rule for ever. */
const condemnedRemembered = 10_000;

export class Blame {
  readonly #condemned = new Map<string, Rejection>();
  /** Hash of a side block -> the peer that delivered its body. */
  readonly #deliveredBy = new Map<string, string>();

  /** Why a block, or the one that it follows, can never be right; undefined where nothing is held against them. */
  against({ hash, header }: Block): Rejection | undefined {
    return this.#condemned.get(hash) ?? this.#condemned.get(header.parent);
  }

  condemn(hash: string, rejection: Rejection): void {
    this.#condemned.set(hash, rejection);
    if (this.#condemned.size > condemnedRemembered) this.#condemned.delete(this.#condemned.keys().next().value!);
  }

  /** The state that some verdicts were drawn from was not what it should be: whoever comes with such a block is heard again. */
  forgiveWhatRestsOnState(): void {
    for (const [hash, { code }] of this.#condemned) if (restsOnState(code)) this.#condemned.delete(hash);
  }

  /** @param from null for a block of this node's own. */
  noteDelivery(hash: string, from: string | null): void {
    if (from === null) return;
    this.#deliveredBy.set(hash, from);
    // As many as there may be: or whoever has delivered the first of a long branch would be forgotten over the rest of it.
    if (this.#deliveredBy.size > limits.sideBranchBlocks)
      this.#deliveredBy.delete(this.#deliveredBy.keys().next().value!);
  }

  delivererOf(hash: string): string | undefined {
    return this.#deliveredBy.get(hash);
  }

  forgetDeliveries(hashes: readonly string[]): void {
    for (const hash of hashes) this.#deliveredBy.delete(hash);
  }
}
