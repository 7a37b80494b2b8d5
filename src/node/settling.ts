/**
 * What becomes of transactions that the chain has settled the other way: they move to the conflict list, with their reason, and
 * out of it again where a switch has made them possible.
 */
import type { Rejection, Transaction } from '../ledger/index.ts';
import type { LostTransaction, Write } from '../storage/index.ts';
import type { TransactionPorts } from './transactions.ts';

type SettlingPorts = Omit<TransactionPorts, 'signatures' | 'chain' | 'onPending' | 'publish'>;

interface Owed {
  readonly writes: readonly Write[];
  readonly lost: readonly LostTransaction[];
}

const nothingOwed: Owed = { writes: [], lost: [] };

export class Settling {
  readonly #ports: SettlingPorts;
  readonly #own: Set<string>;
  readonly #isOwn: (id: string) => boolean;
  /** Settled, and not on the disk yet because that failed: no more than one switch does, for the next waits for the disk. */
  #owed = nothingOwed;

  /** @param own ids of what users of this node wrote and that is not settled: what is settled goes, what is open again comes. */
  constructor(ports: SettlingPorts, own: Set<string>, isOwn: (id: string) => boolean) {
    this.#ports = ports;
    this.#own = own;
    this.#isOwn = isOwn;
  }

  /**
   * Moves what became impossible to the conflict list, with its reason, and what is possible again out of it. In memory at
   * once, on the disk in one batch: whatever happens next to one of them is written after it.
   */
  settle(
    again: readonly LostTransaction[],
    impossible: readonly { transaction: Transaction; rejection: Rejection }[],
  ): { recovered: Transaction[]; lost: string[]; written: Promise<void> } {
    const { mempool, conflicts, outbox, logger } = this.#ports;
    const wasLost = new Set(again.map(({ transaction }) => transaction.id));
    const stillLost = new Set(impossible.map(({ transaction }) => transaction.id));
    const recovered = again.filter(({ transaction }) => !stillLost.has(transaction.id));
    const lost = impossible
      .filter(({ transaction }) => !wasLost.has(transaction.id))
      .map((each): LostTransaction => ({ ...each, own: this.#isOwn(each.transaction.id) }));
    const back = recovered.filter(({ transaction, own }) => own && mempool.get(transaction.id));
    for (const { transaction } of back) this.#own.add(transaction.id);
    for (const { transaction, rejection, own } of lost) {
      this.#own.delete(transaction.id);
      logger.info('a transaction became impossible', { code: rejection.code, own });
    }
    const writes = [
      ...recovered.map(({ transaction }) => conflicts.remove(transaction.id)),
      ...back.flatMap(({ transaction }) => outbox.put(transaction)),
      ...conflicts.put(lost),
      ...lost.filter(({ own }) => own).map(({ transaction }) => outbox.remove(transaction.id)),
    ];
    return {
      recovered: recovered.map(({ transaction }) => transaction),
      lost: lost.map(({ transaction }) => transaction.id),
      written: this.#write(writes, lost),
    };
  }

  /**
   * Where the disk does not take it, the outbox still has what is lost: it is written with what the next switch settles, or
   * settled again at the next start.
   */
  async #write(writes: readonly Write[], lost: readonly LostTransaction[]): Promise<void> {
    const { store, conflicts, onConflict, onFault } = this.#ports;
    const owed = { writes: [...this.#owed.writes, ...writes], lost: [...this.#owed.lost, ...lost] };
    this.#owed = nothingOwed;
    try {
      await store.write(owed.writes);
      conflicts.written(owed.lost);
    } catch (error) {
      conflicts.written(lost.filter(({ own }) => !own));
      // Writes fail in the order in which they were asked for.
      this.#owed = { writes: [...this.#owed.writes, ...owed.writes], lost: [...this.#owed.lost, ...owed.lost] };
      onFault(error);
    }
    for (const { transaction, rejection, own } of lost) if (own) onConflict(transaction.id, rejection);
  }

  /** A damaged conflict list must not keep the node from following the chain. */
  lostBefore(): LostTransaction[] {
    try {
      return this.#ports.conflicts.all();
    } catch (error) {
      this.#ports.onFault(error);
      return [];
    }
  }
}
