/**
 * One simulation: a village of real nodes lives through what a seed has planned for it, then all faults end, and the nodes
 * must agree.
 *
 *   const outcome = await simulate(scenarioOf(42));
 *   if (outcome.violation) console.log(outcome.trace.lines.join('\n'));
 */
import type { LedgerNode, ScrubOutcome } from '../../src/node/index.ts';
import { Chance } from '../support/chance.ts';
import { Faults } from './faults.ts';
import { Invariants } from './invariants.ts';
import { Life } from './life.ts';
import type { Machine } from './machine.ts';
import { needlessWaits } from './needless-waits.ts';
import { twice } from './once.ts';
import type { Deed, Scenario } from './scenario.ts';
import { comeToAnEnd } from './timeline.ts';
import { Trace } from './trace.ts';
import { Village } from './village.ts';
import { type InvariantName, Violation } from './violation.ts';

/** How long after the last fault all nodes may take to agree. */
const agreeWithinMs = 30_000;
/** How long a node may take over what it was asked: a minute is what it gives itself for a block. */
const endsWithinMs = 65_000;
/** How long everything that is pending may take to be in blocks, once all agree. */
const settleWithinMs = 600_000;
/** The first scrub finds and heals, the second must find nothing; the others are for a peer that does not answer at once. */
const mostScrubs = 5;
/** How long healing that waits for a peer is given: it tries again each ten seconds. */
const healsWithinMs = 15_000;

export interface Outcome {
  readonly scenario: Scenario;
  /** Null where every invariant held. */
  readonly violation: { readonly invariant: InvariantName; readonly what: string } | null;
  /** SHA-256 of everything that happened, in hex: the same for the same seed. */
  readonly traceHash: string;
  readonly trace: Trace;
  readonly events: number;
  /** From the end of the last fault until all agreed; null where they did not. */
  readonly agreedAfterMs: number | null;
  readonly counts: ReadonlyMap<string, number>;
  readonly acknowledged: number;
  /** Of those, what only a disk had that was lost or damaged. */
  readonly excused: number;
  readonly height: number;
}

interface Asked {
  readonly machine: Machine;
  readonly node: LedgerNode;
  readonly words: string;
}

export interface SimulationOptions {
  readonly keepsTrace?: boolean;
  /** Breaks the village on purpose, to see that it is noticed. */
  readonly sabotage?: (village: Village) => void;
}

export async function simulate(scenario: Scenario, options: SimulationOptions = {}): Promise<Outcome> {
  const simulation = new Simulation(scenario, options);
  return simulation.run();
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #trace: Trace;
  readonly #village: Village;
  readonly #invariants: Invariants;
  readonly #faults: Faults;
  readonly #life: Life;
  readonly #chance: Chance;
  /** What users asked, of whom, and have no answer to. */
  readonly #unanswered = new Set<Asked>();
  #agreedAfterMs: number | null = null;

  constructor(scenario: Scenario, { keepsTrace = false, sabotage }: SimulationOptions) {
    this.#scenario = scenario;
    this.#trace = new Trace(keepsTrace);
    this.#invariants = new Invariants({
      refused: ({ name }, { code }) => this.#faults.refused(name, code),
      toldOfDamage: ({ name }) => this.#faults.toldOfDamage(name),
    });
    this.#village = new Village(scenario, this.#trace, this.#invariants);
    this.#invariants.watch(this.#village);
    this.#faults = new Faults(this.#village, this.#invariants);
    this.#life = new Life(this.#village.world);
    this.#chance = new Chance(`${scenario.seed}/life`);
    sabotage?.(this.#village);
  }

  async run(): Promise<Outcome> {
    const onUnhandled = (error: unknown) => this.#invariants.report(unhandled(error));
    // It is told here alone: whoever runs this would take it for a mistake of its own.
    const others = process.listeners('unhandledRejection');
    for (const listener of others) process.off('unhandledRejection', listener);
    process.on('unhandledRejection', onUnhandled);
    let violation: Violation | null = null;
    try {
      await this.#live();
    } catch (error) {
      violation = error instanceof Violation ? error : unhandled(error);
      this.#village.tell(`VIOLATION ${violation.message}`);
    } finally {
      this.#invariants.isOver = true;
      for (const machine of this.#village.machines.values()) await machine.crash('process');
      await comeToAnEnd();
      process.off('unhandledRejection', onUnhandled);
      for (const listener of others) process.on('unhandledRejection', listener);
    }
    const height = Math.max(...[...this.#heights(), 0]);
    return {
      scenario: this.#scenario,
      violation: violation && { invariant: violation.invariant, what: violation.message },
      traceHash: this.#trace.digest(),
      trace: this.#trace,
      events: this.#village.timeline.count,
      agreedAfterMs: this.#agreedAfterMs,
      counts: this.#village.counts,
      acknowledged: this.#invariants.acknowledged.size,
      excused: this.#invariants.excused.size,
      height,
    };
  }

  #lastHeights: number[] = [];
  #heights(): number[] {
    return this.#lastHeights;
  }

  async #live(): Promise<void> {
    const { timeline, machines } = this.#village;
    const { faults, deeds } = this.#scenario;
    for (const machine of machines.values())
      timeline.after(0, `${machine.name} is started`, () => void machine.start());
    for (const { atMs, what } of faults) timeline.after(atMs, 'a fault strikes', () => this.#faults.strike(what));
    for (const { atMs, what } of deeds) timeline.after(atMs, `${what.node} does something`, () => this.#do(what));
    const lastPlanned = Math.max(1_000, ...[...faults, ...deeds].map(({ atMs }) => atMs));
    await this.#pass(lastPlanned);
    while (timeline.nowMs < this.#faults.lastMs || this.#faults.isStopping)
      await this.#pass(Math.max(timeline.nowMs + 1_000, this.#faults.lastMs));
    await this.#agree();
    await this.#settle();
    await this.#heal();
    await this.#lookAtTheEnd();
    this.#invariants.look();
  }

  async #pass(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    await this.#village.timeline.passUntil(untilMs, () => {
      this.#invariants.look();
      return isOver();
    });
  }

  /** The same with a node that may be ended meanwhile, by whoever looks after its folder; undefined then. */
  async #endedOrGone<Answer>(
    machine: Machine,
    ask: (node: LedgerNode) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const { node } = machine;
    if (!node) return undefined;
    let answer: Answer | undefined;
    const task = this.#invariants.readingLater(machine, () => ask(node));
    let hasEnded = false;
    void task.then((told) => {
      answer = told;
      hasEnded = true;
    });
    await this.#pass(this.#village.timeline.nowMs + endsWithinMs, () => hasEnded || machine.node !== node);
    if (!hasEnded && machine.node === node)
      throw new Violation('what is asked comes to an end', `${machine.name} does not answer; ${this.#standing()}`);
    return answer;
  }

  /** Lets time pass until a node has done what it was asked. */
  async #ended<Answer>(asked: Promise<Answer>): Promise<Answer> {
    let hasEnded = false;
    const ended = () => {
      hasEnded = true;
    };
    asked.then(ended, ended);
    await this.#pass(this.#village.timeline.nowMs + endsWithinMs, () => hasEnded);
    if (!hasEnded) throw new Violation('what is asked comes to an end', this.#standing());
    return asked;
  }

  /** All honest nodes must come to one head soon after the last fault. */
  async #agree(): Promise<void> {
    const { timeline } = this.#village;
    const sinceMs = timeline.nowMs;
    this.#village.tell('all faults are over');
    await this.#pass(sinceMs + agreeWithinMs, () => this.#isAgreed());
    if (!this.#isAgreed()) throw new Violation('all agree soon after the last fault', this.#standing());
    this.#agreedAfterMs = timeline.nowMs - sinceMs;
    this.#village.tell(`all agree after ${this.#agreedAfterMs} ms`);
  }

  #isAgreed(): boolean {
    const { honest } = this.#village;
    const heads = honest.map(({ node }) => node?.head().hash);
    return heads.every((hash) => hash !== undefined && hash === heads[0]);
  }

  /** Everything that is pending gets into blocks, or has become impossible. */
  async #settle(): Promise<void> {
    const { timeline, honest } = this.#village;
    const endMs = timeline.nowMs + settleWithinMs;
    let last = 'nothing';
    for (let idle = 0; idle < honest.length; ) {
      if (timeline.nowMs >= endMs) {
        const waiting = honest.flatMap((each) => this.#pendingAt(each));
        if (waiting.length > 0) throw new Violation('what is pending gets into a block', waiting.join(', '));
        throw new Violation('settling comes to an end', `at last ${last}; ${this.#standing()}`);
      }
      const machine = honest[idle]!;
      const mined = await this.#endedOrGone(machine, (node) => node.mine());
      const outcome = mined?.ok ? 'mined' : mined?.code;
      last = `${machine.name} ${outcome ?? 'did not answer'}`;
      const fromMs = timeline.nowMs;
      await this.#pass(fromMs + 15_000, () => timeline.nowMs > fromMs + 500 && this.#isAgreed());
      // Two that exclude each other may be pending on different nodes: a block decides which of them is lost. And what a
      // liar's users wrote may arrive only now.
      const isIdle = outcome === 'nothing-to-mine' && honest.every((each) => this.#pendingAt(each).length === 0);
      idle = isIdle ? idle + 1 : 0;
    }
    if (!this.#isAgreed()) throw new Violation('all agree in the end', this.#standing());
  }

  #pendingAt(machine: Machine): string[] {
    const listed = this.#invariants.reading(machine, (node) => node.pending()) ?? [];
    const pending = listed.filter(({ where }) => where.state === 'pending');
    return pending.map(({ id }) => `${machine.name} has ${id.slice(0, 8)}`);
  }

  /**
   * Damage that nobody has met yet is found now, and all of it is healed: from here on a node that cannot read its folder
   * breaks an invariant.
   */
  async #heal(): Promise<void> {
    const { honest, timeline } = this.#village;
    let wasSound = true;
    for (const machine of honest) {
      const isSound = await this.#healOne(machine);
      wasSound &&= isSound;
    }
    if (!wasSound) {
      // A folder that was made anew has some way to go.
      const isQuiet = () => !this.#faults.isTending && this.#isAgreed();
      await this.#pass(Math.max(timeline.nowMs, this.#faults.lastMs) + agreeWithinMs, isQuiet);
      await this.#settle();
    }
    this.#invariants.allIsHealed();
  }

  /** @returns whether the first scrub found nothing. */
  async #healOne(machine: Machine): Promise<boolean> {
    const { timeline } = this.#village;
    for (let scrubs = 1; ; scrubs++) {
      const outcome = await this.#endedOrGone(machine, (node) => node.scrub());
      if (outcome?.report.sound && Object.keys(outcome.healing.waiting).length === 0) {
        this.#invariants.scrubbed(machine.name);
        return scrubs === 1;
      }
      if (outcome && this.#isBeyondHealing(machine, outcome)) {
        this.#village.count('beyond healing');
        this.#invariants.isBeyondHealing(machine.name);
        return false;
      }
      if (scrubs === mostScrubs) {
        const rows = outcome?.healing.faults.map(({ key, fault }) => `${key} ${fault}`) ?? ['the scrub fails'];
        throw new Violation('what is damaged heals', `${machine.name}: ${rows.join(', ')}`);
      }
      const hasWaiting = outcome === undefined || Object.keys(outcome.healing.waiting).length > 0;
      if (hasWaiting) await this.#pass(timeline.nowMs + healsWithinMs);
      await this.#pass(this.#faults.lastMs);
      await this.#pass(timeline.nowMs + agreeWithinMs, () => !this.#faults.isTending && this.#isAgreed());
    }
  }

  /** Whether what waits is bodies of blocks that no other node can read either. */
  #isBeyondHealing(machine: Machine, { healing }: ScrubOutcome): boolean {
    const waiting = Object.keys(healing.waiting);
    if (waiting.length === 0 || waiting.some((family) => family !== 'block')) return false;
    const hashes = healing.faults.flatMap(({ key }) => (key.startsWith('block/') ? [key.slice('block/'.length)] : []));
    const others = [...this.#village.machines.values()].filter((other) => other !== machine);
    const hasIt = (other: Machine, hash: string) =>
      this.#invariants.reading(other, (node) => node.block(hash) !== undefined) === true;
    return hashes.some((hash) => !others.some((other) => hasIt(other, hash)));
  }

  /** Whoever asked an honest node that has not ended since gets an answer. */
  async #answered(): Promise<void> {
    const isOpen = ({ machine, node }: Asked) => machine.node === node && this.#village.isHonest(machine.name);
    const open = () => [...this.#unanswered].filter(isOpen).map(({ words }) => words);
    await this.#pass(this.#village.timeline.nowMs + endsWithinMs, () => open().length === 0);
    if (open().length > 0) throw new Violation('what is asked comes to an end', open().join(', '));
  }

  async #lookAtTheEnd(): Promise<void> {
    const { honest } = this.#village;
    await this.#answered();
    this.#lastHeights = honest.map(({ node }) => node!.head().height);
    for (const [id, { by }] of this.#invariants.acknowledged) {
      const knows = (machine: Machine) => this.#invariants.reading(machine, (node) => node.find(id) !== undefined);
      if (!this.#invariants.excused.has(id) && honest.every((machine) => knows(machine) === false))
        throw new Violation('what was acknowledged is kept', `${id.slice(0, 8)} of ${by} is nowhere`);
    }
    this.#invariants.lookAtOutcomes();
    for (const machine of honest) {
      const { name } = machine;
      const node = machine.node!;
      const stuck = this.#invariants.reading(machine, needlessWaits) ?? [];
      if (stuck.length > 0) throw new Violation('what waits goes on when it can', `${name}: ${stuck.join(', ')}`);
      const doubled = this.#invariants.reading(machine, twice) ?? [];
      if (doubled.length > 0) throw new Violation('what happens once happens once', `${name}: ${doubled.join(', ')}`);
      const verified = await this.#ended(this.#invariants.readingLater(machine, () => node.verify()));
      if (verified?.failure)
        throw new Violation(
          'a replay agrees',
          `${name} at #${verified.failure.height}: ${verified.failure.rejection.code}`,
        );
      const compared = await this.#ended(this.#invariants.readingLater(machine, () => node.recalculateBalances()));
      if (compared && !compared.equal) {
        const keys = compared.repaired.map(({ key }) => key).join();
        throw new Violation('the stored state is that of a replay', `${name}: ${keys}`);
      }
    }
  }

  #standing(): string {
    const standing = ({ name, node, isPaused }: Machine) => {
      const head = node?.head();
      return `${name} ${head ? `#${head.height} ${head.hash.slice(0, 8)} with ${node!.peers().length} peers` : isPaused ? 'paused' : 'down'}`;
    };
    return this.#village.honest.map(standing).join(', ');
  }

  #do({ deed, node: name }: Deed): void {
    const machine = this.#village.machine(name);
    const { node } = machine;
    if (!node || machine.isPaused) return;
    if (deed === 'mine') {
      const words = `${name}: mine`;
      this.#village.tell(words);
      this.#asked({ machine, node, words }, node.mine()).then(
        (outcome) => this.#village.count(outcome.ok ? 'mined' : outcome.code),
        (error) => {
          this.#village.count('mining failed');
          this.#invariants.failed(machine, node, error);
        },
      );
      return;
    }
    const transaction = this.#invariants.reading(machine, () => this.#life.next(node.pendingState, this.#chance));
    if (!transaction) return;
    const words = `${name}: submit ${transaction.body.kind} ${transaction.id.slice(0, 8)}`;
    this.#village.tell(words);
    const isHonest = this.#village.isHonest(name);
    this.#asked({ machine, node, words }, node.submit(transaction)).then(
      (verdict) => {
        this.#village.tell(`${words}: ${verdict.ok ? 'ok' : verdict.rejection.code}`);
        // The process may have ended since: nobody was told.
        if (!verdict.ok || machine.node !== node || !isHonest) return;
        this.#invariants.acknowledge(machine, transaction);
        const where = this.#invariants.reading(machine, () => node.find(transaction.id)?.where);
        if (where?.state === 'waiting') this.#village.count('acknowledged as waiting');
      },
      (error) => {
        this.#village.tell(`${words}: the disk did not take it`);
        this.#invariants.failed(machine, node, error);
      },
    );
  }

  #asked<Answer>(asked: Asked, answer: Promise<Answer>): Promise<Answer> {
    this.#unanswered.add(asked);
    return answer.finally(() => this.#unanswered.delete(asked));
  }
}

function unhandled(error: unknown): Violation {
  return new Violation('no error is left unhandled', error instanceof Error ? (error.stack ?? '') : String(error));
}
