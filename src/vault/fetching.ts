/**
 * The asking side of vault/1 (exchange.ts tells its story). Wanted records are asked for in rounds: a batch of what is due,
 * put to one linked peer after another until each has arrived or nobody is left to ask. A peer that has just linked, or every
 * peer after a login, is asked for all that is wanted.
 */
import { type Clock, describeError, type Logger, limits, type Random, type Timer } from '../base/index.ts';
import type { Network } from '../network/index.ts';
import { checkEnvelope, claimOf, decodeEnvelope } from './envelope.ts';
import { decodeAnswer, encodeRequest, protocol, recordsPerRequest } from './exchange.ts';
import type { HostedMembers } from './hosted-members.ts';
import type { Keeping } from './keeping.ts';
import { recordIdOf } from './record-id.ts';
import type { Wanted, WantedRecord } from './wanted.ts';

/** A peer that is asked for everything is let off after so many requests in a row that brought nothing; rounds go on. */
const fruitlessRequests = 8;

export interface FetchingPorts {
  readonly network: Pick<Network, 'peers' | 'request' | 'shun'>;
  readonly wanted: Wanted;
  readonly hosted: HostedMembers;
  readonly keeping: Keeping;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export class Fetching {
  readonly #ports: FetchingPorts;
  /** Peers that are being asked for everything, and whether they are to be asked again after that. */
  readonly #meetings = new Map<string, 'once' | 'again'>();
  #rounds: Promise<void> | null = null;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(ports: FetchingPorts) {
    this.#ports = ports;
  }

  /** Asks for what is due, now. */
  wake(): void {
    if (this.#stopped || this.#rounds) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#rounds = this.#runRounds().finally(() => {
      this.#rounds = null;
      this.#setTimer();
    });
  }

  /** Asks one peer for all that is wanted. */
  async meet(peerId: string): Promise<void> {
    if (this.#stopped) return;
    if (this.#meetings.has(peerId)) {
      this.#meetings.set(peerId, 'again');
      return;
    }
    do {
      this.#meetings.set(peerId, 'once');
      await this.#guarded(() => this.#askForAll(peerId));
    } while (this.#meetings.get(peerId) === 'again' && !this.#stopped);
    this.#meetings.delete(peerId);
    this.wake();
  }

  meetAll(): void {
    for (const { peerId } of this.#ports.network.peers()) void this.meet(peerId);
  }

  /** Asks no more. What is under way comes to nothing. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #runRounds(): Promise<void> {
    const { network, wanted, clock } = this.#ports;
    while (!this.#stopped && network.peers().length > 0) {
      const batch = wanted.take(clock.now(), recordsPerRequest);
      if (batch.length === 0) return;
      await this.#askEveryone(batch);
      wanted.postpone(
        batch.map(({ id }) => id),
        clock.now(),
      );
    }
  }

  async #askEveryone(batch: readonly WantedRecord[]): Promise<void> {
    const left = new Map<string, WantedRecord>();
    await this.#guarded(async () => {
      for (const record of batch) if (await this.#ports.keeping.isStillWanted(record)) left.set(record.id, record);
    });
    for (const { peerId } of this.#shuffled(this.#ports.network.peers())) {
      if (left.size === 0 || this.#stopped) return;
      await this.#guarded(() => this.#ask(peerId, left));
    }
  }

  async #askForAll(peerId: string): Promise<void> {
    let fruitless = 0;
    let batch = new Map<string, WantedRecord>();
    const askBatch = async () => {
      if (batch.size > 0) fruitless = (await this.#ask(peerId, batch)) === 0 ? fruitless + 1 : 0;
      batch = new Map();
    };
    for (const record of this.#ports.wanted.all()) {
      batch.set(record.id, record);
      if (batch.size === recordsPerRequest) await askBatch();
      if (fruitless === fruitlessRequests || this.#stopped) return;
    }
    await askBatch();
  }

  /** Asks one peer for `left` until an answer brings nothing, and takes out what arrived. @returns how many did. */
  async #ask(peerId: string, left: Map<string, WantedRecord>): Promise<number> {
    const { network, hosted } = this.#ports;
    let arrived = 0;
    for (;;) {
      const asked = new Map<string, WantedRecord>();
      const statements = new Set<Uint8Array>();
      for (const record of left.values()) {
        const statement = hosted.statementFor(record.sealed);
        if (statement) statements.add(statement);
        if (statement) asked.set(record.id, record);
      }
      if (asked.size === 0 || !network.peers().some((peer) => peer.peerId === peerId)) return arrived;
      const request = encodeRequest({ records: [...asked.keys()], statements: [...statements] });
      const answer = decodeAnswer(await network.request(peerId, protocol, request, limits.responseBytes));
      const taken = answer && (await this.#takeAll(answer, asked));
      if (!taken) {
        network.shun(peerId, 'not-the-record');
        return arrived;
      }
      for (const id of taken) left.delete(id);
      arrived += taken.length;
      if (taken.length === 0 || left.size === 0 || this.#stopped) return arrived;
    }
  }

  /** The ids of what was of use. Null where the peer sent what was not asked for, or what the ledger does not commit to. */
  async #takeAll(envelopes: readonly Uint8Array[], asked: Map<string, WantedRecord>): Promise<string[] | null> {
    const taken: string[] = [];
    for (const bytes of envelopes) {
      const claimed = decodeEnvelope(bytes);
      const record = claimed && asked.get(recordIdOf(claimOf(claimed)));
      if (!record || checkEnvelope(bytes, record.sealed) === null) return null;
      asked.delete(record.id);
      if (this.#stopped) return taken;
      if (await this.#ports.keeping.take(record, bytes)) taken.push(record.id);
    }
    return taken;
  }

  /** A link that breaks is ordinary; a disk that fails is not, and the records stay wanted. */
  async #guarded(task: () => Promise<unknown>): Promise<void> {
    const { logger } = this.#ports;
    try {
      await task();
    } catch (error) {
      const { code } = describeError(error);
      if (code === 'request-failed') logger.debug('a peer did not answer', { code });
      else logger.warn('records could not be fetched', { code });
    }
  }

  #setTimer(): void {
    const { wanted, network, clock, random } = this.#ports;
    const dueMs = wanted.nextDueMs();
    // While nobody is linked there is nobody to ask: a link wakes this.
    if (this.#stopped || dueMs === null || network.peers().length === 0) return;
    const waitMs = Math.max(dueMs - clock.now(), 0);
    this.#timer = clock.after(waitMs + Math.ceil(random.fraction() * (waitMs / 4 + 50)), () => this.wake());
  }

  #shuffled<Element>(elements: readonly Element[]): Element[] {
    return elements
      .map((element) => ({ element, place: this.#ports.random.fraction() }))
      .sort((left, right) => left.place - right.place)
      .map(({ element }) => element);
  }
}
