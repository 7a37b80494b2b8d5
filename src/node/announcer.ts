/** Tells those who listen what a switch of the chain did, and what became pending. */
import type { Clock } from '../base/index.ts';
import type { Transaction } from '../ledger/index.ts';
import type { ChainStore, ReorgLog, Store } from '../storage/index.ts';
import type { Switch } from './chain-keeper.ts';
import type { Emitter } from './emitter.ts';
import type { NodeEvents, Reorg } from './ledger-node.ts';
import type { Solitude } from './solitude.ts';
import type { Transactions } from './transactions.ts';

export interface AnnouncerPorts {
  /** Public half of this node's key, in hex. */
  readonly nodeKey: string;
  readonly emitter: Emitter<NodeEvents>;
  readonly transactions: Transactions;
  readonly solitude: Solitude;
  readonly chain: ChainStore;
  readonly store: Store;
  readonly reorgLog: ReorgLog;
  readonly clock: Clock;
  onFault(error: unknown): void;
}

export class Announcer {
  readonly #ports: AnnouncerPorts;

  constructor(ports: AnnouncerPorts) {
    this.#ports = ports;
  }

  pending(transactions: readonly Transaction[]): void {
    const { emitter, transactions: kept } = this.#ports;
    for (const { id, body } of transactions) {
      emitter.emit('transaction', { id, kind: body.kind, own: kept.isOwn(id) });
    }
  }

  /** Right after a switch: looks at the transactions again, and tells of blocks, reorg and head in this order. */
  switched(change: Switch): void {
    const { emitter, transactions, solitude, chain, nodeKey } = this.#ports;
    const { added, removed } = change;
    const ownOf = (ids: readonly string[]) => ids.filter((id) => transactions.isOwn(id));
    // What was settled before is confirmed once more only where blocks were removed.
    const confirmedOf = (ids: readonly string[]) =>
      removed.length > 0 ? ownOf(ids) : ids.filter((id) => transactions.isUnsettled(id));
    // Asked before the transactions are looked at again: what is settled then is forgotten.
    const own = added.map(({ block }) => confirmedOf(block.transactions.map(({ id }) => id)));
    const moved = transactions.afterSwitch(change);
    solitude.blocksCame(added.length, own.flat().length, ownOf(moved.lost).length);
    for (const [index, { block, effect }] of added.entries()) {
      const { hash, header } = block;
      const { height, miner } = header;
      const transactions = effect.rewards.length + block.transactions.length;
      const facts = { hash, height, miner, transactions, own: own[index]! };
      emitter.emit('block', { ...facts, minedHere: miner === nodeKey });
    }
    if (removed.length > 0) this.#reorganized(change, moved);
    emitter.emit('tip', chain.tip());
  }

  #reorganized({ ancestor, removed, added }: Switch, moved: Pick<Reorg, 'returned' | 'lost'>): void {
    const { clock, store, reorgLog, emitter, onFault } = this.#ports;
    const reorg: Reorg = {
      time: clock.now(),
      ancestorHeight: ancestor.height,
      ancestorHash: ancestor.hash,
      removed: removed.map(({ hash }) => hash),
      added: added.map(({ block }) => block.hash),
      ...moved,
    };
    store.write(reorgLog.append(reorg)).catch(onFault);
    emitter.emit('reorg', reorg);
  }
}
