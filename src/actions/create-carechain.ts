/** Wires the whole, straight down: key files, the ledger node, the vault beside it, the registry file. */
import type { Clock, Logger, Random } from '../base/index.ts';
import type { Genesis } from '../ledger/index.ts';
import type { Transport } from '../network/index.ts';
import { createNode, type LedgerFile, type Workers } from '../node/index.ts';
import { createStore, type Database } from '../storage/index.ts';
import { createVault } from '../vault/index.ts';
import type { Carechain, NodeRole } from './carechain.ts';
import { isDemo, loadKeyFiles } from './key-files.ts';
import { LoginGuard } from './login-guard.ts';
import { openRegistryCsv } from './registry-csv.ts';

export interface CarechainSettings {
  readonly role: NodeRole;
  /** Its name for people, such as DoctorNode-5001. */
  readonly nodeId: string;
  readonly genesis: Genesis;
  /** Where `keys/` lies, on a network that is not the demo. */
  readonly dataDir: string;
  /** Ed25519 seed of the node key. */
  readonly nodeSeed: Uint8Array;
  /** host:port or multiaddrs. */
  readonly peers: readonly string[];
  readonly mineEverySeconds: number | null;
  readonly registryCsvPath: string;
  /** Lets a node of the demo dial further than this machine, though everybody has its keys. */
  readonly exposeDemo: boolean;
  /** Everything stored is looked at again so long after the last round; null or absent for only on demand. */
  readonly scrubEveryMs?: number | null;
}

export interface CarechainWorld {
  readonly clock: Clock;
  readonly random: Random;
  /** Opened. The node closes it when it stops. */
  readonly database: Database;
  readonly transport: Transport;
  readonly workers: Workers;
  readonly logger: Logger;
  /** The peer id that the transport makes of a node key in hex. */
  readonly peerIdOf: (nodeKey: string) => string;
  /** Looks at the files of the database, where there are any. */
  readonly checkFiles?: () => AsyncIterable<LedgerFile>;
}

/**
 * Not started: nothing is listening yet.
 * @throws CarechainError `demo-keys-refused`, `key-file-damaged`, `file-unreadable`, or what opening the folder throws.
 */
export async function createCarechain(settings: CarechainSettings, world: CarechainWorld): Promise<Carechain> {
  const { role, genesis } = settings;
  const { clock, random, peerIdOf } = world;
  const store = createStore(world.database);
  const logger = world.logger.child('actions');
  const keyFiles = await loadKeyFiles(genesis, settings.dataDir);
  const loopbackOnly = isDemo(genesis) && !settings.exposeDemo;
  const node = await createNode({ ...settings, loopbackOnly }, { ...world, store });
  const vault = createVault({
    node,
    network: node.network,
    store,
    clock,
    random,
    logger: world.logger.child('vault'),
    peerIdOf,
  });
  node.lookAfter(vault.rows);
  return {
    role,
    node,
    vault,
    keyFiles,
    registryCsv: openRegistryCsv(settings.registryCsvPath, world),
    loginGuard: new LoginGuard(clock),
    clock,
    random,
    logger,
    async start() {
      await node.start();
      await vault.start();
    },
    async stop() {
      // The vault writes to the database that the node closes.
      await vault.stop();
      await node.stop();
    },
  };
}
