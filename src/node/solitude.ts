/** Tells people when this node is alone, and what catching up brought when it is not any more. */
import type { Clock } from '../base/index.ts';
import type { NodeEvents } from './ledger-node.ts';

export interface SolitudePorts {
  readonly clock: Clock;
  /** From memory: a link may end while the disk cannot be read. */
  waitingOwn(): number;
  emit<Name extends 'alone' | 'caughtUp'>(name: Name, ...event: NodeEvents[Name]): void;
}

export class Solitude {
  readonly #ports: SolitudePorts;
  /** Since when no peer is linked; null while one is. */
  #since: number | null;
  #catchingUp: { blocks: number; confirmed: number; lost: number } | null = null;

  constructor(ports: SolitudePorts) {
    this.#ports = ports;
    this.#since = ports.clock.now();
  }

  peerCame(): void {
    if (this.#since === null) return;
    this.#since = null;
    this.#catchingUp = { blocks: 0, confirmed: 0, lost: 0 };
  }

  lastPeerLeft(): void {
    this.#since = this.#ports.clock.now();
    this.#ports.emit('alone', { since: this.#since, waiting: this.#ports.waitingOwn() });
  }

  blocksCame(blocks: number, ownConfirmed: number, ownLost: number): void {
    if (!this.#catchingUp) return;
    this.#catchingUp.blocks += blocks;
    this.#catchingUp.confirmed += ownConfirmed;
    this.#catchingUp.lost += ownLost;
  }

  /** A sync run that began after a peer came has ended. */
  syncEnded(): void {
    const caughtUp = this.#catchingUp;
    this.#catchingUp = null;
    if (caughtUp && caughtUp.blocks > 0) this.#ports.emit('caughtUp', caughtUp);
  }
}
