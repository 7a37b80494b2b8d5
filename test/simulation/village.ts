/** Who takes part in a simulation, and what is between them. */
import type { CarechainError } from '../../src/base/index.ts';
import type { Transport } from '../../src/network/index.ts';
import type { LedgerNode } from '../../src/node/index.ts';
import { Chance } from '../support/chance.ts';
import { testGenesis, type World } from '../support/ledger.ts';
import { lying } from './liar.ts';
import { type LogLine, Machine } from './machine.ts';
import type { Scenario } from './scenario.ts';
import { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';
import { Wires } from './wires.ts';

export interface Watcher {
  started(machine: Machine, node: LedgerNode): void;
  refused(machine: Machine, error: CarechainError): void;
  ended(): void;
  /** A node failed over what a peer sent or asked. */
  failedOver(machine: Machine, error: unknown): void;
  logged(machine: Machine, line: LogLine): void;
}

export class Village {
  readonly scenario: Scenario;
  readonly trace: Trace;
  readonly timeline: Timeline;
  readonly wires: Wires;
  readonly world: World;
  readonly machines = new Map<string, Machine>();
  /** How often something was done or happened, by its name. */
  readonly counts = new Map<string, number>();

  constructor(scenario: Scenario, trace: Trace, watcher: Watcher) {
    const { seed, nodes, liars } = scenario;
    this.scenario = scenario;
    this.trace = trace;
    this.timeline = new Timeline(trace);
    this.wires = new Wires(this.timeline, new Chance(`${seed}/wires`));
    this.wires.onFailure = (name, error) => watcher.failedOver(this.machine(name), error);
    this.world = testGenesis();
    const addresses = new Map(nodes.map((name, index) => [name, `127.0.0.1:${7_001 + index}`]));
    for (const name of nodes) {
      const address = addresses.get(name)!;
      const lies = new Chance(`${seed}/${name}/lies`);
      const machine = new Machine({
        name,
        address,
        peers: [...addresses.values()].filter((other) => other !== address),
        mineEverySeconds: scenario.mineEverySeconds[name] ?? null,
        scrubEveryMs: scenario.scrubEveryMs[name] ?? null,
        seed,
        world: this.world,
        timeline: this.timeline,
        wires: this.wires,
        watch: (at, node) => watcher.started(at, node),
        refused: (at, error) => watcher.refused(at, error),
        ended: () => watcher.ended(),
        logged: (at, line) => watcher.logged(at, line),
      });
      const lie = (transport: Transport) => lying(name, transport, lies, (how) => this.count(`lie: ${how}`));
      if (liars.includes(name)) machine.bend = (given) => ({ ...given, transport: lie(given.transport) });
      machine.clockOffsetMs = scenario.skewsMs[name] ?? 0;
      this.machines.set(name, machine);
    }
  }

  machine(name: string): Machine {
    return this.machines.get(name)!;
  }

  get honest(): Machine[] {
    return [...this.machines.values()].filter(({ name }) => this.isHonest(name));
  }

  isHonest(name: string): boolean {
    return !this.scenario.liars.includes(name);
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  tell(what: string): void {
    this.trace.tell(this.timeline.nowMs, what);
  }
}
