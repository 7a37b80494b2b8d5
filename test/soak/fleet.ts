/**
 * The three nodes that are soaked, each a real process, linked through cables that can be cut, and a stranger: a fourth node
 * that comes and goes. A node that was stopped starts again on its folder, and its user logs in again.
 */
import { join } from 'node:path';
import { CarechainError, describeError } from '../../src/base/index.ts';
import { NodeProcess, type PipedEvent } from '../../src/cli/story/node-process.ts';
import { Cable } from '../support/cable.ts';
import { freePort } from '../support/processes.ts';
import { root } from '../support/source-tree.ts';
import { password, type Role, roles, users } from './founding.ts';

const probedNode = join(root, 'test/soak/probed-node.js');

/** On a machine that has much else to do; that a node closes within five seconds is tested where it is promised. */
const stopPatienceMs = 15_000;

export interface Member {
  readonly role: Role;
  readonly node: NodeProcess;
  readonly dataDir: string;
  /** How often it was started. */
  readonly life: number;
}

export class Fleet {
  readonly #folder: string;
  readonly #genesisPath: string;
  readonly #ports = new Map<Role | 'stranger', number>();
  readonly #members = new Map<Role, Member>();
  readonly #lives = new Map<Role, number>();
  readonly #waiting = new Set<() => void>();
  /** Events of nodes that were stopped. */
  readonly #lastWords: PipedEvent[] = [];
  /** One in each direction between two nodes. */
  readonly cables: Cable[] = [];
  /** Where each finds the others. */
  readonly #peers = new Map<Role | 'stranger', string[]>();
  #stranger: NodeProcess | null = null;
  #ended = false;

  constructor(folder: string, genesisPath: string) {
    this.#folder = folder;
    this.#genesisPath = genesisPath;
  }

  async open(): Promise<void> {
    for (const name of [...roles, 'stranger'] as const) this.#ports.set(name, await freePort());
    for (const from of roles) {
      const others = roles.filter((other) => other !== from);
      this.#peers.set(from, [await this.#layCable(others[0]!), await this.#layCable(others[1]!)]);
    }
    this.#peers.set('stranger', [await this.#layCable('doctor'), await this.#layCable('pharmacy')]);
  }

  /** Those that run and whose user is logged in. */
  get members(): Member[] {
    return [...this.#members.values()];
  }

  port(role: Role): number {
    return this.#ports.get(role)!;
  }

  async start(role: Role): Promise<void> {
    const node = this.#spawn(role, role, ['--mine-every', '2']);
    try {
      await isReady(node);
      await node.run(`login ${users[role]} "${password}"`);
    } catch (error) {
      // Nobody else knows of it yet, so nobody else would end it. That its place stays empty is no lateness of an answer.
      await this.#end(node);
      throw new CarechainError('start-failed', `The ${role} node did not start.`, { role }, error);
    }
    const life = (this.#lives.get(role) ?? 0) + 1;
    this.#lives.set(role, life);
    this.#members.set(role, { role, node, dataDir: this.#dataDir(role), life });
    for (const tell of this.#waiting) tell();
  }

  /** Stops a node as a person does. @returns its exit code. */
  async stop(role: Role): Promise<number | null> {
    const member = this.#members.get(role);
    this.#members.delete(role);
    if (member === undefined) return null;
    return this.#end(member.node);
  }

  async #end(node: NodeProcess): Promise<number | null> {
    const code = await node.end(stopPatienceMs);
    this.#lastWords.push(...node.events.splice(0));
    return code;
  }

  /** The node of a role, once it runs; null when the fleet has ended. */
  running(role: Role): Promise<NodeProcess | null> {
    return new Promise((resolve) => {
      const look = () => {
        const member = this.#members.get(role);
        if (!member && !this.#ended) return;
        this.#waiting.delete(look);
        resolve(member?.node ?? null);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Starts the stranger, where it has gone. */
  async meetStranger(): Promise<NodeProcess> {
    const node = this.#stranger ?? this.#spawn('doctor', 'stranger', []);
    this.#stranger = node;
    await isReady(node);
    return node;
  }

  /** It says good-bye, or is gone from one moment to the next. */
  async strangerLeaves(politely: boolean): Promise<void> {
    const node = this.#stranger;
    this.#stranger = null;
    if (!politely) node?.kill('SIGKILL');
    if (node !== null) await this.#end(node);
  }

  /** Events of the nodes that were not taken yet, so that a long run does not keep them all. */
  takeEvents(): PipedEvent[] {
    return [...this.#lastWords.splice(0), ...this.members.flatMap(({ node }) => node.events.splice(0))];
  }

  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all([...roles.map((role) => this.stop(role)), this.strangerLeaves(true)]);
    for (const tell of this.#waiting) tell();
    await Promise.all(this.cables.map((cable) => cable.close()));
  }

  async #layCable(to: Role): Promise<string> {
    // Each from an address of its own, so that nobody learns a way around it.
    const address = `127.0.0.${10 + this.cables.length}`;
    const cable = new Cable({ farPort: this.port(to), address });
    this.cables.push(cable);
    return `${address}:${await cable.listen()}`;
  }

  #spawn(role: Role, name: Role | 'stranger', extra: readonly string[]): NodeProcess {
    const addresses = this.#peers.get(name)!.join(',');
    const place = ['--port', String(this.#ports.get(name)), '--id', name, '--data-dir', this.#dataDir(name)];
    const network = ['--network', this.#genesisPath, '--peers', addresses];
    const registry = ['--registry-csv', join(this.#folder, 'patient_registry.csv')];
    return new NodeProcess(probedNode, [role, ...place, ...network, ...registry, ...extra]);
  }

  #dataDir(name: Role | 'stranger'): string {
    return join(this.#folder, name);
  }
}

/** On a machine that has much else to do, a start may take longer than a test would wait. */
async function isReady(node: NodeProcess): Promise<void> {
  for (let patience = 6; ; patience--) {
    try {
      await node.event(({ event }) => event === 'ready', 'a node to be ready');
      return;
    } catch (error) {
      if (patience === 0 || describeError(error).code !== 'timed-out') throw error;
    }
  }
}
