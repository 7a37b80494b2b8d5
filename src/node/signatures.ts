/**
 * Signatures are checked once per node for the same bytes: the hash of body and signature together, never the id alone,
 * since one id may come with a good and with a bent signature.
 */
import { fromHex } from '../base/index.ts';
import { sha256Hex } from '../crypto/index.ts';
import { readMember, type StateView, signedBytes, type Transaction, verifyTransaction } from '../ledger/index.ts';
import type { Workers } from './workers.ts';

const remembered = 100_000;

export class Signatures {
  readonly #workers: Workers;
  /** Hash of the bytes and the key -> verdict; the oldest go first. */
  readonly #verdicts = new Map<string, boolean>();

  constructor(workers: Workers) {
    this.#workers = workers;
  }

  /**
   * Checks those that were not checked before, all at once. Authors that `state` does not know are left to the rules.
   * @returns the first whose signature is bad.
   */
  async prepare(transactions: readonly Transaction[], state: StateView): Promise<Transaction | undefined> {
    const open: { key: string; publicKey: Uint8Array; transaction: Transaction }[] = [];
    let bad: Transaction | undefined;
    for (const transaction of transactions) {
      const author = readMember(state, transaction.body.author);
      if (!author) continue;
      const key = keyOf(transaction, author.signingKey);
      const known = this.#verdicts.get(key);
      if (known === undefined) open.push({ key, publicKey: fromHex(author.signingKey), transaction });
      else if (!known) bad ??= transaction;
    }
    if (open.length === 0) return bad;
    const checks = open.map(({ publicKey, transaction }) => ({
      publicKey,
      message: signedBytes(transaction),
      signature: transaction.signature,
    }));
    const verdicts = await this.#workers.verify(checks);
    for (const [index, { key, transaction }] of open.entries()) {
      this.#remember(key, verdicts[index]!);
      if (!verdicts[index]) bad ??= transaction;
    }
    return bad;
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
