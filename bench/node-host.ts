/**
 * One whole node, with LevelDB, libp2p and the vault's place left empty, in a process of its own. Its people write as fast as
 * they may: transactions are signed beforehand, since that is work of a person's machine, spread over a day.
 */
import { assert, silentLogger, systemClock, systemRandom } from '../src/base/index.ts';
import type { Transaction } from '../src/ledger/index.ts';
import { createLibp2pTransport } from '../src/network/index.ts';
import { createNode, inlineWorkers, type LedgerNode, threadWorkers } from '../src/node/index.ts';
import { createStore, openDatabase } from '../src/storage/index.ts';
import { nodeKeysFrom } from '../test/support/ledger.ts';
import { until } from '../test/support/waiting.ts';
import { historyOf } from './lives.ts';
import { QuickWorld, registrations } from './quick-world.ts';

export interface HostSettings {
  readonly name: string;
  readonly dataDir: string;
  readonly port: number;
  readonly peers: readonly string[];
  readonly mineEverySeconds: number | null;
}

/** What a node tells unasked; `at` is in milliseconds of the monotonic clock that all processes share. */
export type HostEvent =
  | { readonly name: 'tip'; readonly hash: string; readonly height: number; readonly at: number }
  | { readonly name: 'pending'; readonly id: string; readonly at: number };

export interface Confirmed {
  readonly height: number;
  readonly transactions: number;
  /** On the main chain now or earlier. */
  readonly joined: { readonly blocks: number; readonly transactions: number };
  readonly processorMs: number;
  readonly at: number;
}

/** How many of what its people wrote may wait to be in a block before they stop writing for a while. */
const mostUnconfirmed = 5_000;
const atOnce = 64;

export const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

export class NodeHost {
  readonly #settings: HostSettings;
  readonly #tell: (event: HostEvent) => void;
  readonly #world: QuickWorld;
  #node: LedgerNode | null = null;
  #signed: Transaction[] = [];
  /** What people signed in each block that was on the main chain at some time. */
  readonly #signedIn = new Map<string, number>();
  /** How many blocks joined the main chain, also those that left it again, and what people signed in them. */
  #joined = { blocks: 0, transactions: 0 };
  #isLoaded = false;

  constructor(settings: HostSettings, tell: (event: HostEvent) => void) {
    this.#settings = settings;
    this.#tell = tell;
    this.#world = new QuickWorld(settings.name);
  }

  async start(): Promise<void> {
    const { name, dataDir, port, peers, mineEverySeconds } = this.#settings;
    const { database } = await openDatabase(dataDir);
    const seed = nodeKeysFrom(name).secretKey;
    const ports = { clock: systemClock, logger: silentLogger };
    const transport = await createLibp2pTransport({ seed, host: '127.0.0.1', port, ...ports });
    const { genesis } = this.#world;
    const settings = { genesis, nodeId: name, nodeSeed: seed, peers, mineEverySeconds, loopbackOnly: true };
    const node = await createNode(settings, {
      ...ports,
      random: systemRandom,
      store: createStore(database),
      transport,
      workers: threadWorkers(inlineWorkers, systemClock),
    });
    this.#node = node;
    node.on('block', ({ hash, transactions }) => {
      const signed = transactions - node.rewardsOf(hash).length;
      this.#signedIn.set(hash, signed);
      this.#joined.blocks += 1;
      this.#joined.transactions += signed;
    });
    node.on('tip', ({ hash, height }) => this.#tell({ name: 'tip', hash, height, at: monotonicMs() }));
    node.on('transaction', ({ id }) => {
      if (!this.#isLoaded) this.#tell({ name: 'pending', id, at: monotonicMs() });
    });
    await node.start();
  }

  async peers(): Promise<number> {
    return this.#node!.peers().length;
  }

  /** Signs what its people will write: lives of patients, a step at a time. No payments: they wait for money from blocks. */
  async sign(count: number): Promise<void> {
    const perBlock = 1_000;
    const blocks = historyOf(this.#world, { blocks: Math.ceil(count / perBlock), perBlock });
    this.#signed = [...blocks].flat().filter(({ body }) => body.kind !== 'TRANSFER_ECASH');
  }

  /** A transaction of nobody else. @returns its id, and when it was acknowledged. */
  async submitOne(index: number): Promise<{ id: string; at: number }> {
    const [transaction] = registrations(this.#world, 1, `alone ${index}`);
    const at = monotonicMs();
    const verdict = await this.#node!.submit(transaction!);
    assert(verdict.ok, 'what is submitted holds');
    return { id: transaction!.id, at };
  }

  async mine(): Promise<{ hash: string; at: number } | null> {
    const at = monotonicMs();
    const outcome = await this.#node!.mine();
    return outcome.ok ? { hash: outcome.block.hash, at } : null;
  }

  /** Its people write what was signed, many at once, and wait while too much of it is not in a block yet. @returns how much. */
  async write(ms: number): Promise<number> {
    this.#isLoaded = true;
    const node = this.#node!;
    const end = performance.now() + ms;
    const waiting = new Set<string>();
    const off = node.on('block', ({ own }) => {
      for (const id of own) waiting.delete(id);
    });
    let written = 0;
    const left = this.#signed.values();
    const writeRest = async () => {
      for (const transaction of left) {
        if (waiting.size >= mostUnconfirmed)
          await until(() => waiting.size < mostUnconfirmed || performance.now() > end, 'blocks', ms + 60_000);
        if (performance.now() > end) return;
        waiting.add(transaction.id);
        const verdict = await node.submit(transaction);
        assert(verdict.ok, 'what is written holds');
        written += 1;
      }
      throw new Error('everything that was signed is written: sign more');
    };
    await Promise.all(Array.from({ length: atOnce }, writeRest));
    off();
    return written;
  }

  /** What people signed that is on the main chain now: of a block that has left it nothing counts. */
  async confirmed(): Promise<Confirmed> {
    const node = this.#node!;
    const at = monotonicMs();
    let transactions = 0;
    for (let { height } = node.head(); height > 0; height--)
      transactions += this.#signedIn.get(node.hashAt(height)!) ?? 0;
    const { user, system } = process.cpuUsage();
    return {
      height: node.head().height,
      transactions,
      joined: { ...this.#joined },
      processorMs: (user + system) / 1_000,
      at,
    };
  }

  async view(): Promise<{ hash: string; height: number; pending: number }> {
    const node = this.#node!;
    const { hash, height } = node.head();
    return { hash, height, pending: node.pending().length };
  }

  async stop(): Promise<void> {
    await this.#node?.stop();
  }
}
