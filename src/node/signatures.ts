/**
 * Signatures are checked once per node for the same bytes: by the leaf, a hash of body and signature together, and never by
 * the id alone, since one id may come with a good and with a bent signature.
 */
import { fromHex } from '../base/index.ts';
import {
  readMember,
  type StateView,
  signedBytes,
  type Transaction,
  transactionLeafHex,
  verifyTransaction,
} from '../ledger/index.ts';
import { turn } from './pause.ts';
import type { SignatureCheck, Workers } from './workers.ts';

const remembered = 100_000;
/** So many are worth a task of their own. */
const worthATask = 64;
/** With so many a shared task is full: who comes now need not wait for the first, and nor do those for whoever came late. */
const fullTask = 32;

/**
 * Whose checks share a task where they are few, and wait a turn for that: what users of this node sign, what is checked
 * ahead. What a peer sends is checked at once and by itself: nobody shall wait for the work that another makes.
 */
export type SharedTask = 'own' | 'ahead';

interface Signed {
  /** The leaf of the transaction. */
  readonly leaf: string;
  readonly signingKey: string;
}

interface Verdict {
  /** By which key. */
  readonly signingKey: string;
  readonly isGood: boolean;
}

/** Signatures on their way: what is checked, and of which bytes by which key. */
interface Batch {
  readonly checks: SignatureCheck[];
  readonly signed: Signed[];
  /** Once they are remembered. */
  readonly done: Promise<void>;
}

export class Signatures {
  readonly #workers: Workers;
  /** By the leaf; the oldest go first. */
  readonly #verdicts = new Map<string, Verdict>();
  /** By the leaf: with what it is being checked. */
  readonly #underWay = new Map<string, Batch>();
  /** What goes to the workers together with the next turn. */
  readonly #shared = new Map<SharedTask, Batch>();

  constructor(workers: Workers) {
    this.#workers = workers;
  }

  /**
   * Checks those that were not checked before, all at once; what is being checked already is waited for. Authors that
   * `state` does not know are left to the rules.
   * @returns the first whose signature is bad.
   */
  async prepare(
    transactions: readonly Transaction[],
    state: StateView,
    task?: SharedTask,
  ): Promise<Transaction | undefined> {
    const signed: (Signed & { transaction: Transaction })[] = [];
    const open = new Map<string, { signed: Signed; check: SignatureCheck }>();
    const batches = new Set<Batch>();
    for (const transaction of transactions) {
      const author = readMember(state, transaction.body.author);
      if (!author) continue;
      const { signingKey } = author;
      const leaf = transactionLeafHex(transaction);
      signed.push({ leaf, signingKey, transaction });
      if (this.#known(leaf, signingKey) !== undefined) continue;
      const batch = this.#underWay.get(leaf);
      if (batch) batches.add(batch);
      else open.set(leaf, { signed: { leaf, signingKey }, check: checkOf(transaction, signingKey) });
    }
    if (open.size > 0) batches.add(this.#begin(open, task));
    await Promise.all([...batches].map(({ done }) => done));
    return signed.find(({ leaf, signingKey }) => this.#known(leaf, signingKey) === false)?.transaction;
  }

  /** The verdict, from memory where there is one: the `verify` of the ledger's rules. */
  readonly verify = (transaction: Transaction, signingKey: string): boolean => {
    const leaf = transactionLeafHex(transaction);
    const known = this.#known(leaf, signingKey);
    if (known !== undefined) return known;
    const isGood = verifyTransaction(transaction, signingKey);
    this.#remember(leaf, { signingKey, isGood });
    return isGood;
  };

  #known(leaf: string, signingKey: string): boolean | undefined {
    const verdict = this.#verdicts.get(leaf);
    return verdict?.signingKey === signingKey ? verdict.isGood : undefined;
  }

  #begin(open: ReadonlyMap<string, { signed: Signed; check: SignatureCheck }>, task?: SharedTask): Batch {
    const batch = task && open.size < worthATask ? this.#sharedBatch(task) : this.#newBatch(async () => undefined);
    for (const [leaf, { signed, check }] of open) {
      batch.checks.push(check);
      batch.signed.push(signed);
      this.#underWay.set(leaf, batch);
    }
    return batch;
  }

  #sharedBatch(task: SharedTask): Batch {
    const begun = this.#shared.get(task);
    if (begun && begun.checks.length < fullTask) return begun;
    const batch = this.#newBatch(async () => {
      await turn();
      if (this.#shared.get(task) === batch) this.#shared.delete(task);
    });
    this.#shared.set(task, batch);
    return batch;
  }

  #newBatch(filled: () => Promise<void>): Batch {
    const [checks, signed]: [SignatureCheck[], Signed[]] = [[], []];
    const check = async () => {
      await filled();
      try {
        const verdicts = await this.#workers.verify(checks);
        for (const [index, { leaf, signingKey }] of signed.entries())
          this.#remember(leaf, { signingKey, isGood: verdicts[index]! });
      } finally {
        for (const { leaf } of signed) this.#underWay.delete(leaf);
      }
    };
    return { checks, signed, done: check() };
  }

  #remember(leaf: string, verdict: Verdict): void {
    this.#verdicts.set(leaf, verdict);
    if (this.#verdicts.size <= remembered) return;
    this.#verdicts.delete(this.#verdicts.keys().next().value!);
  }
}

function checkOf(transaction: Transaction, signingKey: string): SignatureCheck {
  return { publicKey: fromHex(signingKey), message: signedBytes(transaction), signature: transaction.signature };
}
