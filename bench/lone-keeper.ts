/** The one writer of a chain, over a data folder: all of a node that a block goes through once it is decoded. */
import { silentLogger, systemClock } from '../src/base/index.ts';
import { ChainKeeper } from '../src/node/chain-keeper.ts';
import { indexWrites, inlineWorkers, threadWorkers } from '../src/node/index.ts';
import { Signatures } from '../src/node/signatures.ts';
import { type ChainStore, createStore, openChainStore, openDatabase } from '../src/storage/index.ts';
import { QuickWorld } from './quick-world.ts';

export interface LoneKeeper {
  readonly chain: ChainStore;
  readonly keeper: ChainKeeper;
  close(): Promise<void>;
}

/** As many as go to the thread. None of them holds. */
const aFew = Array.from({ length: 32 }, () => ({
  publicKey: new Uint8Array(32),
  message: new Uint8Array(1),
  signature: new Uint8Array(64),
}));

export async function openLoneKeeper(dataDir: string): Promise<LoneKeeper> {
  const { genesis } = new QuickWorld('keeper');
  const { database } = await openDatabase(dataDir);
  const store = createStore(database);
  const workers = threadWorkers(inlineWorkers, systemClock);
  // A node that is switching has checked blocks before: its thread runs. From files that are not bundled it takes 0.2 s to start.
  await workers.verify(aFew);
  const chain = await openChainStore(store, genesis);
  const keeper = new ChainKeeper({
    genesis,
    chain,
    clock: systemClock,
    signatures: new Signatures(workers),
    logger: silentLogger,
    alsoWrite: indexWrites,
    switched: () => {},
    onLiar: () => {},
    onFault: () => {},
  });
  return {
    chain,
    keeper,
    async close() {
      await workers.stop();
      await store.close();
    },
  };
}
