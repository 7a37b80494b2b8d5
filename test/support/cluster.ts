/**
 * A cluster of real nodes in one process: the node core over wires in memory and databases in memory.
 *
 *   const cluster = await createCluster(['doctor', 'lab', 'pharmacy']);
 *   await cluster.cut(['doctor', 'lab'], ['pharmacy']);
 *   …
 *   cluster.heal();
 *   await cluster.agree();
 *   await cluster.stop();
 */
import { MemoryLevel } from 'memory-level';
import { type Clock, silentLogger, systemClock, systemRandom } from '../../src/base/index.ts';
import { type Rejection, readBalance, type Transaction } from '../../src/ledger/index.ts';
import { createNode, inlineWorkers, type LedgerNode, type NodeSettings } from '../../src/node/index.ts';
import { createStore, type Database } from '../../src/storage/index.ts';
import { bytesFrom, testGenesis, type World } from './ledger.ts';
import { createMemoryHub, type MemoryHub } from './memory-transport.ts';

export interface ClusterOptions {
  readonly world?: World;
  readonly clock?: Clock;
  /** A clock of its own for a node of this name. */
  readonly clocks?: Readonly<Record<string, Clock>>;
  readonly mineEverySeconds?: number;
}

const longestWaitMs = 15_000;

export class Cluster {
  readonly world: World;
  readonly hub: MemoryHub;
  readonly #options: ClusterOptions;
  readonly #nodes = new Map<string, LedgerNode>();
  readonly #databases = new Map<string, Database>();
  readonly #addresses = new Map<string, string>();
  readonly #watchers = new Set<() => void>();

  constructor(names: readonly string[], options: ClusterOptions) {
    this.world = options.world ?? testGenesis();
    this.hub = createMemoryHub(options.clock ? { clock: options.clock } : {});
    this.#options = options;
    for (const [index, name] of names.entries()) this.#addresses.set(name, `127.0.0.1:${7_001 + index}`);
  }

  node(name: string): LedgerNode {
    return this.#nodes.get(name)!;
  }

  get nodes(): LedgerNode[] {
    return [...this.#nodes.values()];
  }

  /** What a node keeps, running or stopped, to damage it. */
  database(name: string): Database {
    return this.#databases.get(name)!;
  }

  /** Starts a node on the database that it left behind, or on a new one. */
  async start(name: string): Promise<LedgerNode> {
    const address = this.#addresses.get(name) ?? `127.0.0.1:${7_001 + this.#addresses.size}`;
    this.#addresses.set(name, address);
    const database =
      this.#databases.get(name) ??
      (new MemoryLevel({ keyEncoding: 'utf8', valueEncoding: 'view' }) as unknown as Database);
    this.#databases.set(name, database);
    await database.open();
    const clock = this.#options.clocks?.[name] ?? this.#options.clock ?? systemClock;
    const settings: NodeSettings = {
      genesis: this.world.genesis,
      nodeId: name,
      nodeSeed: bytesFrom(`node ${name}`),
      peers: [...this.#addresses.values()].filter((other) => other !== address),
      mineEverySeconds: this.#options.mineEverySeconds ?? null,
      loopbackOnly: true,
    };
    const node = await createNode(settings, {
      clock,
      random: systemRandom,
      store: createStore(database),
      transport: this.hub.transport(`peer-${name}`, address),
      workers: inlineWorkers,
      logger: silentLogger,
    });
    for (const event of ['transaction', 'tip', 'peer', 'conflict'] as const) node.on(event, () => this.#changed());
    this.#nodes.set(name, node);
    await node.start();
    return node;
  }

  async stop(name?: string): Promise<void> {
    const names = name === undefined ? [...this.#nodes.keys()] : [name];
    await Promise.all(
      names.map(async (each) => {
        const node = this.#nodes.get(each);
        this.#nodes.delete(each);
        await node?.stop();
      }),
    );
  }

  /** What a node has on its disk now, as a backup would keep it. */
  copyOf(name: string): Promise<[key: string, value: Uint8Array][]> {
    return this.database(name).iterator().all();
  }

  /** Stops a node, puts its disk back to what a copy holds, and starts it there. */
  async putBack(name: string, copy: readonly [key: string, value: Uint8Array][]): Promise<LedgerNode> {
    await this.stop(name);
    const database = this.database(name);
    await database.open();
    await database.clear();
    await database.batch(copy.map(([key, value]) => ({ type: 'put', key, value })));
    await database.close();
    return this.start(name);
  }

  /** Breaks every link between two groups of nodes, and waits until both sides have noticed. */
  async cut(some: readonly string[], others: readonly string[]): Promise<void> {
    this.hub.cut(some.map(peerIdOf), others.map(peerIdOf));
    const isApart = (name: string, far: readonly string[]) => {
      const peers = this.#nodes.get(name)?.peers() ?? [];
      return peers.every(({ peerId }) => !far.map(peerIdOf).includes(peerId));
    };
    await this.until(
      () => some.every((name) => isApart(name, others)) && others.every((name) => isApart(name, some)),
      'the cut to be noticed',
    );
  }

  heal(): void {
    this.hub.heal();
  }

  /** Waits until every node is linked to every other. */
  linked(): Promise<void> {
    return this.until(() => this.nodes.every((node) => node.peers().length === this.nodes.length - 1), 'all links');
  }

  /** Waits until all nodes have one head and the same pending transactions. */
  agree(): Promise<void> {
    const view = (node: LedgerNode) => {
      const pending = node.pending().filter(({ where }) => where.state === 'pending');
      return [node.head().hash, ...pending.map(({ id }) => id).sort()].join();
    };
    return this.until(() => new Set(this.nodes.map(view)).size === 1, 'all nodes to agree');
  }

  async has(id: string): Promise<void> {
    await this.until(() => this.nodes.every((node) => node.find(id) !== undefined), `${id} on every node`);
  }

  /** Submits at a node: 'OK' or the code of the rejection. */
  async submit(name: string, transaction: Transaction): Promise<'OK' | Rejection['code']> {
    const verdict = await this.node(name).submit(transaction);
    return verdict.ok ? 'OK' : verdict.rejection.code;
  }

  /** Mines at a node: the new height, or why not. */
  async mine(name: string): Promise<number | string> {
    const outcome = await this.node(name).mine();
    return outcome.ok ? outcome.block.header.height : outcome.code;
  }

  /** Balances by username as one node sees them. */
  balances(name: string): Record<string, number> {
    const node = this.node(name);
    const usernames = [...this.world.genesis.members.map(({ username }) => username), 'SYSTEM'];
    return Object.fromEntries(
      usernames.map((username) => [username, readBalance(node.state, this.world.id(username))]),
    );
  }

  /** Where an entry stands on a node: `pending`, `waiting`, `confirmed`, `lost: <code>` or `unknown`. */
  where(name: string, id: string): string {
    const where = this.node(name).find(id)?.where;
    if (!where) return 'unknown';
    return where.state === 'lost' ? `lost: ${where.rejection.code}` : where.state;
  }

  /** Resolves once `holds`; asked after every event of a node, and now and then. */
  until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearInterval(interval);
        clearTimeout(timeout);
        this.#watchers.delete(watch);
        settle();
      };
      const watch = () => {
        if (holds()) finish(resolve);
      };
      const interval = setInterval(watch, 20);
      const timeout = setTimeout(() => finish(() => reject(new Error(`waited too long for ${what}`))), longestWaitMs);
      this.#watchers.add(watch);
      watch();
    });
  }

  #changed(): void {
    for (const watch of this.#watchers) watch();
  }
}

export async function createCluster(names: readonly string[], options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = new Cluster(names, options);
  for (const name of names) await cluster.start(name);
  await cluster.linked();
  return cluster;
}

function peerIdOf(name: string): string {
  return `peer-${name}`;
}
