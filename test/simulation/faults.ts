/** How each fault is done to a village, and undone. */
import type { LedgerNode } from '../../src/node/index.ts';
import { codesOfDamage, type Invariants } from './invariants.ts';
import type { Machine } from './machine.ts';
import type { Fault } from './scenario.ts';
import type { Village } from './village.ts';
import { calm, pathsBetween } from './wires.ts';

/** How long a node may take to end when it is asked to and moves; it may wait for a slow disk beside. */
const stopsWithinMs = 60_000;
/** How long a failure of the power waits for a batch to be on its way. */
const lurksMs = 3_000;
/** How long after a node told of damage somebody looks whether it has healed. */
const patienceMs = 20_000;
/** How long after a node would not start somebody does something about it. */
const operatorMs = 5_000;

type Struck = boolean | Promise<boolean>;

export class Faults {
  readonly #village: Village;
  readonly #invariants: Invariants;
  /** Nodes whose folder somebody will look at. */
  readonly #looking = new Set<string>();
  /** What whoever runs the nodes is at. */
  #tasks = 0;
  /** Nodes that were asked to end and have not yet. */
  #stopping = 0;
  /** When the last of them was over. */
  lastMs = 0;

  constructor(village: Village, invariants: Invariants) {
    this.#village = village;
    this.#invariants = invariants;
  }

  /** Whether somebody looks at a folder, heals it, or is about to. */
  get isTending(): boolean {
    return this.#looking.size > 0 || this.#tasks > 0 || this.#village.timeline.nowMs < this.lastMs;
  }

  get isStopping(): boolean {
    return this.#stopping > 0;
  }

  strike(fault: Fault): void {
    this.#village.tell(`fault: ${inWords(fault)}`);
    this.#over();
    const way = this.#ways[fault.fault] as (fault: Fault) => Struck;
    const count = (struck: boolean) => this.#village.count(`${struck ? 'fault' : 'idle'}: ${fault.fault}`);
    const struck = way(fault);
    if (typeof struck === 'boolean') count(struck);
    else run(struck.then(count));
  }

  /** Each says whether anything came of it. */
  readonly #ways: { readonly [Name in Fault['fault']]: (fault: Extract<Fault, { fault: Name }>) => Struck } = {
    kill: ({ node, power, forMs }) => {
      const restart = () => this.#later(forMs, `${node} is started again`, () => this.#start(node));
      if (power) return this.#killWhileWriting(node).finally(restart);
      restart();
      return this.#kill(node, 'process');
    },
    'kill-in-recovery': ({ node, forMs, againAfterMs }) => {
      this.#kill(node, 'process');
      return new Promise((resolve) =>
        this.#later(forMs, `${node} is started again`, () => {
          this.#start(node);
          this.#later(againAfterMs, `${node} is killed again`, () => {
            if (this.#village.machine(node).isRecovering) this.#village.count('killed while starting');
            resolve(this.#kill(node, 'process'));
            this.#later(500, `${node} is started once more`, () => this.#start(node));
          });
        }),
      );
    },
    restart: ({ node, forMs }) => {
      const machine = this.#village.machine(node);
      const struck = machine.nodeOrStarting !== null;
      const stopped = machine.stop();
      this.#judgeStop(machine);
      run(stopped.then(() => this.#later(forMs, `${node} is started again`, () => this.#start(node))));
      return struck;
    },
    pause: ({ node, forMs }) => {
      const machine = this.#village.machine(node);
      // There is no process to stop, or it stands still already.
      if (!machine.isUp || machine.isPaused) return false;
      const isSomeClockOff = this.#invariants.isSomeClockOff;
      machine.pause();
      this.#later(forMs, `${node} moves again`, () => {
        machine.resume();
        // What it knows of clocks is as old as its sleep.
        if (isSomeClockOff) this.#invariants.doubtClock(node);
      });
      return true;
    },
    cut: ({ some, others, forMs }) => this.#cut(pathsBetween(some, others), forMs),
    'one-way-cut': ({ from, to, forMs }) => this.#cut([[from, to]], forMs),
    'flapping-cut': ({ some, others, forMs, periodMs }) => {
      const paths = pathsBetween(some, others);
      const struck = paths.some(([from, to]) => !this.#village.wires.isBlocked(from, to));
      for (let atMs = 0; atMs < forMs; atMs += 2 * periodMs)
        this.#later(atMs, 'a link flaps', () => this.#cut(paths, periodMs));
      return struck;
    },
    'broken-link': ({ a, b }) => this.#village.wires.breakLink(a, b),
    'dead-gossip': ({ a, b }) => this.#village.wires.deafen(a, b),
    'bad-weather': ({ weather, forMs }) => {
      const { wires } = this.#village;
      wires.weather = weather;
      this.#later(forMs, 'the weather is calm', () => {
        if (wires.weather === weather) wires.weather = calm;
      });
      return true;
    },
    'clock-jump': ({ node, byMs, forMs }) => {
      const machine = this.#village.machine(node);
      this.#invariants.clockIsOff(node);
      machine.clockOffsetMs += byMs;
      this.#later(forMs, `the clock of ${node} is set right`, () => {
        machine.clockOffsetMs -= byMs;
        this.#invariants.clockIsRight(node);
      });
      return machine.isUp;
    },
    'slow-disk': ({ node, slowMs, forMs }) => {
      const { disk } = this.#village.machine(node);
      const before = disk.batches;
      disk.slowMs += slowMs;
      return new Promise((resolve) =>
        this.#later(forMs, `the disk of ${node} is fast again`, () => {
          disk.slowMs -= slowMs;
          resolve(disk.batches > before);
        }),
      );
    },
    'full-disk': ({ node, forMs }) => {
      const { disk } = this.#village.machine(node);
      this.#invariants.expect(node, 'folder-failed');
      const before = disk.failures;
      disk.isFull = true;
      return new Promise((resolve) =>
        this.#later(forMs, `the disk of ${node} has room again`, () => {
          disk.isFull = false;
          resolve(disk.failures > before);
        }),
      );
    },
    'damaged-value': ({ node, how, family }) => {
      const expectNothing = this.#invariants.expect(node, ...codesOfDamage);
      return this.#village
        .machine(node)
        .disk.damage(how, family)
        .then((key) => {
          if (key) this.#village.count(`value ${how}`);
          if (key && how === 'gone') this.#invariants.wentMissing(node, key);
          if (!key) expectNothing();
          return key !== null;
        });
    },
    'lost-disk': ({ node, forMs }) => {
      this.#kill(node, 'machine');
      this.#wipe(node);
      this.#later(forMs, `${node} is started with a new disk`, () => this.#start(node));
      return true;
    },
    offline: ({ node, forMs }) => {
      const ledger = this.#village.machine(node).node;
      if (!ledger || ledger.isOffline()) return false;
      run(ledger.setOffline(true));
      this.#later(forMs, `${node} goes online`, () => run(ledger.setOffline(false)));
      return true;
    },
  };

  /** A node would not start: what its sentence says is done. */
  refused(name: string, code: string): void {
    if (code === 'folder-damaged') this.#later(operatorMs, `the folder of ${name} is healed`, () => this.#heal(name));
    else this.#later(operatorMs, `${name} is started again`, () => this.#start(name));
  }

  /** A running node tells that its folder is damaged: it heals what it can, and whoever runs it looks after a while. */
  toldOfDamage(name: string): void {
    if (this.#looking.has(name)) return;
    this.#looking.add(name);
    this.#later(patienceMs, `the folder of ${name} is looked at`, () => {
      this.#looking.delete(name);
      const { node } = this.#village.machine(name);
      if (node) this.#tend(this.#lookAt(name, node));
    });
  }

  /** The prompt's `scrub`; what it cannot heal takes the command for a stopped folder. */
  async #lookAt(name: string, node: LedgerNode): Promise<void> {
    const scrubbed = node.scrub().then(
      ({ healing }) => Object.keys(healing.waiting).length === 0,
      () => false,
    );
    const isWhole = await Promise.race([scrubbed, this.#village.machine(name).hasEnded(node)]);
    this.#village.tell(`the folder of ${name} is ${isWhole ? 'whole' : 'not whole'}`);
    if (isWhole) this.#invariants.scrubbed(name);
    if (isWhole || this.#village.machine(name).node !== node) return;
    this.#kill(name, 'process');
    this.#later(operatorMs, `the folder of ${name} is healed`, () => this.#heal(name));
  }

  #heal(name: string): void {
    this.#tend(
      this.#village
        .machine(name)
        .healFolder()
        .then((healed) => {
          if (!healed) return;
          const { height, heightBefore, unreadable } = healed;
          this.#village.count('folder healed');
          this.#village.tell(`${name} was at #${heightBefore}, is at #${height}, ${unreadable.length} unreadable`);
          this.#invariants.healed(name, unreadable);
          this.#later(500, `${name} is started again`, () => this.#start(name));
        }),
    );
  }

  /** @returns whether any of the paths was open. */
  #cut(paths: readonly (readonly [string, string])[], forMs: number): boolean {
    const { wires } = this.#village;
    const struck = paths.some(([from, to]) => !wires.isBlocked(from, to));
    for (const [from, to] of paths) wires.block(from, to);
    this.#later(forMs, 'a cut heals', () => {
      for (const [from, to] of paths) wires.free(from, to);
    });
    return struck;
  }

  /** The power fails at the worst moment: while a batch is on its way to the disk, if one soon is. */
  #killWhileWriting(name: string): Promise<boolean> {
    return new Promise((resolve) => {
      let isOver = false;
      const strike = () => {
        if (!isOver) resolve(this.#kill(name, 'machine'));
        isOver = true;
      };
      this.#village.machine(name).disk.whenWriting(strike);
      this.#later(lurksMs, `the power of ${name} is off at last`, strike);
    });
  }

  /** @returns whether there was a process to kill. */
  #kill(name: string, how: 'process' | 'machine'): boolean {
    const machine = this.#village.machine(name);
    if (!machine.isUp) return false;
    run(
      machine.crash(how).then(({ lost, kept }) => {
        if (lost > 0) this.#village.count('batch lost in a crash');
        if (kept > 0) this.#village.count('batch kept in a crash');
      }),
    );
    return true;
  }

  #wipe(name: string): void {
    const machine = this.#village.machine(name);
    machine.disk.wipe();
    this.#invariants.forget(machine);
  }

  /** A node that was asked to end, and moves, is gone in time; unless something else ends it first. */
  #judgeStop(machine: Machine): void {
    const { nodeOrStarting: node, name } = machine;
    if (!node) return;
    const { timeline } = this.#village;
    const look = () => {
      if (machine.nodeOrStarting !== node) return;
      if (timeline.nowMs - machine.movesSinceMs < stopsWithinMs)
        timeline.after(machine.movesSinceMs + stopsWithinMs - timeline.nowMs, `${name} should have stopped`, look);
      else this.#invariants.violate('a node stops soon', `${name} did not within ${stopsWithinMs} ms`);
    };
    timeline.after(stopsWithinMs, `${name} should have stopped`, look);
    this.#stopping++;
    run(machine.hasEnded(node).finally(() => this.#stopping--));
  }

  #tend(task: Promise<void>): void {
    this.#tasks++;
    run(task.finally(() => this.#tasks--));
  }

  #start(name: string): void {
    run(this.#village.machine(name).start());
  }

  #later(delayMs: number, what: string, act: () => void): void {
    const { timeline } = this.#village;
    this.lastMs = Math.max(this.lastMs, timeline.nowMs + delayMs);
    timeline.after(delayMs, what, () => {
      this.#village.tell(what);
      act();
      this.#over();
    });
  }

  #over(): void {
    this.lastMs = Math.max(this.lastMs, this.#village.timeline.nowMs);
  }
}

/** What fails here is a mistake of the simulation's, and ends it. */
function run(task: Promise<unknown>): void {
  task.catch((error: unknown) => {
    queueMicrotask(() => {
      throw error;
    });
  });
}

/** For the story: `cut some=doctor,lab others=pharmacy forMs=5000`. */
export function inWords({ fault, ...facts }: Fault): string {
  const words = Object.entries(facts).map(([name, fact]) =>
    name === 'weather' ? `weather=${JSON.stringify(fact)}` : `${name}=${String(fact)}`,
  );
  return [fault, ...words].join(' ');
}
