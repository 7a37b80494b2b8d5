/**
 * Signatures are checked once per node for the same bytes: the hash of body and signature together, never the id alone,
 * since one id may come with a good and with a bent signature.
 */
import { fromHex } from '../base/index.ts';
import { sha256Hex } from '../crypto/index.ts';
import { readMember, type StateView, signedBytes, type Transaction, verifyTransaction } from '../ledger/index.ts';
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

interface Batch {
  readonly checks: SignatureCheck[];
  readonly keys: string[];
  /** Once they are remembered. */
  readonly done: Promise<void>;
}

export class Signatures {
  readonly #workers: Workers;
  /** Hash of the bytes and the key -> verdict; the oldest go first. */
  readonly #verdicts = new Map<string, boolean>();
  /** The same hash -> with what it is being checked. */
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
    const signed: { key: string; transaction: Transaction }[] = [];
    const open = new Map<string, SignatureCheck>();
    const batches = new Set<Batch>();
    for (const transaction of transactions) {
      const author = readMember(state, transaction.body.author);
      if (!author) continue;
      const key = keyOf(transaction, author.signingKey);
      signed.push({ key, transaction });
      if (this.#verdicts.has(key)) continue;
      const batch = this.#underWay.get(key);
      if (batch) batches.add(batch);
      else open.set(key, checkOf(transaction, author.signingKey));
    }
    if (open.size > 0) batches.add(this.#begin(open, task));
    await Promise.all([...batches].map(({ done }) => done));
    return signed.find(({ key }) => this.#verdicts.get(key) === false)?.transaction;
  }

  /** The verdict, from memory where there is one: the `verify` of the ledger's rules. */
  readonly verify = (transaction: Transaction, signingKey: string): boolean => {
    const key = keyOf(transaction, signingKey);
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = verifyTransaction(transaction, signingKey);
    this.#remember(key, verdict);
    return verdict;
  };

  #begin(open: ReadonlyMap<string, SignatureCheck>, task?: SharedTask): Batch {
    const batch = task && open.size < worthATask ? this.#sharedBatch(task) : this.#newBatch(async () => undefined);
    for (const [key, check] of open) {
      batch.checks.push(check);
      batch.keys.push(key);
      this.#underWay.set(key, batch);
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
    const [checks, keys]: [SignatureCheck[], string[]] = [[], []];
    const check = async () => {
      await filled();
      try {
        const verdicts = await this.#workers.verify(checks);
        for (const [index, key] of keys.entries()) this.#remember(key, verdicts[index]!);
      } finally {
        for (const key of keys) this.#underWay.delete(key);
      }
    };
    return { checks, keys, done: check() };
  }

  #remember(key: string, verdict: boolean): void {
    this.#verdicts.set(key, verdict);
    if (this.#verdicts.size <= remembered) return;
    this.#verdicts.delete(this.#verdicts.keys().next().value!);
  }
}

const keys = new WeakMap<Transaction, { signingKey: string; key: string }>();

function keyOf(transaction: Transaction, signingKey: string): string {
  const kept = keys.get(transaction);
  if (kept?.signingKey === signingKey) return kept.key;
  const key = sha256Hex(signingKey, transaction.bytes);
  keys.set(transaction, { signingKey, key });
  return key;
}

function checkOf(transaction: Transaction, signingKey: string): SignatureCheck {
  return { publicKey: fromHex(signingKey), message: signedBytes(transaction), signature: transaction.signature };
}
