/**
 * One honest node with everything that a production node has: LevelDB, libp2p, vault. It runs either in this process or,
 * where memory is measured, in one of its own; what may be asked of it are the methods below, and all of them take and
 * give plain values that can travel between processes.
 */
import {
  type Clock,
  type Logger,
  silentLogger,
  systemClock,
  systemRandom,
  toHex,
  utf8ToBytes,
} from '../../src/base/index.ts';
import { sha256 } from '../../src/crypto/index.ts';
import { decodeTransaction, type Member, readPosition, type Sealed } from '../../src/ledger/index.ts';
import { createLibp2pTransport, peerIdOf } from '../../src/network/index.ts';
import { createNode, inlineWorkers, type LedgerNode, threadWorkers } from '../../src/node/index.ts';
import { createStore, openDatabase } from '../../src/storage/index.ts';
import { createVault, type Reader, type Vault } from '../../src/vault/index.ts';
import { recordIdOf } from '../../src/vault/record-id.ts';
import { nodeKeysFrom, patientIdFrom, personKeysFrom } from '../support/ledger.ts';
import { arenaWorld } from './arena-world.ts';

export interface HostSettings {
  readonly name: string;
  readonly folder: string;
  readonly port: number;
  readonly peers: readonly string[];
  /** Whether signatures are checked on a thread, as in production. */
  readonly threads: boolean;
}

/** What a node tells unasked; `at` is in milliseconds of the monotonic clock that all processes share. */
export type HostEvent =
  | { readonly name: 'pending'; readonly id: string; readonly at: number }
  | { readonly name: 'block'; readonly hash: string; readonly at: number }
  | { readonly name: 'tip'; readonly hash: string; readonly height: number; readonly at: number }
  | {
      readonly name: 'shunned';
      readonly peerId: string;
      readonly code: string;
      readonly forMs: number;
      readonly at: number;
    }
  | { readonly name: 'link'; readonly peerId: string; readonly isUp: boolean; readonly at: number }
  | { readonly name: 'fault'; readonly code: string; readonly at: number };

export interface View {
  readonly hash: string;
  readonly height: number;
  readonly pending: number;
  readonly waiting: number;
  readonly pendingHash: string;
  readonly peers: readonly string[];
}

export interface Memory {
  readonly rss: number;
  readonly heap: number;
}

/** The work of the honest network is of this kind. Floods are not, so that telling of them does not slow a node down. */
export const honestKind = 'PATIENT_REGISTRATION';

/** The clock that all processes of this machine share (CLOCK_MONOTONIC), in milliseconds. */
export const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

export class HonestHost {
  readonly #tell: (event: HostEvent) => void;
  readonly #settings: HostSettings;
  readonly #world = arenaWorld();
  #aheadMs = 0;
  #node: LedgerNode | null = null;
  #vault: Vault | null = null;
  #guest: Promise<Reader> | null = null;

  constructor(settings: HostSettings, tell: (event: HostEvent) => void) {
    this.#settings = settings;
    this.#tell = tell;
  }

  async start(): Promise<{ peerId: string; nodeKey: string }> {
    const { name, folder, port, peers, threads } = this.#settings;
    const { database } = await openDatabase(folder);
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + this.#aheadMs };
    const seed = nodeKeysFrom(name).secretKey;
    const logger = this.#faultLogger();
    const transport = await createLibp2pTransport({ seed, host: '127.0.0.1', port, clock, logger });
    const ports = { clock, random: systemRandom, store: createStore(database), logger };
    const node = await createNode(
      {
        genesis: this.#world.genesis,
        nodeId: name,
        nodeSeed: seed,
        peers,
        mineEverySeconds: null,
        loopbackOnly: true,
      },
      { ...ports, transport, workers: threads ? threadWorkers(inlineWorkers, clock) : inlineWorkers },
    );
    this.#node = node;
    this.#vault = createVault({ ...ports, node, network: node.network, peerIdOf });
    node.on('transaction', ({ id, kind }) => {
      if (kind === honestKind) this.#tell({ name: 'pending', id, at: monotonicMs() });
    });
    node.on('block', ({ hash }) => this.#tell({ name: 'block', hash, at: monotonicMs() }));
    node.on('tip', ({ hash, height }) => this.#tell({ name: 'tip', hash, height, at: monotonicMs() }));
    node.on('peer', ({ peerId, state }) => {
      if (state === 'connected' || state === 'disconnected')
        this.#tell({ name: 'link', peerId, isUp: state === 'connected', at: monotonicMs() });
    });
    node.network.on('shunned', ({ peerId, code, forMs }) =>
      this.#tell({ name: 'shunned', peerId, code, forMs, at: monotonicMs() }),
    );
    node.on('error', ({ code }) => this.#tell({ name: 'fault', code, at: monotonicMs() }));
    await node.start();
    await this.#vault.start();
    return { peerId: transport.peerId, nodeKey: node.nodeKey };
  }

  /** @returns whether it was let in. */
  async submit(bytes: Uint8Array): Promise<boolean> {
    const transaction = decodeTransaction(bytes);
    return transaction.ok && (await this.#node!.submit(transaction.value)).ok;
  }

  /** Null where there was nothing to mine. `at` is when the block was found: the search itself is chance. */
  async mine(): Promise<{ hash: string; at: number } | null> {
    let at = monotonicMs();
    const off = this.#node!.on('block', ({ minedHere }) => {
      if (minedHere) at = monotonicMs();
    });
    const outcome = await this.#node!.mine();
    off();
    return outcome.ok ? { hash: outcome.block.hash, at } : null;
  }

  async view(): Promise<View> {
    const node = this.#node!;
    const { hash, height } = node.head();
    const entries = node.pending();
    const pending = entries.filter(({ where }) => where.state === 'pending');
    return {
      hash,
      height,
      pending: pending.length,
      waiting: entries.length - pending.length,
      pendingHash: toHex(
        sha256(
          utf8ToBytes(
            pending
              .map(({ id }) => id)
              .sort()
              .join(),
          ),
        ),
      ),
      peers: node.peers().map(({ peerId }) => peerId),
    };
  }

  /** How many transactions of this member are pending. */
  async pendingOf(member: string): Promise<number> {
    const authored = this.#node!.pending().filter(({ entry, where }) => {
      return where.state === 'pending' && entry.type === 'transaction' && entry.transaction.body.author === member;
    });
    return authored.length;
  }

  /** Encoded blocks of the main chain above a height. */
  async blocksAbove(height: number): Promise<Uint8Array[]> {
    const node = this.#node!;
    const blocks: Uint8Array[] = [];
    for (let next = height + 1; next <= node.head().height; next += 1) {
      blocks.push(node.block(node.hashAt(next)!)!.bytes);
    }
    return blocks;
  }

  /** Where a block is: on the main chain, kept aside with its body unchecked, or not here. */
  async placeOf(hash: string): Promise<'main' | 'aside' | null> {
    const node = this.#node!;
    const block = node.block(hash);
    if (block === undefined) return null;
    return node.hashAt(block.header.height) === hash ? 'main' : 'aside';
  }

  /** The pairs of blocks that one miner sealed at one height, as far as this node has met both. */
  async equivocations(): Promise<{ miner: string; height: number; hashes: readonly [string, string] }[]> {
    return this.#node!.equivocations().map(({ miner, height, hashes }) => ({ miner, height, hashes }));
  }

  async has(id: string): Promise<boolean> {
    return this.#node!.holds(id);
  }

  /** The blocks of the main chain that hold these transactions; null for those that are in none. Reads no block: it is asked while others measure. */
  async blocksOf(ids: readonly string[]): Promise<(string | null)[]> {
    const node = this.#node!;
    return ids.map((id) => {
      const position = readPosition(node.state, id);
      return position === undefined ? null : node.hashAt(position.height)!;
    });
  }

  /**
   * Writes a consultation whose notes are sealed for its doctor, and for somebody who is at home here: a vault gives away
   * what it keeps for its own. Returns the id of that record.
   */
  async keepRecord(): Promise<string> {
    const node = this.#node!;
    const doctor = this.#memberCalled('alice');
    const { member: guest } = await this.#welcomeGuest();
    const { sealed, writes } = await this.#vault!.seal({ notes: 'sleeps badly' }, [doctor, guest]);
    const registration = this.#world.register('alice', 'zoe', { nonce: '1d'.repeat(16) });
    const consultation = this.#world.sign(
      'alice',
      { kind: 'DOCTOR_CONSULTATION', patient: patientIdFrom('zoe'), records: { notes: sealed, order: null } },
      { nonce: '2d'.repeat(16) },
    );
    for (const [transaction, also] of [[registration], [consultation, writes]] as const) {
      const verdict = await node.submit(transaction, also);
      if (!verdict.ok) throw new Error(`the record was not kept: ${verdict.rejection.code}`);
    }
    return recordIdOf(sealed);
  }

  /**
   * Somebody who is at home here wants to read a record that nobody has: each linked peer is asked for it, at once. Returns
   * what the ledger would say of that record.
   */
  async wantRecord(): Promise<Sealed> {
    const reader = await this.#welcomeGuest();
    const commitment = toHex(sha256(utf8ToBytes('a record that nobody has')));
    const sealed = { commitment, readers: [reader.member.id] };
    await this.#vault!.read(sealed, reader);
    return sealed;
  }

  /** Sets the clock of this node on, as if so much time had gone by. */
  async jump(ms: number): Promise<void> {
    this.#aheadMs += ms;
  }

  async now(): Promise<number> {
    return systemClock.now() + this.#aheadMs;
  }

  /** After two collections, where the program was started with --expose-gc. */
  async memory(): Promise<Memory> {
    globalThis.gc?.();
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heap: heapUsed + external };
  }

  async stop(): Promise<void> {
    await this.#vault?.stop();
    await this.#node?.stop();
  }

  #memberCalled(name: string): Member {
    return this.#world.genesis.members.find(({ username }) => username === name)!;
  }

  /** Somebody is at home here, for whom the vault keeps and fetches. */
  #welcomeGuest(): Promise<Reader> {
    const guest = { member: this.#memberCalled('dana'), keys: { username: 'dana', ...personKeysFrom('dana') } };
    this.#guest ??= this.#vault!.host(guest).then(() => guest);
    return this.#guest;
  }

  /** Passes on what a production node would write as an error: during an attack there should be nothing. */
  #faultLogger(): Logger {
    const error: Logger['error'] = (message, facts) =>
      this.#tell({ name: 'fault', code: `${message} ${String(facts?.code ?? '')}`, at: monotonicMs() });
    const logger: Logger = { ...silentLogger, error, child: () => logger };
    return logger;
  }
}
