/**
 * A way between two nodes that can be cut: a TCP proxy that stands in front of a node. What a cut does is a choice, since
 * real ones differ: a pulled cable says nothing, a broken switch lets one direction through, a firewall answers with a
 * reset, and a failing radio link passes a few bytes a second.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Cut =
  /** Bytes neither pass nor are refused, as with a pulled cable; whoever dials is accepted, and hears nothing. */
  | 'silent'
  /** What the dialler says is swallowed; what the dialled node says arrives. */
  | 'silent-forth'
  | 'silent-back'
  | 'reset'
  /** A few bytes a second pass. */
  | 'trickle';

export interface CableSettings {
  readonly farPort: number;
  /** Where it listens, and whom the far node takes for the dialler. An address of loopback tells each node the other's own port. */
  readonly address?: string;
  /**
   * Whether a connection comes from the one that the cable was laid for. Nodes tell each other where they have dialled, and
   * with a cable that serves whoever comes, two nodes would be linked through that of a third. Others are turned away.
   */
  serves?(near: Socket): boolean;
}

const trickleBytes = 16;
const trickleMs = 200;

interface Pair {
  readonly near: Socket;
  /** Null where it was accepted while the cable was silent: nobody has been told. */
  readonly far: Socket | null;
}

export class Cable {
  readonly #server: Server;
  readonly #settings: CableSettings;
  readonly #pairs = new Set<Pair>();
  #cut: Cut | null = null;
  #resets = 0;
  /** Ends of links that were given up while nothing passed. */
  #givenUp = 0;
  #trickling: NodeJS.Timeout | null = null;

  constructor(settings: CableSettings) {
    this.#settings = settings;
    this.#server = createServer((near) => this.#accept(near));
  }

  listen(): Promise<number> {
    const { address = '127.0.0.1' } = this.#settings;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, address, () => resolve((this.#server.address() as { port: number }).port));
    });
  }

  /** How many links stand through it, or are tried. */
  get links(): number {
    return this.#pairs.size;
  }

  /**
   * Whether the cut has kept something back: links were reset or given up, dials were met with silence, bytes wait for the
   * mending.
   */
  get holdsBack(): boolean {
    const waitsIn = (socket: Socket | null) => socket === null || socket.readableLength > 0;
    return (
      this.#cut !== null &&
      (this.#resets + this.#givenUp > 0 || [...this.#pairs].some(({ near, far }) => waitsIn(near) || waitsIn(far)))
    );
  }

  cut(kind: Cut = 'silent'): void {
    this.#cut = kind;
    this.#resets = 0;
    this.#givenUp = 0;
    if (kind === 'trickle') this.#trickling = setInterval(() => this.#trickle(), trickleMs);
    for (const pair of this.#pairs) this.#apply(pair);
  }

  /** New links pass, and what stood and was not given up goes on. */
  mend(): void {
    this.#cut = null;
    if (this.#trickling !== null) clearInterval(this.#trickling);
    this.#trickling = null;
    for (const pair of this.#pairs) {
      const { near, far } = pair;
      // A dead cable does not say that the other end has hung up; now it can be seen.
      if (far === null || near.destroyed || far.destroyed) this.#drop(pair);
      else this.#apply(pair);
    }
  }

  async close(): Promise<void> {
    this.mend();
    for (const pair of this.#pairs) this.#drop(pair);
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(near: Socket): void {
    near.on('error', () => {});
    const isServed = this.#settings.serves?.(near) ?? true;
    if (!isServed || this.#cut === 'reset') {
      near.resetAndDestroy();
      if (isServed) this.#resets += 1;
      return;
    }
    const { farPort, address } = this.#settings;
    const far = this.#cut === 'silent' ? null : connect({ port: farPort, host: '127.0.0.1', localAddress: address });
    const pair = { near, far };
    this.#pairs.add(pair);
    far?.on('error', () => {});
    for (const socket of far ? [near, far] : [near]) {
      socket.on('close', () => {
        if (this.#cut === null || this.#cut === 'reset') this.#drop(pair);
        else this.#givenUp += 1;
      });
    }
    if (far) {
      // A reader that is slow slows the sender.
      const pass = (bytes: Buffer, from: Socket, to: Socket) => {
        if (to.destroyed || to.write(bytes)) return;
        from.pause();
        to.once('drain', () => this.#apply(pair));
      };
      near.on('data', (bytes) => pass(bytes, near, far));
      far.on('data', (bytes) => pass(bytes, far, near));
    }
    this.#apply(pair);
  }

  /** Reads from the sides that may be heard, and from no other. */
  #apply(pair: Pair): void {
    const { near, far } = pair;
    if (this.#cut === 'reset') {
      near.resetAndDestroy();
      far?.resetAndDestroy();
      this.#pairs.delete(pair);
      this.#resets += 1;
      return;
    }
    const isForthHeard = this.#cut === null || this.#cut === 'silent-back';
    const isBackHeard = this.#cut === null || this.#cut === 'silent-forth';
    if (isForthHeard && far !== null) near.resume();
    else near.pause();
    if (isBackHeard) far?.resume();
    else far?.pause();
  }

  /** What is read by hand goes the usual way. */
  #trickle(): void {
    for (const { near, far } of this.#pairs) {
      for (const from of far ? [near, far] : []) from.read(Math.min(trickleBytes, from.readableLength));
    }
  }

  #drop(pair: Pair): void {
    pair.near.destroy();
    pair.far?.destroy();
    this.#pairs.delete(pair);
  }
}
