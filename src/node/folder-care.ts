/** Wires what looks after the folder of a node: verification, the scrub, the healing. */
import type { Clock, Logger } from '../base/index.ts';
import type { Genesis } from '../ledger/index.ts';
import type { Network } from '../network/index.ts';
import type { ChainStore, EquivocationLog, LostStore, Outbox, ReorgLog, Store } from '../storage/index.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { Emitter } from './emitter.ts';
import { KeptRows } from './heal-kept.ts';
import type { ReadWatch } from './heal-on-read.ts';
import { Healing } from './healing.ts';
import type { NodeEvents } from './ledger-node.ts';
import type { Mempool } from './mempool.ts';
import type { LedgerFile } from './node-settings.ts';
import { Scrub } from './scrub.ts';
import type { Transactions } from './transactions.ts';
import { Verification } from './verification.ts';

export interface FolderCarePorts {
  readonly genesis: Genesis;
  /** Store and chain below the watch of reads. */
  readonly store: Store;
  readonly chain: ChainStore;
  readonly watch: ReadWatch;
  readonly outbox: Outbox;
  readonly lost: LostStore;
  readonly reorgLog: ReorgLog;
  readonly equivocationLog: EquivocationLog;
  readonly mempool: Mempool;
  readonly transactions: Transactions;
  readonly keeper: ChainKeeper;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly emitter: Emitter<NodeEvents>;
  readonly checkFiles: (() => AsyncIterable<LedgerFile>) | undefined;
}

export class FolderCare {
  readonly verification: Verification;
  readonly scrub: Scrub;
  readonly healing: Healing;
  readonly #watch: ReadWatch;

  constructor(ports: FolderCarePorts) {
    const { emitter, transactions, watch } = ports;
    const kept = new KeptRows(ports);
    const common = {
      ...ports,
      kept,
      onMended() {
        ports.keeper.forgive();
        transactions.lookAgain();
      },
      onError: (error: { code: string; message: string }) => emitter.emit('error', error),
    };
    let reorgs = 0;
    emitter.on('reorg', () => reorgs++);
    emitter.on('peer', ({ state }) => {
      if (state === 'connected') this.healing.peerCame();
    });
    this.verification = new Verification(common);
    this.healing = new Healing({ ...common, onHealed: (report) => emitter.emit('scrub', report) });
    this.scrub = new Scrub({ ...common, healing: this.healing, reorgs: () => reorgs });
    this.#watch = watch;
    watch.onMet = (met) => this.healing.met(met);
  }

  /** @param everyMs null for no rounds but those that are asked for. */
  start(everyMs: number | null): void {
    if (everyMs !== null) this.scrub.start(everyMs);
  }

  /** A fault of whatever part; of damage, the healing hears. */
  fault(error: unknown): void {
    this.#watch.fault(error);
  }

  async stop(): Promise<void> {
    await this.scrub.stop();
    await this.healing.stop();
  }
}
