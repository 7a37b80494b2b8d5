/**
 * Three node processes with folders and ports of their own, and somebody at work at each. How they are linked is a
 * choice: straight, through cables that can be cut, or each in a network namespace of its own.
 */
import { join } from 'node:path';
import { Chance } from '../support/chance.ts';
import { executable } from '../support/processes.ts';
import { comesTrue } from '../support/waiting.ts';
import { AcknowledgementLog } from './acknowledgements.ts';
import { Clerk } from './clerk.ts';
import { type Ended, PipedNode } from './piped-node.ts';
import { type Role, roles } from './roles.ts';

export interface Seat {
  readonly host: string;
  readonly port: number;
  /** host:port of those it dials. */
  readonly peers: readonly string[];
  /** What the node is started with, such as `ip netns exec <name>`. */
  readonly within?: readonly string[];
  readonly more?: readonly string[];
  /** Where its data folder is; below the folder of the cluster where nothing is said. */
  readonly dataDir?: string;
}

export interface ClusterSettings {
  readonly folder: string;
  /** Decides what the clerks do. */
  readonly seed: string;
  /** The one whose node has a reason to tell of faults and damage. */
  readonly damaged?: Role;
  readonly seats: Readonly<Record<Role, Seat>>;
}

export interface Standing {
  readonly height: number;
  readonly tipHash: string;
  readonly peers: number;
}

export class Cluster {
  readonly log: AcknowledgementLog;
  readonly clerks: Readonly<Record<Role, Clerk>>;
  readonly nodes: Partial<Record<Role, PipedNode>> = {};
  /** All whose registration was acknowledged. */
  readonly patients = new Set<string>();
  /** The highest block that any process of a role has told of. */
  readonly told: Record<Role, number> = { doctor: 0, lab: 0, pharmacy: 0 };
  /**
   * What honest nodes on sound folders never do: shun each other, end by themselves or not when told, leave a line
   * unanswered, tell of a fault or of damage.
   */
  readonly misbehaviour: string[] = [];
  readonly #settings: ClusterSettings;
  #hasStopped = false;

  constructor(settings: ClusterSettings) {
    this.#settings = settings;
    this.log = new AcknowledgementLog(join(settings.folder, 'acknowledged.jsonl'));
    const shared = { log: this.log, patients: [], everyPatient: this.patients };
    const clerk = (role: Role) => new Clerk({ role, chance: new Chance(`${settings.seed}/clerk/${role}`), ...shared });
    this.clerks = { doctor: clerk('doctor'), lab: clerk('lab'), pharmacy: clerk('pharmacy') };
  }

  dataDir(role: Role): string {
    return this.#settings.seats[role].dataDir ?? join(this.#settings.folder, role);
  }

  within(role: Role): readonly string[] {
    return this.#settings.seats[role].within ?? [];
  }

  /** The running process of a role. */
  node(role: Role): PipedNode {
    return this.nodes[role]!;
  }

  commandLine(role: Role, more: readonly string[] = ['--json']): readonly string[] {
    const { host, port, peers, within = [], more: own = [] } = this.#settings.seats[role];
    const links = peers.length > 0 ? ['--peers', peers.join(',')] : [];
    const files = ['--data-dir', this.dataDir(role), '--registry-csv', join(this.#settings.folder, `${role}.csv`)];
    const address = ['--host', host, '--port', String(port)];
    return [...within, process.execPath, executable, role, ...address, ...links, ...files, ...own, ...more];
  }

  /** Starts a process on the folder of the role, without waiting for it. */
  launch(role: Role): PipedNode {
    const node = new PipedNode(this.commandLine(role));
    this.nodes[role] = node;
    void node.ended.then((ended) => this.#remember(role, node, ended));
    return node;
  }

  /** Starts a process on the folder of the role whose end is somebody else's to judge; what it tells is remembered all the same. */
  launchAside(role: Role): PipedNode {
    const node = new PipedNode(this.commandLine(role));
    void node.ended.then(() => this.#rememberTold(role, node));
    return node;
  }

  /** @throws Error where a node does not come up. */
  async start(role: Role): Promise<PipedNode> {
    return this.untilReady(role, this.launch(role));
  }

  /** @throws Error where it does not come up. */
  async untilReady(role: Role, node: PipedNode): Promise<PipedNode> {
    if (!(await node.ready())) {
      throw new Error(`The ${role} node did not become ready: ${node.complaint || 'it said nothing'}`);
    }
    return node;
  }

  async startAll(): Promise<void> {
    for (const role of roles) await this.start(role);
    if ((await this.agree(30_000)) === null) throw new Error('The nodes did not find each other.');
  }

  /** Resolves when everybody is at work. */
  async work(): Promise<void> {
    await Promise.all(roles.map((role) => this.clerks[role].workAt(this.node(role))));
  }

  async rest(): Promise<void> {
    await Promise.all(roles.map((role) => this.clerks[role].rest()));
  }

  async standing(role: Role): Promise<Standing | null> {
    const answer = await this.node(role).ask('status');
    return answer?.ok ? (answer.result as unknown as Standing) : null;
  }

  /** The tips of the nodes that say where they stand. */
  async tips(): Promise<ReadonlySet<string>> {
    const standings = await Promise.all(roles.map((role) => this.standing(role)));
    return new Set(standings.flatMap((standing) => (standing === null ? [] : [standing.tipHash])));
  }

  /**
   * While everybody rests: whether there are nodes that do not hear of each other's blocks. Each mines, one after the
   * other; those that hear of all are on one tip soon. Where one direction is cut, it takes the right one to be last.
   * @param patienceMs within which nodes that hear of each other have one tip.
   */
  async isApart(patienceMs: number): Promise<boolean> {
    for (const order of [roles, [...roles].reverse()]) {
      for (const role of order) await this.clerks[role].leaveBlock(this.node(role));
      const areOne = await comesTrue(async () => (await this.tips()).size < 2, patienceMs);
      if (!areOne) return true;
    }
    return false;
  }

  /** Whether all are linked to each other, and on one tip. */
  async isWhole(): Promise<boolean> {
    const standings = await Promise.all(roles.map((role) => this.standing(role)));
    const tips = new Set(standings.map((standing) => standing?.tipHash));
    return tips.size === 1 && standings.every((standing) => standing?.peers === roles.length - 1);
  }

  /** @returns after how many milliseconds all were linked to each other and on one tip; null where that took too long. */
  async agree(patienceMs: number): Promise<number | null> {
    const startedAt = performance.now();
    return (await comesTrue(() => this.isWhole(), patienceMs)) ? performance.now() - startedAt : null;
  }

  /** Said twice, it is done once. */
  async stop(): Promise<void> {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    await this.rest();
    await Promise.all(roles.map((role) => this.nodes[role]?.stop()));
    this.log.close();
  }

  #remember(role: Role, node: PipedNode, { by, code, signal, complaint }: Ended): void {
    this.#rememberTold(role, node);
    const end = `ended with ${code ?? signal} and said ${complaint.trim() || 'nothing'}`;
    if (by === 'itself' || (by === 'signal' && signal !== 'SIGKILL'))
      this.misbehaviour.push(`${role} ${end}, and nobody had told it to`);
    else if (by === 'end-of-input' && code !== 0) this.misbehaviour.push(`${role} ${end} when its input ended`);
    if (node.unanswered > 0) this.misbehaviour.push(`${role} left ${node.unanswered} lines without an answer`);
  }

  #rememberTold(role: Role, node: PipedNode): void {
    this.told[role] = Math.max(this.told[role], node.toldHeight);
    for (const { event, state, peerId, ...facts } of node.events) {
      if (event === 'peer' && state === 'shunned') this.misbehaviour.push(`${role} shunned ${String(peerId)}`);
      const isFault = event === 'error' || event === 'scrub';
      if (isFault && role !== this.#settings.damaged)
        this.misbehaviour.push(`${role} told of ${event}: ${JSON.stringify(facts)}`);
    }
    for (const code of node.internalErrors) this.misbehaviour.push(`${role} answered a line with ${code}`);
  }
}
