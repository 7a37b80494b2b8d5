/**
 * The three honest nodes that are attacked, and what they say of it. The chain is mirrored here, so that foes can build on
 * its tip.
 */
import { join } from 'node:path';
import { decodeBlock } from '../../src/ledger/index.ts';
import { Chain, type World } from '../support/ledger.ts';
import { freePort, temporaryFolder } from '../support/processes.ts';
import { until } from '../support/waiting.ts';
import { arenaWorld } from './arena-world.ts';
import type { HostEvent, View } from './honest-host.ts';
import { type HonestNode, nodeInItsOwnProcess, nodeInThisProcess } from './honest-node.ts';

const names = ['doctor', 'lab', 'pharmacy'] as const;

/** How long the honest nodes may take to be of one mind after an attack. */
const agreeMs = 30_000;
/** How long some thousand pending transactions may take until they are in blocks. */
const drainMs = 60_000;

/** Blocks that foes may have put on top of the chain here, and that the victim did not take or keep. */
const deepestFork = 20;

type Shunned = Extract<HostEvent, { name: 'shunned' }>;

export class HonestNetwork {
  readonly world: World = arenaWorld();
  readonly chain = new Chain(this.world);
  readonly nodes: HonestNode[] = [];
  readonly peerIds: string[] = [];
  readonly shunned: (Shunned & { by: string })[] = [];
  readonly faults: string[] = [];
  /** The link events of strangers and of honest peers, in their order. */
  readonly links: { by: string; peerId: string; isUp: boolean; at: number }[] = [];
  /** Called for every event of a node. */
  readonly listeners = new Set<(event: HostEvent, by: string) => void>();
  readonly #cleanups: (() => Promise<void>)[] = [];
  #aheadMs = 0;

  /** The node that foes attack. */
  get victim(): HonestNode {
    return this.nodes[0]!;
  }

  static async start(inProcesses: boolean): Promise<HonestNetwork> {
    const network = new HonestNetwork();
    const folder = await temporaryFolder();
    network.#cleanups.push(() => folder.remove());
    const ports = await Promise.all(names.map(() => freePort()));
    for (const [index, name] of names.entries()) {
      const settings = {
        name,
        folder: join(folder.path, name),
        port: ports[index]!,
        peers: ports.filter((port) => port !== ports[index]).map((port) => `127.0.0.1:${port}`),
        threads: inProcesses,
      };
      const tell = (event: HostEvent) => network.#hear(event, name);
      const node = inProcesses ? await nodeInItsOwnProcess(settings, tell) : nodeInThisProcess(settings, tell);
      network.nodes.push(node);
      network.#cleanups.unshift(() => node.end());
      network.peerIds.push((await node.call('start')).peerId);
    }
    await network.linked();
    return network;
  }

  async stop(): Promise<void> {
    for (const cleanup of this.#cleanups) await cleanup();
  }

  /** Each honest node has a link to each other. */
  linked(): Promise<void> {
    return until(
      async () => {
        const views = await this.views();
        return views.every(({ peers }, index) =>
          this.peerIds.every((peerId, other) => other === index || peers.includes(peerId)),
        );
      },
      'the honest nodes to be linked',
      agreeMs,
    );
  }

  /** All honest nodes have one head and the same pending transactions. */
  async agree(): Promise<void> {
    await this.linked();
    await until(
      async () => {
        const views = await this.views();
        return new Set(views.map(({ hash, pendingHash }) => hash + pendingHash)).size === 1;
      },
      'the honest nodes to agree',
      agreeMs,
    );
  }

  /** Mines until nothing is pending anywhere: what was let in can be confirmed. */
  async drain(): Promise<void> {
    let next = 0;
    await until(
      async () => {
        const views = await this.views();
        if (views.every(({ pending }) => pending === 0)) return true;
        if (new Set(views.map(({ hash }) => hash)).size === 1) {
          await this.nodes[next % this.nodes.length]!.call('mine');
          next += 1;
        }
        return false;
      },
      'everything pending to be confirmed',
      drainMs,
    );
  }

  views(): Promise<View[]> {
    return Promise.all(this.nodes.map((node) => node.call('view')));
  }

  /** As if so much time had gone by, on every honest node at once. */
  async jump(ms: number): Promise<void> {
    this.#aheadMs += ms;
    await Promise.all(this.nodes.map((node) => node.call('jump', ms)));
  }

  /** The clock of the honest nodes. */
  now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Brings {@link chain} up to the head of the victim. */
  async mirror(): Promise<Chain> {
    this.chain.now = this.now();
    const surelyShared = Math.max(0, this.chain.tip.header.height - deepestFork);
    for (const bytes of await this.victim.call('blocksAbove', surelyShared)) {
      const block = decodeBlock(bytes);
      if (!block.ok || this.chain.offer(block.value) !== 'OK') throw new Error('an honest node holds a bad block');
    }
    return this.chain;
  }

  /** Shuns of a peer by any honest node. */
  shunsOf(peerId: string): Shunned[] {
    return this.shunned.filter((each) => each.peerId === peerId);
  }

  /** Shuns of honest nodes by honest nodes: there must be none, ever. */
  get honestShuns(): number {
    return this.shunned.filter(({ peerId }) => this.peerIds.includes(peerId)).length;
  }

  /** Links between honest nodes that broke. */
  get honestCuts(): number {
    return this.links.filter(({ peerId, isUp }) => !isUp && this.peerIds.includes(peerId)).length;
  }

  #hear(event: HostEvent, by: string): void {
    if (event.name === 'shunned') this.shunned.push({ ...event, by });
    if (event.name === 'link') this.links.push({ ...event, by });
    if (event.name === 'fault') this.faults.push(`${by}: ${event.code}`);
    for (const listener of this.listeners) listener(event, by);
  }
}
