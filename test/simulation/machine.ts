/**
 * A machine on which a node lives, dies and lives again: a clock that may be wrong, a disk that stays, a process that can
 * end at any moment or stand still. The node on it is the real one.
 */
import { createHash } from 'node:crypto';
import {
  CarechainError,
  type Clock,
  describeError,
  type LogFacts,
  type Logger,
  type Timer,
} from '../../src/base/index.ts';
import { searchNonce, verifyStrict } from '../../src/crypto/index.ts';
import {
  createNode,
  type HealedFolder,
  healFolder,
  type LedgerNode,
  type NodeWorld,
  type Workers,
} from '../../src/node/index.ts';
import { createStore } from '../../src/storage/index.ts';
import { Chance, randomOf } from '../support/chance.ts';
import { bytesFrom, type World } from '../support/ledger.ts';
import { Disk } from './disk.ts';
import type { Timeline } from './timeline.ts';
import type { Process, Wires } from './wires.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly facts: LogFacts;
}

export interface MachineSettings {
  readonly name: string;
  readonly address: string;
  readonly peers: readonly string[];
  readonly mineEverySeconds: number | null;
  readonly scrubEveryMs: number | null;
  readonly seed: number;
  readonly world: World;
  readonly timeline: Timeline;
  readonly wires: Wires;
  /** A node has started: whoever watches it does so from its first event on. */
  readonly watch: (machine: Machine, node: LedgerNode) => void;
  /** The node would not start on this disk. */
  readonly refused: (machine: Machine, error: CarechainError) => void;
  /** The process of the node has ended. */
  readonly ended: () => void;
  /** The node wrote a line into its log. */
  readonly logged: (machine: Machine, line: LogLine) => void;
}

/** When all simulations begin: some time after the genesis, in milliseconds since 1970 UTC. */
const beginsAfterGenesisMs = 3_600_000;

export class Machine implements Process {
  readonly #settings: MachineSettings;
  readonly disk: Disk;
  readonly #chance: Chance;
  /** Timers of the node that runs; they end with it. */
  #timers = new Set<Timer>();
  #held: (() => void)[] | null = null;
  #life = 0;
  #node: LedgerNode | null = null;
  #isStarting = false;
  #isStopping = false;
  #isHealing = false;
  #movesSinceMs = 0;
  /** Whoever waits for the end of the process. */
  #mourners: (() => void)[] = [];
  /** What its clock is wrong by. */
  clockOffsetMs = 0;
  /** What stands between a node that starts here and the world: nothing for the honest. */
  bend: (world: NodeWorld) => NodeWorld = (same) => same;
  /** What is wrong with the program itself: nothing, where it is not broken on purpose. */
  spoil: (node: LedgerNode) => void = () => {};

  constructor(settings: MachineSettings) {
    const { name, seed, timeline } = settings;
    this.#settings = settings;
    this.#chance = new Chance(`${seed}/${name}`);
    this.disk = new Disk(name, timeline, new Chance(`${seed}/${name}/disk`), (run) => this.whenItMoves(run));
  }

  get name(): string {
    return this.#settings.name;
  }

  /** The node, while it runs and is past its start. */
  get node(): LedgerNode | null {
    return this.#isStarting ? null : this.#node;
  }

  /** The same, also while it starts. */
  get nodeOrStarting(): LedgerNode | null {
    return this.#node;
  }

  get isUp(): boolean {
    return this.#node !== null || this.#isStarting;
  }

  get isRecovering(): boolean {
    return this.#isStarting;
  }

  /** It was asked to end, and has not yet. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  get isPaused(): boolean {
    return this.#held !== null;
  }

  /** Since when the process has not stood still; now where it does. */
  get movesSinceMs(): number {
    return this.isPaused ? this.#settings.timeline.nowMs : this.#movesSinceMs;
  }

  get nowMs(): number {
    const { world, timeline } = this.#settings;
    return world.genesis.time + beginsAfterGenesisMs + timeline.nowMs + this.clockOffsetMs;
  }

  /** Starts a node on whatever the disk holds. */
  async start(): Promise<void> {
    // A folder that is in use is in use.
    if (this.isUp || this.#isHealing) return;
    const { name, address, peers, world, wires, mineEverySeconds, scrubEveryMs, watch, refused } = this.#settings;
    const life = ++this.#life;
    const isStale = () => life !== this.#life;
    this.#isStarting = true;
    const clock = this.#clock(life);
    try {
      const database = await this.disk.open();
      if (isStale()) return;
      const store = createStore(database);
      const settings = {
        genesis: world.genesis,
        nodeId: name,
        nodeSeed: bytesFrom(`node ${name}`),
        peers,
        mineEverySeconds,
        loopbackOnly: true,
        scrubEveryMs,
      };
      const given = this.bend({
        clock,
        random: randomOf(new Chance(`${this.#settings.seed}/${name}/life ${life}`)),
        store,
        transport: wires.transport(name, address, clock, this),
        workers: this.#workers(life),
        logger: this.#logger(life),
      });
      const node = await createNode(settings, given);
      if (isStale()) return;
      this.spoil(node);
      this.#node = node;
      watch(this, node);
      await node.start();
      if (!isStale()) this.#isStarting = false;
    } catch (error) {
      if (isStale()) return;
      await this.crash('process');
      const { code, message } = describeError(error);
      refused(this, error instanceof CarechainError ? error : new CarechainError(code, message, {}, error));
    }
  }

  /** The process ends where it stands. @returns what became of the batch that was under way. */
  async crash(how: 'process' | 'machine'): Promise<{ lost: number; kept: number }> {
    this.#life++;
    this.#node = null;
    this.#isStarting = false;
    this.#isStopping = false;
    this.#held = null;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#settings.wires.die(this.name, how);
    for (const tell of this.#mourners.splice(0)) tell();
    this.#settings.ended();
    return this.disk.crash(how);
  }

  /** Resolves with false when the process of a node has ended: what it was asked is not answered any more. */
  async hasEnded(node: LedgerNode): Promise<false> {
    if (this.#node === node) await new Promise<void>((resolve) => this.#mourners.push(resolve));
    return false;
  }

  /** The node is asked to end, and does. */
  async stop(): Promise<void> {
    const node = this.#node;
    if (!node) return;
    const life = this.#life;
    this.#isStopping = true;
    await node.stop();
    if (life === this.#life) await this.crash('process');
  }

  /** What `carechain scrub --heal` does to the folder of a node that does not run; null where it cannot begin. */
  async healFolder(): Promise<HealedFolder | null> {
    if (this.isUp || this.#isHealing) return null;
    const { world } = this.#settings;
    this.#isHealing = true;
    try {
      return await this.disk.renew((damaged, into) =>
        healFolder({
          genesis: world.genesis,
          sources: [createStore(damaged)],
          into: createStore(into),
          clock: { now: () => this.nowMs, after: () => ({ cancel() {} }) },
          onProgress() {},
        }),
      );
    } finally {
      this.#isHealing = false;
    }
  }

  /**
   * Until it is resumed no timer fires in the process, and nothing that the disk or the network brings gets into it: it is
   * kept for it. Work that was under way and waits for neither comes to its end.
   */
  pause(): void {
    this.#held ??= [];
    this.#settings.wires.paused(this.name);
  }

  resume(): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.#movesSinceMs = this.#settings.timeline.nowMs;
    for (const run of held) run();
  }

  whenItMoves(run: () => void): void {
    if (this.#held) this.#held.push(run);
    else run();
  }

  #clock(life: number): Clock {
    const { timeline } = this.#settings;
    return {
      now: () => this.nowMs,
      after: (delayMs, run) => {
        if (life !== this.#life) return { cancel() {} };
        let isOver = false;
        const fire = () => {
          this.#timers.delete(timer);
          if (!isOver) run();
        };
        const planned = timeline.after(delayMs, `${this.name} wakes`, () => this.whenItMoves(fire));
        const timer: Timer = {
          cancel: () => {
            isOver = true;
            planned.cancel();
            this.#timers.delete(timer);
          },
        };
        this.#timers.add(timer);
        return timer;
      },
    };
  }

  /** A process that has ended writes no more. */
  #logger(life: number): Logger {
    const at =
      (level: LogLine['level']) =>
      (message: string, facts: LogFacts = {}) => {
        if (life === this.#life) this.#settings.logged(this, { level, message, facts });
      };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: () => this.#logger(life),
    };
  }

  #workers(life: number): Workers {
    const clock = this.#clock(life);
    return {
      async verify(checks) {
        return checks.map(({ publicKey, message, signature }) => {
          const question = createHash('sha256').update(publicKey).update(signature).update(message).digest('base64');
          const known = verdicts.get(question) ?? verifyStrict(publicKey, message, signature);
          verdicts.set(question, known);
          return known;
        });
      },
      searchNonce: (search, signal) =>
        new Promise((resolve) => {
          const found = searchNonce({ ...search, start: 0n, attempts: 10_000_000 });
          const timer = clock.after(this.#chance.between(20, 1_500), () => resolve(found?.nonce ?? null));
          signal.addEventListener('abort', () => {
            timer.cancel();
            resolve(null);
          });
        }),
      async stop() {},
    };
  }
}

/** Every node of every simulation asks about the same signatures. */
const verdicts = new Map<string, boolean>();
