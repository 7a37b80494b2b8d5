/**
 * Heals what is damaged or missing in the folder of a running node. Bodies of the main chain come from peers, by their
 * hashes; everything that is derived from them is made again by a replay, while the chain keeper waits; what is neither is
 * the business of heal-kept.ts, and of the rooms above for their own rows. Nothing is healed silently: each run tells what
 * was found, what was healed, and what has to wait for a peer.
 */
import { type Clock, describeError, type Logger, type Timer } from '../base/index.ts';
import type { Write } from '../storage/index.ts';
import type { DoubtedState } from './block-checker.ts';
import { ChainHealer, type ChainHealerPorts } from './heal-chain.ts';
import { keptFamilies, type Loss } from './heal-kept.ts';
import type { Met } from './heal-on-read.ts';
import { turn } from './pause.ts';
import { countByFamily, type FaultyRow, familyOf, familyWords } from './scrub-report.ts';
import { eachValue, readAnyway } from './scrub-values.ts';

/** Rows that a room above keeps in the same folder, and only it can judge. */
export interface RowsOfARoom {
  readonly families: readonly string[];
  /** Looks for what is missing, and mends that and `damaged`. */
  mend(damaged: readonly string[]): Promise<RoomOutcome>;
}

export interface RoomOutcome {
  readonly healed: readonly FaultyRow[];
  /** What cannot be had again, in sentences. */
  readonly losses: readonly string[];
}

/** Numbers of values by family. */
export type FamilyCounts = Readonly<Record<string, number>>;

export interface HealingReport {
  readonly faults: readonly FaultyRow[];
  readonly found: FamilyCounts;
  readonly healed: FamilyCounts;
  /** What waits until a peer that has it is linked. */
  readonly waiting: FamilyCounts;
}

export interface HealingPorts extends Omit<ChainHealerPorts, 'pause'> {
  readonly clock: Clock;
  readonly logger: Logger;
  onHealed(report: HealingReport): void;
}

/** What is left to do, or failed, waits so long, unless a peer comes that has what is missing; while nobody is linked, twice as long each time. */
const retryMs = 10_000;
const longestRetryMs = 10 * 60_000;
/** A replay that found the state right is not repeated for so long, whatever blocks are refused. */
const trustMs = 10 * 60_000;
/** And for so many times as long as it took: on a long chain, whoever pays for bad blocks must not stop the good ones. */
const trustForReplays = 20;
/** After a run that found nothing, the same reader is not believed again for so long. */
const calmMs = 60_000;

const neverDoubted = { found: 'right', until: 0 } as const;

export class Healing {
  readonly #ports: HealingPorts;
  readonly #chainHealer: ChainHealer;
  readonly #suspects = new Map<string, FaultyRow>();
  readonly #prefixes = new Set<string>();
  readonly #rooms: RowsOfARoom[] = [];
  #replayWanted = false;
  #running: Promise<HealingReport> | null = null;
  #retry: Timer | null = null;
  #nextRetryMs = retryMs;
  /** Who was believed in the run that is under way; and who not again before when. */
  readonly #believed = new Set<string>();
  readonly #calm = new Map<string, number>();
  /** What was found when the state was doubted last, and until when that is not looked at again. */
  #doubted: { readonly found: DoubtedState; readonly until: number } = neverDoubted;
  /** The whole folder was looked at: then the rooms above look at their rows too. */
  #isRound = false;
  #lastTold = '';
  #stopped = false;

  constructor(ports: HealingPorts) {
    this.#ports = ports;
    this.#chainHealer = new ChainHealer({ ...ports, pause: turn });
  }

  lookAfter(rows: RowsOfARoom): void {
    this.#rooms.push(rows);
  }

  /** Somebody read what is not what was written. */
  met(met: Met): void {
    const name = nameOf(met);
    if (this.#stopped || this.#ports.clock.now() < (this.#calm.get(name) ?? 0)) return;
    // It waits for a peer already.
    if (this.#retry && (this.#suspects.has(name) || (met === 'chain' && this.#replayWanted))) return;
    this.#believed.add(name);
    if (met === 'chain') this.#replayWanted = true;
    else if ('key' in met) this.#suspects.set(met.key, { key: met.key, fault: 'damaged' });
    else this.#prefixes.add(met.prefix);
    this.#wake();
  }

  /** Heals what a scrub has found, and what memory knows to be missing. */
  heal(rows: readonly FaultyRow[]): Promise<HealingReport> {
    for (const row of rows) this.#suspects.set(row.key, row);
    this.#isRound = true;
    return this.run();
  }

  /**
   * The rules refuse what peers say, and the state may be why. While nothing is written to the chain. Where a replay cannot
   * reach the head, nobody can tell: what is missing is healed after this, and the state is looked at again then.
   */
  async doubtState(): Promise<DoubtedState> {
    const { clock } = this.#ports;
    if (this.#stopped) return 'unknown';
    if (clock.now() < this.#doubted.until) return this.#doubted.found;
    const start = clock.now();
    const { healed, failure } = await this.#chainHealer.mendNow();
    const end = clock.now();
    if (healed.length > 0)
      this.#tell(new Map(healed.map((row) => [row.key, row])), new Set(healed.map(({ key }) => key)), []);
    if (healed.length > 0 && !failure) return 'mended';
    const found = failure ? 'unknown' : 'right';
    this.#doubted = { found, until: end + Math.max(trustMs, trustForReplays * (end - start)) };
    if (failure) {
      this.#replayWanted = true;
      this.#wake();
    }
    return found;
  }

  /** A peer is linked that may have what is waited for. */
  peerCame(): void {
    this.#nextRetryMs = retryMs;
    if (this.#retry) this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    await this.#running?.catch(() => undefined);
  }

  #wake(): void {
    this.run().catch((error: unknown) => {
      if (!this.#stopped) this.#ports.onError(describeError(error));
    });
  }

  run(): Promise<HealingReport> {
    this.#retry?.cancel();
    this.#retry = null;
    // Not in this turn, so that what is met close together is healed together.
    this.#running ??= Promise.resolve()
      .then(() => this.#runOnce())
      .catch((error: unknown) => {
        // Whoever reads the same again at once would only fail the same run again: the disk may be full.
        this.#calmDown(retryMs);
        throw error;
      })
      .finally(() => {
        this.#running = null;
        const isNews = this.#suspects.size + this.#prefixes.size > 0 || this.#replayWanted;
        if (isNews && !this.#retry && !this.#stopped) this.#wake();
      });
    return this.#running;
  }

  async #runOnce(): Promise<HealingReport> {
    const isRound = this.#isRound;
    this.#isRound = false;
    const suspects = await this.#takeSuspects();
    const found = new Map(suspects.rows.map((row) => [row.key, row]));
    const healed = new Set<string>();
    const tellHealed = (rows: readonly FaultyRow[]) => {
      for (const row of rows) found.set(row.key, row);
      for (const { key } of rows) healed.add(key);
    };
    tellHealed(await this.#healKept(suspects.rows));
    tellHealed(await this.#healRooms(suspects.rows, isRound));
    const ledger = suspects.rows.filter(({ key }) => this.#isOfLedger(key));
    const waiting: FaultyRow[] = [];
    if (ledger.length > 0 || suspects.replayWanted) {
      const outcome = await this.#chainHealer.heal(ledger, suspects.replayWanted);
      if (outcome.waiting.length > 0) this.#retryLater(ledger, suspects.replayWanted);
      else if (!outcome.isStuck && this.#doubted.found === 'unknown') this.#doubted = neverDoubted;
      for (const { key } of ledger) found.delete(key);
      tellHealed(outcome.healed);
      for (const row of outcome.waiting) found.set(row.key, row);
      waiting.push(...outcome.waiting);
    }
    return this.#tell(found, healed, waiting);
  }

  #tell(
    found: ReadonlyMap<string, FaultyRow>,
    healed: ReadonlySet<string>,
    waiting: readonly FaultyRow[],
  ): HealingReport {
    const { logger, onHealed } = this.#ports;
    const report: HealingReport = {
      faults: [...found.values()],
      found: countByFamily(found.keys()),
      healed: countByFamily(healed),
      waiting: countByFamily(waiting.map(({ key }) => key)),
    };
    if (found.size === 0) this.#calmDown(calmMs);
    this.#believed.clear();
    const told = JSON.stringify([report.found, report.waiting]);
    const isNews = found.size > 0 && (healed.size > 0 || told !== this.#lastTold);
    this.#lastTold = told;
    if (!isNews) return report;
    const facts = { found: familyWords(report.found), healed: familyWords(report.healed) };
    logger.warn('damaged values were found', { ...facts, waiting: familyWords(report.waiting) });
    onHealed(report);
    return report;
  }

  /** What was met or found, as far as it is still so. */
  async #takeSuspects(): Promise<{ rows: FaultyRow[]; replayWanted: boolean }> {
    const { store } = this.#ports;
    const prefixes = [...this.#prefixes];
    this.#prefixes.clear();
    for (const prefix of prefixes) await this.#lookBelow(prefix);
    const rows = [...this.#suspects.values()].filter(
      ({ key, fault }) => fault === 'missing' || this.#isOfLedger(key) || !readAnyway(store, key),
    );
    const replayWanted = this.#replayWanted;
    this.#suspects.clear();
    this.#replayWanted = false;
    return { rows, replayWanted };
  }

  /** LevelDB may be unable to read on there: then it is a file that is damaged, and no healing of rows mends that. */
  async #lookBelow(prefix: string): Promise<void> {
    const { store, onError } = this.#ports;
    const see = (key: string, value: Uint8Array | null) => value ?? this.#suspects.set(key, { key, fault: 'damaged' });
    try {
      await eachValue(store, prefix, see, turn);
    } catch (error) {
      const described = describeError(error);
      if (described.code !== 'folder-damaged') throw error;
      onError(described);
    }
  }

  /** Who was believed for nothing is not believed again for a while. */
  #calmDown(forMs: number): void {
    const now = this.#ports.clock.now();
    for (const [name, until] of this.#calm) if (until <= now) this.#calm.delete(name);
    for (const name of this.#believed) this.#calm.set(name, now + forMs);
    this.#believed.clear();
  }

  #isOfLedger(key: string): boolean {
    const family = familyOf(key);
    return !keptFamilies.has(family) && !this.#roomOf(family) && !foreignFamilies.has(family);
  }

  #roomOf(family: string): RowsOfARoom | undefined {
    return this.#rooms.find(({ families }) => families.includes(family));
  }

  /** While no switch is written, so that what is on its way to the disk does not look lost. */
  #healKept(rows: readonly FaultyRow[]): Promise<FaultyRow[]> {
    const { keeper, kept, store } = this.#ports;
    return keeper.exclusively(async () => {
      const suspects = rows.filter(({ key }) => keptFamilies.has(familyOf(key)));
      const faulty = new Map([...(await kept.missing()), ...suspects].map((row) => [row.key, row]));
      const side = [...faulty.keys()].filter((key) => familyOf(key) === 'side');
      if (side.length > 0) await kept.dropSide(side);
      const writes: Write[] = [];
      for (const key of faulty.keys()) {
        if (familyOf(key) === 'side') continue;
        const mended = kept.mend(key);
        writes.push(...mended.writes);
        if (mended.loss) this.#tellLoss(mended.loss);
      }
      await store.write(writes);
      return [...faulty.values()];
    });
  }

  /** Rows of rooms above; where no room has taken them, they are told and left. */
  async #healRooms(rows: readonly FaultyRow[], isRound: boolean): Promise<FaultyRow[]> {
    const healed: FaultyRow[] = [];
    for (const room of this.#rooms) {
      const damaged = rows.map(({ key }) => key).filter((key) => room.families.includes(familyOf(key)));
      if (damaged.length === 0 && !isRound) continue;
      const outcome = await room.mend(damaged);
      healed.push(...outcome.healed);
      for (const message of outcome.losses) this.#tellLoss({ code: 'note-lost', message });
    }
    return healed;
  }

  #retryLater(suspects: readonly FaultyRow[], replayWanted: boolean): void {
    if (this.#stopped) return;
    for (const row of suspects) this.#suspects.set(row.key, row);
    this.#replayWanted ||= replayWanted;
    const isAlone = this.#ports.network.peers().length === 0;
    if (!isAlone) this.#nextRetryMs = retryMs;
    this.#retry = this.#ports.clock.after(this.#nextRetryMs, () => this.#wake());
    this.#nextRetryMs = Math.min(2 * this.#nextRetryMs, longestRetryMs);
  }

  #tellLoss({ code, message }: Loss): void {
    this.#ports.logger.error('something kept in the folder is lost', { code });
    this.#ports.onError({ code, message });
  }
}

function nameOf(met: Met): string {
  if (met === 'chain') return met;
  return 'key' in met ? met.key : met.prefix;
}

/** Families of rooms above. A node without them leaves their rows alone. */
const foreignFamilies: ReadonlySet<string> = new Set(['record', 'hosting', 'cursor']);
