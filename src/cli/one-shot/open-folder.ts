/** The folder of a stopped node, opened to be read: nothing is started, nobody is reached. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type Carechain, createCarechain, errorCodes } from '../../actions/index.ts';
import { CarechainError, silentLogger } from '../../base/index.ts';
import { peerIdOf } from '../../network/index.ts';
import { inlineWorkers } from '../../node/index.ts';
import { closeDatabase, openDatabase } from '../../storage/index.ts';
import { loadGenesis } from '../genesis-file.ts';
import type { Surroundings } from '../surroundings.ts';
import { silentTransport } from './silent-transport.ts';

export interface FolderOptions {
  readonly dataDir: string;
  readonly network?: string;
}

/** @throws CarechainError `file-unreadable` where there is no such folder, `folder-in-use`, `folder-other-network`, … */
export async function openFolder(
  { dataDir, network }: FolderOptions,
  { clock, random }: Surroundings,
): Promise<Carechain> {
  const genesis = await loadGenesis(network);
  if (!(await hasChain(dataDir))) {
    const { nextStep } = errorCodes['file-unreadable'];
    throw new CarechainError('file-unreadable', `${dataDir} is no data folder of a node. ${nextStep}`);
  }
  const { database } = await openDatabase(dataDir);
  try {
    return await createCarechain(
      {
        role: 'doctor',
        nodeId: 'stopped',
        genesis,
        dataDir,
        // Nothing is mined or dialled, so any key will do and none is made.
        nodeSeed: new Uint8Array(32),
        peers: [],
        mineEverySeconds: null,
        registryCsvPath: join(dataDir, 'patient_registry.csv'),
        exposeDemo: false,
      },
      { clock, random, database, transport: silentTransport, workers: inlineWorkers, logger: silentLogger, peerIdOf },
    );
  } catch (error) {
    await closeDatabase(database);
    throw error;
  }
}

/** Whether a node has ever written to the folder. Looking must not make one. */
export function hasChain(dataDir: string): Promise<boolean> {
  return access(join(dataDir, 'ledger')).then(
    () => true,
    () => false,
  );
}
