/** Three nodes on loopback, each a process of its own, each linked to the two others. */
import { freePort } from '../test/support/processes.ts';
import { type Remote, startRemote } from '../test/support/remote.ts';
import { until } from '../test/support/waiting.ts';
import type { HostEvent, HostSettings, NodeHost } from './node-host.ts';
import { emptyFolder } from './workplace.ts';

const linkMs = 30_000;

export class Nodes {
  readonly nodes: Remote<NodeHost>[] = [];
  readonly ports: number[] = [];
  /** When each node met a tip, or a pending transaction, first. */
  readonly #met = new Map<string, Map<number, number>>();
  readonly #waiting = new Map<string, () => void>();
  readonly #cleanups: (() => Promise<void>)[] = [];

  /** @param dataDir where it is to work; a new folder where nothing is said. */
  async start(settings: Partial<Omit<HostSettings, 'port'>> = {}): Promise<Remote<NodeHost>> {
    const by = this.nodes.length;
    const folder = await emptyFolder();
    this.#cleanups.push(() => folder.remove());
    const port = this.ports[by] ?? (await freePort());
    this.ports[by] = port;
    const whole = { name: `node ${by}`, dataDir: folder.path, peers: [], mineEverySeconds: null, ...settings, port };
    const program = new URL('node-process.js', import.meta.url);
    const node = await startRemote<NodeHost, HostEvent>(program, whole, (event) => this.#hear(event, by));
    this.nodes.push(node);
    // Before its folder goes.
    this.#cleanups.unshift(() => node.end());
    await node.call('start');
    return node;
  }

  static async trio(mineEverySeconds: number | null = null): Promise<Nodes> {
    const nodes = new Nodes();
    nodes.ports.push(await freePort(), await freePort(), await freePort());
    for (const port of nodes.ports) {
      const peers = nodes.ports.filter((other) => other !== port).map((other) => `127.0.0.1:${other}`);
      await nodes.start({ peers, mineEverySeconds });
    }
    await nodes.linked();
    return nodes;
  }

  /** Each has a link to each other. */
  linked(): Promise<void> {
    const all = this.nodes.length - 1;
    const isLinked = async (node: Remote<NodeHost>) => (await node.call('peers')) === all;
    return until(
      async () => (await Promise.all(this.nodes.map(isLinked))).every(Boolean),
      'the nodes to be linked',
      linkMs,
    );
  }

  /** All have one head. */
  agree(ms: number): Promise<void> {
    return until(async () => oneHead(await this.#views()), 'the nodes to agree', ms);
  }

  /** And nothing waits to be in a block. */
  settle(ms: number): Promise<void> {
    return until(
      async () => {
        const views = await this.#views();
        return oneHead(views) && views.every(({ pending }) => pending === 0);
      },
      'everything to be in a block',
      ms,
    );
  }

  #views() {
    return Promise.all(this.nodes.map((node) => node.call('view')));
  }

  /** When the last of them met a tip, or a pending transaction; resolves once all have. */
  everywhere(name: 'tip' | 'pending', hash: string): Promise<number> {
    const key = `${name} ${hash}`;
    return new Promise((resolve) => {
      const look = () => {
        const times = this.#met.get(key);
        if (times?.size !== this.nodes.length) return;
        this.#waiting.delete(key);
        resolve(Math.max(...times.values()));
      };
      this.#waiting.set(key, look);
      look();
    });
  }

  async stop(): Promise<void> {
    for (const cleanup of this.#cleanups) await cleanup();
  }

  #hear(event: HostEvent, by: number): void {
    const key = `${event.name} ${event.name === 'tip' ? event.hash : event.id}`;
    const times = this.#met.get(key) ?? new Map<number, number>();
    this.#met.set(key, times);
    if (!times.has(by)) times.set(by, event.at);
    this.#waiting.get(key)?.();
  }
}

function oneHead(views: readonly { readonly hash: string }[]): boolean {
  return new Set(views.map(({ hash }) => hash)).size === 1;
}
