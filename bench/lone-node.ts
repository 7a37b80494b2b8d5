/** A ledger node with all but libp2p, over a data folder: whoever it meets is in this process too. */
import { silentLogger, systemClock, systemRandom } from '../src/base/index.ts';
import { createNode, inlineWorkers, type LedgerNode, threadWorkers } from '../src/node/index.ts';
import { createStore, openDatabase } from '../src/storage/index.ts';
import { bytesFrom } from '../test/support/ledger.ts';
import type { MemoryHub } from '../test/support/memory-transport.ts';
import { QuickWorld } from './quick-world.ts';

/** Not started. @param peers addresses on the hub where others are met. */
export async function createLoneNode(
  dataDir: string,
  hub: MemoryHub,
  peers: readonly string[] = [],
): Promise<LedgerNode> {
  const { database } = await openDatabase(dataDir);
  const settings = {
    genesis: new QuickWorld('node').genesis,
    nodeId: 'lone',
    nodeSeed: bytesFrom('lone'),
    peers,
    mineEverySeconds: null,
    loopbackOnly: true,
  };
  return createNode(settings, {
    clock: systemClock,
    random: systemRandom,
    store: createStore(database),
    transport: hub.transport('lone', '127.0.0.1:7900'),
    workers: threadWorkers(inlineWorkers, systemClock),
    logger: silentLogger,
  });
}
