/** Opens everything that a running node holds: its port, folder, log, key and transport. Nothing answers yet. */
import { type Carechain, createCarechain, openNodeKey } from '../actions/index.ts';
import { limits } from '../base/index.ts';
import type { Genesis } from '../ledger/index.ts';
import { createLibp2pTransport, peerIdOf, reservePort } from '../network/index.ts';
import { inlineWorkers, threadWorkers } from '../node/index.ts';
import { checkLedgerFiles, closeDatabase, hasLedger, openDatabase } from '../storage/index.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import type { StartSettings } from './start-settings.ts';
import type { Surroundings } from './surroundings.ts';

export interface OpenNode {
  readonly carechain: Carechain;
  readonly log: LogFile;
  /** The folder was made now. */
  readonly created: boolean;
  /** Lets go of the port, so that the node can listen on it. */
  freePort(): Promise<void>;
}

/** @throws CarechainError `port-in-use`, `listen-failed`, `folder-in-use`, `folder-unwritable`, `folder-damaged`, `demo-keys-refused`, … */
export async function openNode(
  settings: StartSettings,
  genesis: Genesis,
  { clock, random }: Surroundings,
): Promise<OpenNode> {
  const { dataDir, host, port } = settings;
  // Before a new folder is made. With one that is there, "folder-in-use" is the better answer to a node started twice.
  const reserved = (await hasLedger(dataDir)) ? null : await reservePort({ host, port });
  const freePort = async () => reserved?.release();
  try {
    return { ...(await openFolder(settings, genesis, { clock, random })), freePort };
  } catch (error) {
    await freePort();
    throw error;
  }
}

async function openFolder(
  settings: StartSettings,
  genesis: Genesis,
  { clock, random }: Pick<Surroundings, 'clock' | 'random'>,
): Promise<Omit<OpenNode, 'freePort'>> {
  const { dataDir, host, port, discover } = settings;
  const { database, created, tornBytes } = await openDatabase(dataDir);
  try {
    const log = openLogFile(dataDir, settings.logLevel, clock);
    const { logger } = log;
    if (tornBytes > 0) logger.warn('a write was cut off when the node ended last', { bytes: tornBytes });
    const seed = await openNodeKey(dataDir, random);
    const transport = await createLibp2pTransport({ seed, host, port, discover, clock, logger });
    const carechain = await createCarechain(
      { ...settings, genesis, nodeSeed: seed, scrubEveryMs: limits.scrubEveryMs },
      {
        clock,
        random,
        database,
        transport,
        workers: threadWorkers(inlineWorkers, clock),
        logger,
        peerIdOf,
        checkFiles: () => checkLedgerFiles(dataDir),
      },
    );
    return { carechain, log, created };
  } catch (error) {
    await closeDatabase(database);
    throw error;
  }
}
