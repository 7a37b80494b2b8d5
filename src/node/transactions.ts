/**
 * What happens to transactions outside the chain: those of this node's own users go through the outbox, those of others
 * come from peers, and a switch of the chain brings some back and makes some impossible.
 *
 * What a user of this node authored is in the outbox, on the disk, before the user is told "ok", and stays there until it
 * is confirmed or has become impossible; a reorg that takes it out of the chain puts it back. It is never evicted.
 */
import type { Logger } from '../base/index.ts';
import { natureOf, type Rejection, type Transaction, type Verdict } from '../ledger/index.ts';
import type { MessageVerdict } from '../network/index.ts';
import type { ChainStore, LostStore, Outbox, Store, Write } from '../storage/index.ts';
import type { Switch } from './chain-keeper.ts';
import type { Mempool } from './mempool.ts';
import type { Signatures } from './signatures.ts';

/** Ids refused since the head moved last: not fetched again before it moves. */
const refusedRemembered = 10_000;

export interface TransactionPorts {
  readonly mempool: Mempool;
  readonly signatures: Signatures;
  readonly chain: ChainStore;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly lost: LostStore;
  readonly logger: Logger;
  /** New and pending here: to be told to peers and to whoever listens. */
  onPending(transactions: readonly Transaction[]): void;
  onConflict(id: string, rejection: Rejection): void;
  /** The disk would not take something that can be written again later. */
  onFault(error: unknown): void;
}

export class Transactions {
  readonly #ports: TransactionPorts;
  readonly #own = new Set<string>();
  readonly #refused = new Set<string>();

  constructor(ports: TransactionPorts) {
    this.#ports = ports;
  }

  /** Whether a user of this node authored it and it is not settled, or was settled on this chain. */
  isOwn(id: string): boolean {
    return this.#own.has(id) || this.#ports.outbox.isOwn(id);
  }

  /** Takes up again what the outbox holds. */
  async load(): Promise<void> {
    const { mempool, outbox, signatures, chain } = this.#ports;
    const unsettled = await outbox.all();
    for (const { id } of unsettled) this.#own.add(id);
    await signatures.prepare(unsettled, chain.state);
    const settled: Write[] = [];
    for (const transaction of unsettled) {
      const placement = mempool.add(transaction);
      if (placement.place === 'refused') await this.#lose(transaction, placement.rejection);
      if (placement.place === 'known') settled.push(outbox.remove(transaction.id));
    }
    await this.#ports.store.write(settled);
  }

  async submit(transaction: Transaction, alongside: readonly Write[]): Promise<Verdict<null>> {
    const { mempool, outbox, store, onPending } = this.#ports;
    const refused = mempool.check(transaction);
    if (refused) return { ok: false, rejection: refused };
    this.#own.add(transaction.id);
    const freed: Transaction[] = [];
    mempool.add(transaction, freed);
    try {
      await store.write([...outbox.put(transaction), ...alongside]);
    } catch (error) {
      this.#own.delete(transaction.id);
      mempool.remove(transaction.id);
      throw error;
    }
    onPending([transaction, ...freed]);
    return { ok: true, value: null };
  }

  /** Whether a peer's id is worth fetching. */
  isWanted(id: string): boolean {
    return !this.#refused.has(id) && !this.#ports.mempool.get(id) && !this.#ports.chain.hasTransaction(id);
  }

  /**
   * Takes a batch from a peer.
   * @returns the verdict for gossip; with `reject`, the rejection that only a liar can cause.
   */
  async take(transactions: readonly Transaction[]): Promise<{ verdict: MessageVerdict; liar: Rejection | null }> {
    const { mempool, signatures, chain, onPending } = this.#ports;
    const unknown = transactions.filter(({ id }) => !mempool.get(id) && !chain.hasTransaction(id));
    await signatures.prepare(unknown, chain.state);
    const fresh: Transaction[] = [];
    let liar: Rejection | null = null;
    for (const transaction of unknown) {
      const placement = mempool.add(transaction, fresh);
      if (placement.place === 'pending') fresh.push(transaction);
      if (placement.place !== 'refused') continue;
      this.#refuse(transaction.id);
      if (natureOf(placement.rejection.code) === 'invalid') liar ??= placement.rejection;
    }
    if (fresh.length > 0) onPending(fresh);
    if (liar) return { verdict: 'reject', liar };
    return { verdict: fresh.length > 0 ? 'accept' : 'ignore', liar: null };
  }

  /** What must be on the disk together with a switch of the chain. */
  alsoWrite({ added, returned }: Switch): Write[] {
    const { outbox } = this.#ports;
    const confirmed = added.flatMap(({ block }) => block.transactions).filter(({ id }) => this.#own.has(id));
    const back = returned.filter(({ id }) => this.isOwn(id));
    return [...confirmed.map(({ id }) => outbox.remove(id)), ...back.flatMap((transaction) => outbox.put(transaction))];
  }

  /**
   * After a switch: looks at everything again, what was lost included if blocks were removed.
   * @returns ids that are pending or waiting again, and ids that became impossible.
   */
  afterSwitch({ added, removed, returned }: Switch): { returned: string[]; lost: string[] } {
    const { mempool, lost } = this.#ports;
    this.#refused.clear();
    for (const { id } of returned) if (this.isOwn(id)) this.#own.add(id);
    const again = removed.length > 0 ? lost.all().map((entry) => entry.transaction) : [];
    const impossible = mempool.rebuild([...returned, ...again]);
    for (const { block } of added) for (const { id } of block.transactions) this.#own.delete(id);

    const wasLost = new Set(again.map(({ id }) => id));
    const stillLost = new Set(impossible.map(({ transaction }) => transaction.id).filter((id) => wasLost.has(id)));
    const recovered = again.filter(({ id }) => !stillLost.has(id));
    const newlyLost = impossible.filter(({ transaction }) => !wasLost.has(transaction.id));
    void this.#settle(recovered, newlyLost);
    return {
      returned: [...returned, ...recovered].filter(({ id }) => mempool.get(id)).map(({ id }) => id),
      lost: newlyLost.map(({ transaction }) => transaction.id),
    };
  }

  async #settle(
    recovered: readonly Transaction[],
    impossible: readonly { transaction: Transaction; rejection: Rejection }[],
  ): Promise<void> {
    const { outbox, lost, store, onFault } = this.#ports;
    try {
      const own = recovered.filter(({ id }) => this.isOwn(id) && this.#ports.mempool.get(id));
      for (const { id } of own) this.#own.add(id);
      await store.write([
        ...recovered.map(({ id }) => lost.remove(id)),
        ...own.flatMap((transaction) => outbox.put(transaction)),
      ]);
      for (const { transaction, rejection } of impossible) await this.#lose(transaction, rejection);
    } catch (error) {
      onFault(error);
    }
  }

  /** Moves a transaction to the conflict list, with its reason, and out of the outbox, in one batch. */
  async #lose(transaction: Transaction, rejection: Rejection): Promise<void> {
    const { outbox, lost, store, onConflict, logger } = this.#ports;
    const own = this.isOwn(transaction.id);
    await store.write([...lost.put({ transaction, rejection, own }), outbox.remove(transaction.id)]);
    this.#own.delete(transaction.id);
    logger.info('a transaction became impossible', { code: rejection.code, own });
    if (own) onConflict(transaction.id, rejection);
  }

  #refuse(id: string): void {
    this.#refused.add(id);
    if (this.#refused.size > refusedRemembered) this.#refused.delete(this.#refused.values().next().value!);
  }
}
