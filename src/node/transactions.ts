/**
 * What happens to transactions outside the chain: those of this node's own users go through the outbox, those of others
 * come from peers, and a switch of the chain brings some back and makes some impossible.
 *
 * What a user of this node authored is in the outbox, on the disk, before the user is told "ok", and stays there until it
 * is confirmed or has become impossible; a reorg that takes it out of the chain puts it back. It is never evicted.
 */
import { type Clock, equalBytes, type Logger, limits, portions } from '../base/index.ts';
import { natureOf, type Rejection, rejection, type Transaction, type Verdict } from '../ledger/index.ts';
import type { MessageVerdict, PendingClaim } from '../network/index.ts';
import type { ChainStore, Outbox, Store, Write } from '../storage/index.ts';
import { BackPressure } from './back-pressure.ts';
import type { Switch } from './chain-keeper.ts';
import type { ConflictList } from './conflict-list.ts';
import { awaitedBy, type Mempool } from './mempool.ts';
import { Settling } from './settling.ts';
import type { Signatures } from './signatures.ts';

/** Ids refused since the head moved last: not fetched again before it moves. */
const refusedRemembered = 10_000;

export interface TransactionPorts {
  readonly mempool: Mempool;
  readonly signatures: Signatures;
  readonly chain: ChainStore;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly conflicts: ConflictList;
  readonly clock: Clock;
  readonly logger: Logger;
  /** New and pending here: to be told to whoever listens. */
  onPending(transactions: readonly Transaction[]): void;
  /** To be told to peers. */
  publish(transactions: readonly Transaction[]): void;
  onConflict(id: string, rejection: Rejection): void;
  /** The disk would not take something that can be written again later. */
  onFault(error: unknown): void;
}

/** Transactions of a peer that are judged in one turn. */
const judgedTogether = 64;

const ignored = { verdict: 'ignore', liar: null } as const;

export class Transactions {
  readonly #ports: TransactionPorts;
  /** Written by users of this node and not settled: what the outbox holds, or is about to. */
  readonly #own = new Set<string>();
  /** Those of them that are not on the disk yet: they must not leave this node, since their author may yet be told "no". */
  readonly #unsaved = new Set<string>();
  /** What a switch that is being written takes out of the chain, until the mempool has it back. */
  #returning: ReadonlyMap<string, Transaction> = new Map();
  readonly #refused = new Set<string>();
  readonly #settling: Settling;
  readonly #pressure: BackPressure;

  constructor(ports: TransactionPorts) {
    this.#ports = ports;
    this.#pressure = new BackPressure({ clock: ports.clock, unsettled: () => this.#own.size });
    this.#settling = new Settling(ports, this.#own, (id) => this.isOwn(id));
  }

  /** Whether a user of this node authored it and it is not settled, or was settled on this chain. */
  isOwn(id: string): boolean {
    return this.#own.has(id) || this.#isStoredAsOwn(id);
  }

  /** Whether a user of this node authored it and it is not settled: without a look at the disk. */
  isUnsettled(id: string): boolean {
    return this.#own.has(id);
  }

  #isStoredAsOwn(id: string): boolean {
    try {
      return this.#ports.outbox.isOwn(id);
    } catch {
      // Whoever watches over reads tells of it. Only what a user of this node authored has a row that can be damaged.
      return true;
    }
  }

  /** Ids that the outbox must hold: what users of this node wrote and was not settled. */
  kept(): string[] {
    return [...this.#own].filter((id) => !this.#unsaved.has(id));
  }

  /** A transaction that a switch is just taking out of the chain. */
  returning(id: string): Transaction | undefined {
    return this.#returning.get(id);
  }

  /** Pending ones that peers and the miner may have, in the order in which they hold. */
  offered(): readonly Transaction[] {
    const pending = this.#ports.mempool.pending();
    return this.#unsaved.size === 0 ? pending : pending.filter(({ id }) => !this.#unsaved.has(id));
  }

  /** As {@link offered}, for the miner. */
  candidates(): ReturnType<Mempool['candidates']> {
    return this.#ports.mempool.candidates(this.#unsaved);
  }

  /** The sum of what is offered. */
  claim(): PendingClaim {
    return this.#ports.mempool.claim(this.#unsaved);
  }

  /** Takes up again what the outbox holds; and what was lost, in case the process ended between a reorg and its settling. */
  async load(): Promise<void> {
    const { mempool, outbox, signatures, chain, store } = this.#ports;
    const kept = await outbox.all();
    const settled = kept.filter(({ id }) => chain.hasTransaction(id));
    const unsettled = kept.filter(({ id }) => !chain.hasTransaction(id));
    for (const { id } of unsettled) this.#own.add(id);
    const again = this.#settling.lostBefore();
    const candidates = [...unsettled, ...again.map(({ transaction }) => transaction)];
    await signatures.prepare(candidates, chain.state);
    await store.write(settled.map(({ id }) => outbox.remove(id)));
    await this.#settling.settle(again, mempool.rebuild(candidates)).written;
  }

  /**
   * Takes what a user of this node signed. What refers to something that has not come yet is taken as well: it is kept,
   * waits, and is offered once that has come. Everything else that does not hold now is refused, while its author listens.
   * Who writes faster than blocks take it is answered later: see back-pressure.ts.
   */
  async submit(transaction: Transaction, alongside: readonly Write[]): Promise<Verdict<null>> {
    const { outbox, store, signatures, chain } = this.#ports;
    const { id } = transaction;
    const turn = this.#pressure.holdBack();
    if (turn) await turn;
    // Said twice, as by a program that did not hear the answer.
    if (this.#own.has(id) && !this.#unsaved.has(id)) {
      await store.write(alongside);
      return { ok: true, value: null };
    }
    this.#own.add(id);
    this.#unsaved.add(id);
    const freed: Transaction[] = [];
    let isSaved = false;
    try {
      const refused = this.#admitOwn(transaction, freed);
      if (refused) {
        this.#own.delete(id);
        return { ok: false, rejection: refused };
      }
      // The signature is looked at while the disk is busy. Until both are done nobody else sees the transaction.
      const [saved, checked] = await Promise.allSettled([
        store.write([...outbox.put(transaction), ...alongside]),
        signatures.prepare([transaction], chain.state, 'own'),
      ]);
      isSaved = saved.status === 'fulfilled';
      resultOf(saved);
      if (resultOf(checked)) {
        await this.#takeBack(id, isSaved);
        return { ok: false, rejection: rejection('bad-signature', { id }) };
      }
    } catch (error) {
      await this.#takeBack(id, isSaved);
      throw error;
    } finally {
      this.#unsaved.delete(id);
    }
    this.#ports.onPending(this.#told([transaction, ...freed]));
    this.#publish([transaction, ...freed]);
    return { ok: true, value: null };
  }

  /** @returns why what a user of this node signed is not taken. Its signature is still to be checked. */
  #admitOwn(transaction: Transaction, freed: Transaction[]): Rejection | null {
    const { mempool } = this.#ports;
    const mayWait = (refused: Rejection) => this.#mayWait(refused);
    const placement = mempool.add(transaction, { freed, mayWait, signature: 'is being checked' });
    if (placement.place === 'refused') return placement.rejection;
    const isConfirmed = placement.place === 'known' && !mempool.get(transaction.id);
    return isConfirmed ? rejection('already-in-chain', { id: transaction.id }) : null;
  }

  async #takeBack(id: string, isSaved: boolean): Promise<void> {
    const { mempool, store, outbox } = this.#ports;
    this.#own.delete(id);
    this.#settling.settle([], mempool.remove(id));
    if (isSaved) await store.write([outbox.remove(id)]);
  }

  /** Whether a peer's id is worth fetching. */
  isWanted(id: string): boolean {
    return !this.#refused.has(id) && !this.#ports.mempool.get(id) && !this.#ports.chain.hasTransaction(id);
  }

  /**
   * Takes a batch from a peer, a portion at a time: `goOn` is asked before each, and says whether there shall be another. All
   * signatures are checked first, and of a batch in which one is bad nothing is taken: what was true in it comes from its author.
   * @returns the verdict for gossip; with `reject`, the rejection that only a liar can cause. It is `accept` where all of the
   * batch is pending here now, byte for byte: a peer may be able to judge what this node could not, or did not look at
   * since it has another of the same id, and would blame this node for it. An accepted `message` is passed on as it is; of
   * any other batch what is new goes out in messages of this node's own.
   */
  async take(
    transactions: readonly Transaction[],
    how: 'a message' | 'asked for',
    goOn: () => Promise<boolean> = async () => true,
  ): Promise<{ verdict: MessageVerdict; liar: Rejection | null }> {
    const { mempool, signatures, chain } = this.#ports;
    const unknown = transactions.filter(({ id }) => !mempool.get(id) && !chain.hasTransaction(id));
    const judged = portions(unknown, judgedTogether);
    for (const portion of judged) {
      if (!(await goOn())) return ignored;
      const bad = await signatures.prepare(portion, chain.state);
      if (bad) return { verdict: 'reject', liar: rejection('bad-signature', { id: bad.id }) };
    }
    const fresh: Transaction[] = [];
    let liar: Rejection | null = null;
    let isWhole = true;
    for (const portion of judged) {
      isWhole &&= await goOn();
      if (!isWhole || liar) break;
      liar = this.#takePortion(portion, fresh);
    }
    const isAccepted = isWhole && !liar && fresh.length > 0 && transactions.every((each) => this.#isPending(each));
    if (!isAccepted || how === 'asked for') this.#publish(fresh);
    if (liar) return { verdict: 'reject', liar };
    return isAccepted ? { verdict: 'accept', liar: null } : ignored;
  }

  /** @param fresh where those go that are pending now. @returns what only a liar can have sent. */
  #takePortion(transactions: readonly Transaction[], fresh: Transaction[]): Rejection | null {
    const freed: Transaction[] = [];
    const before = fresh.length;
    let liar: Rejection | null = null;
    for (const transaction of transactions) {
      const placement = this.#ports.mempool.add(transaction, { freed });
      if (placement.place === 'pending') fresh.push(transaction);
      // What finds no room now finds some when the head has moved, and is not fetched again and again until then.
      if (placement.place === 'full') this.#refuse(transaction.id);
      if (placement.place !== 'refused') continue;
      // Under the id of a bent copy the honest one may still come.
      if (placement.rejection.code !== 'bad-signature') this.#refuse(transaction.id);
      if (natureOf(placement.rejection.code) !== 'invalid') continue;
      liar = placement.rejection;
      break;
    }
    this.#ports.onPending(this.#told([...fresh.slice(before), ...freed]));
    this.#publish(freed);
    return liar;
  }

  #isPending({ id, bytes }: Transaction): boolean {
    const here = this.#ports.mempool.get(id);
    return here !== undefined && here.rejection === null && equalBytes(here.transaction.bytes, bytes);
  }

  /** What must be on the disk together with a switch of the chain. */
  alsoWrite({ added, returned }: Switch): Write[] {
    const { outbox } = this.#ports;
    const confirmed = added.flatMap(({ block }) => block.transactions).filter(({ id }) => this.#own.has(id));
    const back = returned.filter(({ id }) => this.isOwn(id));
    this.#returning = new Map(returned.map((transaction) => [transaction.id, transaction]));
    return [...confirmed.map(({ id }) => outbox.remove(id)), ...back.flatMap((transaction) => outbox.put(transaction))];
  }

  /**
   * After a switch: looks at everything again, what was lost included if blocks were removed.
   * @returns ids that are pending or waiting again, and ids that became impossible; none where the state cannot be read, which
   * is told: the switch is done all the same, and what waits is looked at the next time.
   */
  afterSwitch({ added, removed, returned, changes }: Switch): { returned: string[]; lost: string[] } {
    const { mempool, onFault } = this.#ports;
    this.#refused.clear();
    this.#pressure.relieve();
    for (const { id } of returned) if (this.isOwn(id)) this.#own.add(id);
    for (const { block } of added) for (const { id } of block.transactions) this.#own.delete(id);
    const again = removed.length > 0 ? this.#settling.lostBefore() : [];
    let impossible: ReturnType<Mempool['rebuild']>;
    try {
      impossible = mempool.advance({
        confirmed: added.flatMap(({ block }) => block.transactions.map(({ id }) => id)),
        changed: changes.map(({ key }) => key),
        returned: [...returned, ...again.map(({ transaction }) => transaction)],
      });
    } catch (error) {
      onFault(error);
      return { returned: [], lost: [] };
    } finally {
      this.#returning = new Map();
    }
    const { recovered, lost } = this.#settling.settle(again, impossible);
    return {
      returned: [...returned, ...recovered].filter(({ id }) => mempool.get(id)).map(({ id }) => id),
      lost,
    };
  }

  /** After the state was mended: what was held against it is looked at again. */
  lookAgain(): void {
    this.#settling.settle([], this.#ports.mempool.rebuild([]));
  }

  /** Those that may be told of: pending now, and on the disk where this node must keep them. */
  #told(transactions: readonly Transaction[]): Transaction[] {
    const { mempool } = this.#ports;
    return transactions.filter(({ id }) => mempool.get(id)?.rejection === null && !this.#unsaved.has(id));
  }

  #publish(transactions: readonly Transaction[]): void {
    const told = this.#told(transactions);
    if (told.length > 0) this.#ports.publish(told);
  }

  /**
   * Whether something missing may yet come, and there is room to wait for it. What is here and is something else, such as
   * an order where a prescription is meant, never becomes what it should be.
   */
  #mayWait(rejection: Rejection): boolean {
    const { mempool, chain } = this.#ports;
    const missing = awaitedBy(rejection);
    const isHere = (id: string) => chain.hasTransaction(id) || mempool.get(id)?.rejection === null;
    if (missing.length === 0 || missing.some(isHere)) return false;
    const waiting = [...this.#own].filter((id) => mempool.get(id)?.rejection);
    return waiting.length < limits.parkedOwnTransactions;
  }

  #refuse(id: string): void {
    this.#refused.add(id);
    if (this.#refused.size > refusedRemembered) this.#refused.delete(this.#refused.values().next().value!);
  }
}

function resultOf<Value>(settled: PromiseSettledResult<Value>): Value {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}
