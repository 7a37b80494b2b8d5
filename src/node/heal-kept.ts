/**
 * What a node keeps beside the chain and no replay can make again: its users' transactions, the conflict list, the log of
 * reorgs, what miners sealed twice, side branches. Each family has its own remedy, and what has none is told with its id.
 */
import type { ChainStore, EquivocationLog, LostStore, Outbox, ReorgLog, Store, Write } from '../storage/index.ts';
import { storeKeys } from '../storage/index.ts';
import type { Mempool } from './mempool.ts';
import { type FaultyRow, familyOf } from './scrub-report.ts';
import { nameIn, readAnyway } from './scrub-values.ts';
import type { Transactions } from './transactions.ts';

export interface KeptPorts {
  readonly store: Store;
  readonly chain: ChainStore;
  readonly outbox: Outbox;
  readonly lost: LostStore;
  readonly reorgLog: ReorgLog;
  readonly equivocationLog: EquivocationLog;
  readonly mempool: Mempool;
  readonly transactions: Transactions;
}

/** What cannot be had again, in a word that programs match and a sentence. */
export interface Loss {
  readonly code: 'own-transaction-lost' | 'note-lost';
  readonly message: string;
}

export const keptFamilies: ReadonlySet<string> = new Set(['outbox', 'own', 'lost', 'reorg', 'equivocation', 'side']);

export class KeptRows {
  readonly #ports: KeptPorts;

  constructor(ports: KeptPorts) {
    this.#ports = ports;
  }

  /** Rows that memory knows of and the folder lacks. While no switch is written: what is on its way to the disk is not lost. */
  async missing(): Promise<FaultyRow[]> {
    const { store, transactions, lost, reorgLog, equivocationLog } = this.#ports;
    // Batches are written in the order in which they come, so behind this one all that came before is on the disk.
    await store.write([{ type: 'del', key: storeKeys.outbox('') }]);
    const unsettled = transactions.kept();
    const listed = [...lost.listed()];
    const own = [...unsettled, ...listed.flatMap(([id, isOwn]) => (isOwn ? [id] : []))];
    const keys = [
      ...unsettled.map(storeKeys.outbox),
      ...own.map(storeKeys.own),
      ...listed.map(([id]) => storeKeys.lost(id)),
      ...reorgLog.keys(),
      ...equivocationLog.keys(),
    ];
    return keys.flatMap((key): FaultyRow[] => {
      const value = readAnyway(store, key);
      return value ? [] : [{ key, fault: value === undefined ? 'missing' : 'damaged' }];
    });
  }

  /** Mends a row, or lets go of what is left of it. */
  mend(key: string): { writes: Write[]; loss: Loss | null } {
    const { outbox, reorgLog } = this.#ports;
    const name = nameIn(key);
    switch (familyOf(key)) {
      case 'outbox':
        return this.#mendOutbox(name);
      case 'own':
        // The key says it all.
        return { writes: [outbox.own(name)], loss: null };
      case 'lost':
        return this.#mendLost(name);
      case 'reorg': {
        const message =
          'An entry in the log of reorgs could no longer be read and was left out. The chain is not concerned.';
        return { writes: [reorgLog.forget(key)], loss: { code: 'note-lost', message } };
      }
      case 'equivocation':
        return this.#mendEquivocation(key);
      default:
        return { writes: [{ type: 'del', key }], loss: null };
    }
  }

  /** Side branches are let go of: whatever of them is wanted comes from the peers again, as it came first. */
  async dropSide(keys: readonly string[]): Promise<void> {
    const { chain, store } = this.#ports;
    await chain.forgetSideBlocks(keys.map((key) => key.slice(key.lastIndexOf('/') + 1)));
    const left = keys.filter((key) => readAnyway(store, key) !== undefined);
    await store.write(left.map((key) => ({ type: 'del', key })));
  }

  #mendOutbox(id: string): { writes: Write[]; loss: Loss | null } {
    const { outbox, mempool, chain, lost } = this.#ports;
    const transaction = mempool.get(id)?.transaction;
    if (transaction) return { writes: outbox.put(transaction), loss: null };
    const isSettled = chain.hasTransaction(id) || lost.listed().has(id);
    if (isSettled) return { writes: [outbox.remove(id)], loss: null };
    const message = `The transaction ${id}, written at this node and not confirmed, can no longer be read from the folder. Write it again, unless another node has it.`;
    return { writes: [outbox.remove(id), disown(id)], loss: { code: 'own-transaction-lost', message } };
  }

  #mendEquivocation(key: string): { writes: Write[]; loss: Loss | null } {
    const again = this.#ports.equivocationLog.again(key);
    if (again) return { writes: [again], loss: null };
    const message = 'Evidence that a miner sealed two blocks at one height could no longer be read and was left out.';
    return { writes: [{ type: 'del', key }], loss: { code: 'note-lost', message } };
  }

  #mendLost(id: string): { writes: Write[]; loss: Loss | null } {
    const { lost, chain, mempool } = this.#ports;
    const isOwn = lost.listed().get(id) ?? false;
    const writes = [lost.remove(id)];
    if (chain.hasTransaction(id) || mempool.get(id)) return { writes, loss: null };
    if (isOwn) writes.push(disown(id));
    const message = `The transaction ${id} had become impossible, and can no longer be read from the folder: \`lost\` leaves it out.`;
    return { writes, loss: { code: isOwn ? 'own-transaction-lost' : 'note-lost', message } };
  }
}

/** Nothing is left of it here that could be looked for, so its loss is told once. */
function disown(id: string): Write {
  return { type: 'del', key: storeKeys.own(id) };
}
