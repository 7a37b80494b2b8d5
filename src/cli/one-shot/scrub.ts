/** `scrub` and `scrub --heal` on the folder of a stopped node. */
import { errorCodes, type ScrubResult, scrubResult } from '../../actions/index.ts';
import { CarechainError, type Clock, describeError } from '../../base/index.ts';
import type { Genesis } from '../../ledger/index.ts';
import { healFolder, type LedgerFile, scrubFolder } from '../../node/index.ts';
import {
  beginExchange,
  checkLedgerFiles,
  closeDatabase,
  createStore,
  finishExchange,
  openDatabase,
  type Store,
} from '../../storage/index.ts';
import { hasChain } from './open-folder.ts';

export interface ScrubPlace {
  readonly dataDir: string;
  readonly genesis: Genesis;
  readonly clock: Clock;
  onProgress(height: number): void;
}

/** Looks at files, values, links, and a replay against what is stored. Changes nothing. */
export async function scrubStopped({ dataDir, genesis, clock }: ScrubPlace): Promise<ScrubResult> {
  await insistOnLedger(dataDir);
  // Before LevelDB opens them: it mends its files in its own way, and says nothing.
  const files: LedgerFile[] = [];
  for await (const file of checkLedgerFiles(dataDir)) files.push(file);
  const { store, close } = await openToRead(dataDir);
  try {
    return scrubResult(await scrubFolder({ genesis, store, files: each(files), clock }), {});
  } finally {
    await close();
  }
}

/** Makes a new ledger from what can be read of the old one, which is kept aside. */
export async function healStopped({ dataDir, genesis, clock, onProgress }: ScrubPlace): Promise<ScrubResult> {
  await insistOnLedger(dataDir);
  const exchange = await beginExchange(dataDir);
  try {
    const damagedFiles: string[] = [];
    for await (const { file, damage } of checkLedgerFiles(dataDir)) if (damage !== null) damagedFiles.push(file);
    const sources = [createStore(await exchange.salvage())];
    const into = createStore(exchange.fresh);
    const healed = await healFolder({ genesis, sources, into, clock, onProgress });
    const knownMissing = new Set(healed.unreadable);
    const report = await scrubFolder({ genesis, store: into, files: each([]), clock, knownMissing });
    return scrubResult(report, { heal: { ...healed, damagedFiles, aside: await exchange.complete() } });
  } catch (error) {
    await exchange.abandon();
    throw error;
  }
}

/** The ledger itself, or what can be read of one that cannot be opened. */
async function openToRead(dataDir: string): Promise<{ store: Store; close: () => Promise<void> }> {
  try {
    const { database } = await openDatabase(dataDir);
    return { store: createStore(database), close: () => closeDatabase(database) };
  } catch (error) {
    if (describeError(error).code !== 'folder-damaged') throw error;
    const exchange = await beginExchange(dataDir);
    try {
      return { store: createStore(await exchange.salvage()), close: () => exchange.abandon() };
    } catch (error) {
      await exchange.abandon();
      throw error;
    }
  }
}

async function insistOnLedger(dataDir: string): Promise<void> {
  await finishExchange(dataDir);
  if (await hasChain(dataDir)) return;
  const { nextStep } = errorCodes['file-unreadable'];
  throw new CarechainError('file-unreadable', `${dataDir} is no data folder of a node. ${nextStep}`);
}

async function* each<Element>(elements: readonly Element[]): AsyncGenerator<Element> {
  yield* elements;
}
