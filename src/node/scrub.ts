/**
 * The scrub of a running node: reads every value that is stored, walks the main chain from the head down, looks at the
 * files below, and hands what it finds to the healing. It works in small pieces with pauses between them, so that it holds
 * up nobody, and never while the chain keeper writes: a block that looks wrong is looked at again while the keeper waits.
 */
import { type Clock, describeError, type Logger, limits, type Timer } from '../base/index.ts';
import type { Genesis } from '../ledger/index.ts';
import { type ChainStore, type Store, storeKeys } from '../storage/index.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { Healing, HealingReport } from './healing.ts';
import type { LedgerFile } from './node-settings.ts';
import { type Pause, turn } from './pause.ts';
import { HeightScrub } from './scrub-heights.ts';
import { KeptScrub } from './scrub-kept.ts';
import { type ScrubReport, ScrubTally } from './scrub-report.ts';
import { SideScrub } from './scrub-side.ts';
import { eachValue } from './scrub-values.ts';

export interface ScrubOutcome {
  readonly report: ScrubReport;
  readonly healing: HealingReport;
}

export interface ScrubPorts {
  readonly genesis: Genesis;
  readonly chain: ChainStore;
  readonly store: Store;
  readonly keeper: ChainKeeper;
  readonly healing: Healing;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Looks at the files of the database; undefined where it is on no disk. */
  readonly checkFiles: (() => AsyncIterable<LedgerFile>) | undefined;
  /** How many switches have removed blocks so far. */
  reorgs(): number;
  onError(error: { code: string; message: string }): void;
}

/** Blocks of one piece. */
const blocksAtOnce = 10;

export class Scrub {
  readonly #ports: ScrubPorts;
  #last: ScrubOutcome | null = null;
  #running: Promise<ScrubOutcome> | null = null;
  #timer: Timer | null = null;
  /** Ends the pause that is under way. */
  #goOn: () => void = () => {};
  /** Somebody waits for the round that is under way. */
  #isAwaited = false;
  #stopped = false;

  constructor(ports: ScrubPorts) {
    this.#ports = ports;
  }

  /** What the last round found; null before the first has ended. */
  last(): ScrubOutcome | null {
    return this.#last;
  }

  /** A round after each `everyMs`, at an easy pace. */
  start(everyMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#ports.clock.after(everyMs, () => {
      this.#begin()
        .catch((error: unknown) => {
          if (!this.#stopped) this.#ports.logger.warn('a scrub ended early', { code: describeError(error).code });
        })
        .finally(() => this.start(everyMs));
    });
  }

  /**
   * Looks at everything as it is from now on. A round that is under way has passed some of it already: it is brought to its
   * end in haste, and another begins.
   */
  async run(): Promise<ScrubOutcome> {
    this.#isAwaited = true;
    this.#goOn();
    await this.#running?.catch(() => undefined);
    this.#isAwaited = true;
    return this.#begin();
  }

  #begin(): Promise<ScrubOutcome> {
    this.#running ??= this.#round().finally(() => {
      this.#running = null;
      this.#isAwaited = false;
    });
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#goOn();
    await this.#running?.catch(() => undefined);
  }

  async #round(): Promise<ScrubOutcome> {
    const { chain, clock, healing } = this.#ports;
    const tally = new ScrubTally();
    await this.#scrubFiles(tally);
    await this.#scrubValues(tally);
    const tipHeight = chain.tip().height;
    const height = await this.#scrubHeights(tally);
    const healed = await healing.heal(tally.faults());
    for (const row of healed.faults) tally.fault(row);
    const report = tally.report({ time: clock.now(), height, tipHeight, failure: null });
    this.#last = { report, healing: healed };
    return this.#last;
  }

  async #scrubFiles(tally: ScrubTally): Promise<void> {
    const { checkFiles, onError } = this.#ports;
    if (!checkFiles) return;
    const names: string[] = [];
    for await (const file of checkFiles()) {
      if (this.#stopped) return;
      tally.file(file);
      if (file.damage !== null) names.push(file.file);
    }
    if (names.length === 0) return;
    const message = `Files of the database are damaged (${names.join(', ')}). What can be read still is; stop the node and run \`carechain scrub --heal --data-dir <folder>\`.`;
    onError({ code: 'folder-damaged', message });
  }

  async #scrubValues(tally: ScrubTally): Promise<void> {
    const side = new SideScrub(this.#ports.store);
    const own = new KeptScrub(this.#ports.store, [storeKeys.own('')]);
    const see = (key: string, value: Uint8Array | null) => {
      tally.value(key);
      this.#ports.chain.ids.see(key);
      side.see(key, value);
      own.see(key, value);
      if (value === null) tally.fault({ key, fault: 'damaged' });
    };
    try {
      await eachValue(this.#ports.store, '', see, this.#pause);
      this.#ports.chain.ids.seenAll();
    } catch (error) {
      const { code, message } = describeError(error);
      if (code !== 'folder-damaged') throw error;
      // LevelDB itself cannot read on: what lies behind is not lost, but only the healing finds out what it was.
      tally.file({ file: 'ledger', bytes: 0, damage: 'LevelDB cannot read on' });
      this.#ports.onError({ code, message });
    }
    for (const fault of await this.#lookAgain(() => [...side.faults(), ...own.faults()])) tally.fault(fault);
  }

  /** @returns the height up to which all blocks are whole and linked. */
  async #scrubHeights(tally: ScrubTally): Promise<number> {
    const { chain, store, genesis, reorgs } = this.#ports;
    const heights = new HeightScrub(store, chain.state);
    let reorgsBefore = reorgs();
    const tip = chain.tip();
    let whole = tip.height;
    let hash: string | undefined = tip.hash;
    for (let height = tip.height; height > 0 && hash !== undefined; height--) {
      const at: string = hash;
      let seen = heights.look(height, at);
      // What a commit is just writing may look wrong for a moment.
      if (seen.faults.length > 0)
        seen = await this.#lookAgain(() => new HeightScrub(store, chain.state).look(height, at));
      if (reorgs() !== reorgsBefore) {
        // Below the fork all is as it was.
        if (nameOfHeight(chain, height) !== at) return this.#scrubHeights(tally);
        reorgsBefore = reorgs();
      }
      for (const fault of seen.faults) tally.fault(fault);
      if (seen.faults.length > 0) whole = height - 1;
      hash = seen.parent ?? nameOfHeight(chain, height - 1);
      await (height % blocksAtOnce === 0 ? this.#pause() : turn());
    }
    const roots = await this.#lookAgain(() => heights.lookAtRoots(genesis));
    for (const fault of roots) tally.fault(fault);
    return whole;
  }

  /** While nothing is written to the chain. */
  #lookAgain<Seen>(look: () => Seen): Promise<Seen> {
    return this.#ports.keeper.exclusively(async () => look());
  }

  readonly #pause: Pause = async () => {
    if (this.#stopped) throw new Error('the node stops');
    if (this.#isAwaited) return turn();
    await new Promise<void>((resolve) => {
      const timer = this.#ports.clock.after(limits.scrubPauseMs, resolve);
      this.#goOn = () => {
        timer.cancel();
        resolve();
      };
    });
  };
}

/** The hash that the row of a height names; undefined where that cannot be read. */
function nameOfHeight(chain: ChainStore, height: number): string | undefined {
  try {
    return chain.hashAt(height);
  } catch {
    // Told already by whoever reads the rows; without a name the walk ends here, and a replay goes on.
    return undefined;
  }
}
