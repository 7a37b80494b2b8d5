/**
 * What goes wrong during a soak, in an order that chance decides: each kind as often as its weight, one after the other,
 * with quiet between them. Each counts where it struck, and not where it was only tried.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { describeError } from '../../src/base/index.ts';
import type { Chance } from '../support/chance.ts';
import type { Fleet } from './fleet.ts';
import { roles } from './founding.ts';

const callersAtOnce = 20;

export type Kind = 'cut' | 'link-lost' | 'link-silent' | 'stranger' | 'rude-callers' | 'restart';

/** How often each comes in one round. */
const round: readonly Kind[] = [
  ...Array<Kind>(4).fill('cut'),
  ...Array<Kind>(3).fill('link-lost'),
  ...Array<Kind>(2).fill('link-silent'),
  ...Array<Kind>(2).fill('stranger'),
  ...Array<Kind>(3).fill('rude-callers'),
  'restart',
];

export interface Rhythm {
  /** Between two disturbances, on average. */
  readonly quietMs: number;
  /** How long one lasts, from and to: long enough for blocks on both sides of a cut. */
  readonly lastingMs: readonly [number, number];
}

export class Disturbances {
  readonly struck = new Map<Kind, number>();
  readonly #fleet: Fleet;
  readonly #chance: Chance;
  readonly #rhythm: Rhythm;
  #order: Kind[] = [];
  readonly #stopped = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #failure: unknown = null;
  #leaves = 0;
  #firstLeft = 0;

  constructor(fleet: Fleet, chance: Chance, rhythm: Rhythm) {
    this.#fleet = fleet;
    this.#chance = chance;
    this.#rhythm = rhythm;
  }

  /** @param first what comes first, in this order. */
  start(first: readonly Kind[] = []): void {
    this.#order = [...first];
    this.#firstLeft = first.length;
    this.#running = this.#run().catch((error: unknown) => {
      this.#failure = error;
      return error;
    });
  }

  /** @throws why no more come, where one could not be carried out. */
  assertRunning(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Whether all that was to come first has come. */
  get hasDoneFirst(): boolean {
    return this.#firstLeft <= 0;
  }

  /** Resolves when the last one is over and every link may stand again. @throws where one could not be carried out. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    const failure = await this.#running;
    if (failure !== undefined) throw failure;
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      if (this.#order.length === 0) this.#order = this.#chance.shuffled(round);
      const kind = this.#order.shift()!;
      // On a machine that has much else to do a node may not answer in time: that was none.
      const struck = await this.#strike(kind).catch(unlessLate);
      if (struck) this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1);
      this.#firstLeft -= 1;
      await this.#pass(this.#rhythm.quietMs * (0.5 + this.#chance.fraction()));
    }
  }

  /** @returns whether it struck. */
  async #strike(kind: Kind): Promise<boolean> {
    switch (kind) {
      case 'cut':
        return this.#cut();
      case 'link-lost':
        return this.#breakLink('reset', 0);
      case 'link-silent':
        return this.#breakLink('silent', this.#chance.between(...this.#rhythm.lastingMs));
      case 'stranger':
        return this.#stranger();
      case 'rude-callers':
        return this.#rudeCallers();
      case 'restart':
        return this.#restart();
    }
  }

  /** One node works on alone, and so do the others; when it comes back, one side has lost a race. */
  async #cut(): Promise<boolean> {
    const node = await this.#fleet.running(this.#chance.pick(roles));
    if (node === null) return false;
    try {
      await node.run('offline');
      await this.#pass(this.#chance.between(...this.#rhythm.lastingMs));
    } finally {
      await node.run('online');
    }
    return true;
  }

  async #breakLink(kind: 'reset' | 'silent', forMs: number): Promise<boolean> {
    const used = this.#fleet.cables.filter(({ links }) => links > 0);
    if (used.length === 0) return false;
    const cable = this.#chance.pick(used);
    cable.cut(kind);
    await this.#pass(forMs);
    const struck = cable.holdsBack;
    cable.mend();
    return struck;
  }

  async #stranger(): Promise<boolean> {
    this.#leaves += 1;
    try {
      await this.#fleet.meetStranger();
      await this.#pass(this.#chance.between(...this.#rhythm.lastingMs));
    } finally {
      await this.#fleet.strangerLeaves(this.#leaves % 2 === 0);
    }
    return true;
  }

  /** They call, say nothing or nonsense, and hang up. */
  async #rudeCallers(): Promise<boolean> {
    const port = this.#fleet.port(this.#chance.pick(roles));
    const calls = Array.from({ length: callersAtOnce }, (_, caller) => {
      const socket = connect(port, '127.0.0.1');
      return new Promise<Socket>((resolve) => {
        socket.on('error', () => resolve(socket));
        socket.on('connect', () => {
          if (caller % 2 === 0) socket.write(this.#chance.bytes(64), () => socket.resetAndDestroy());
          else socket.end();
          resolve(socket);
        });
      });
    });
    const sockets = await Promise.all(calls);
    const called = sockets.some(({ errored }) => errored === null);
    await this.#pass(100);
    for (const socket of sockets) socket.destroy();
    return called;
  }

  /** Only one of the three, so that the others live as long as the soak does. */
  async #restart(): Promise<boolean> {
    const code = await this.#fleet.stop('pharmacy');
    if (code !== 0) throw new Error(`A node that was told to stop ended with ${code ?? 'a signal'}.`);
    await this.#fleet.start('pharmacy');
    return true;
  }

  /** Time passes; no more of it once the soak ends. */
  async #pass(delayMs: number): Promise<void> {
    if (delayMs > 0) await setTimeout(delayMs, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }
}

function unlessLate(error: unknown): false {
  if (describeError(error).code === 'timed-out') return false;
  throw error;
}
