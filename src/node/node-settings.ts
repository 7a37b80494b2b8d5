/** What a ledger node is told, and what it is given of the world. */
import type { Clock, Logger, Random } from '../base/index.ts';
import type { Genesis } from '../ledger/index.ts';
import type { Transport } from '../network/index.ts';
import type { Store } from '../storage/index.ts';
import type { Workers } from './workers.ts';

/** A file of the database, and what is wrong with it; null where nothing is. */
export interface LedgerFile {
  readonly file: string;
  readonly bytes: number;
  readonly damage: string | null;
}

export interface NodeSettings {
  readonly genesis: Genesis;
  /** Its name for people, such as DoctorNode-5001. */
  readonly nodeId: string;
  /** Ed25519 seed of the node key. */
  readonly nodeSeed: Uint8Array;
  /** host:port or multiaddrs. */
  readonly peers: readonly string[];
  /** Seals a block whenever something is pending, after a jittered wait of about this long; null for only on demand. */
  readonly mineEverySeconds: number | null;
  /** Only loopback addresses are dialled: the demo network, whose keys everybody has. */
  readonly loopbackOnly: boolean;
  /** Everything stored is looked at again so long after the last round; null or absent for only on demand. */
  readonly scrubEveryMs?: number | null;
}

export interface NodeWorld {
  readonly clock: Clock;
  readonly random: Random;
  /** Over the opened database. The node closes it when it stops. */
  readonly store: Store;
  readonly transport: Transport;
  readonly workers: Workers;
  readonly logger: Logger;
  /** Looks at the files below the store, where there are any. */
  readonly checkFiles?: () => AsyncIterable<LedgerFile>;
}
