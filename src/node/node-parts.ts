/** What a ledger node is made of: opened by create-node.ts, put together by node.ts. */
import type { KeyPair } from '../crypto/index.ts';
import type { Network } from '../network/index.ts';
import type { ChainStore, EquivocationLog, LostStore, Outbox, ReorgLog, Store } from '../storage/index.ts';
import type { ReadWatch } from './heal-on-read.ts';

export interface NodeParts {
  readonly store: Store;
  readonly chain: ChainStore;
  readonly outbox: Outbox;
  readonly lost: LostStore;
  readonly reorgLog: ReorgLog;
  readonly equivocationLog: EquivocationLog;
  readonly watch: ReadWatch;
  /** What the other parts read through the watch. */
  readonly unwatched: { readonly store: Store; readonly chain: ChainStore };
  readonly network: Network;
  readonly nodeKey: KeyPair;
}
