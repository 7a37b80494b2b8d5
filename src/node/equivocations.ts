/**
 * Two blocks by one miner at one height. An honest node seals none: its head never goes down. It takes a node key in two
 * places, a folder that was put back to an earlier day, or a liar; from outside they look alike. So the two headers are
 * kept as evidence, for people to read, and nobody is punished for it.
 */
import { type Clock, describeError, type Logger } from '../base/index.ts';
import type { SealedHeader } from '../ledger/index.ts';
import type { ChainStore, EquivocationLog, Store } from '../storage/index.ts';

export interface EquivocationPorts {
  readonly chain: Pick<ChainStore, 'hashesAt' | 'header'>;
  readonly store: Store;
  readonly log: EquivocationLog;
  readonly clock: Clock;
  readonly logger: Logger;
  onFault(error: unknown): void;
}

/** Other blocks of a height that are looked at, the main chain's first: a crowd of them costs its makers work, and us no more. */
const mostOthers = 64;

export class Equivocations {
  readonly #ports: EquivocationPorts;

  constructor(ports: EquivocationPorts) {
    this.#ports = ports;
  }

  /** A header that is new here, has its work, and is signed by its miner. Whatever its body may be. */
  look(sealed: SealedHeader): void {
    const { store, log, clock, logger, onFault } = this.#ports;
    const { height, miner } = sealed.header;
    if (log.has(height, miner)) return;
    const first = this.#anotherOf(sealed);
    if (!first) return;
    logger.warn('a miner sealed two blocks at one height', { height });
    store.write(log.put(first, sealed, clock.now())).catch(onFault);
  }

  #anotherOf({ header, hash: own }: SealedHeader): SealedHeader | undefined {
    const { chain } = this.#ports;
    try {
      for (const hash of chain.hashesAt(header.height).slice(0, mostOthers)) {
        const other = hash === own ? undefined : chain.header(hash);
        if (other?.header.miner === header.miner) return other;
      }
    } catch (error) {
      // Whoever heals has heard of the damage; evidence is not worth a block.
      if (describeError(error).code !== 'folder-damaged') throw error;
    }
    return undefined;
  }
}
