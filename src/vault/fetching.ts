/**
 * The asking side of vault/1 (exchange.ts tells its story). Wanted records are asked for in batches of what is due, put to one
 * linked peer after another until each has arrived or nobody is left to ask. Nobody waits for a peer that says nothing: the
 * next ones are asked beside it (network/side-by-side.ts), and it is asked last from then on. What becomes due meanwhile is a
 * batch of its own. A peer that has just linked, or every peer after a login, is asked for all that is wanted.
 */
import { type Clock, describeError, type Logger, limits, type Random, type Timer } from '../base/index.ts';
import { isWholeAnswer, type Network, Punctuality, type Round, SideBySide } from '../network/index.ts';
import { checkEnvelope, claimOf, decodeEnvelope } from './envelope.ts';
import { decodeAnswer, encodeRequest, protocol, recordsPerRequest } from './exchange.ts';
import type { HostedMembers } from './hosted-members.ts';
import type { Keeping } from './keeping.ts';
import { recordIdOf } from './record-id.ts';
import type { Wanted, WantedRecord } from './wanted.ts';

/** A peer that is asked for everything is let off after so many requests in a row that brought nothing; rounds go on. */
const fruitlessRequests = 8;

/** Batches that are under way at once. A batch is over when nobody is left whom it is worth waiting for. */
const mostBatches = 4;
/** For so long what becomes due waits for the batch before it, so that many records share a request. */
const batchMs = 1_000;

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
  readonly #punctuality: Punctuality;
  /** Requests of batches that are under way, by peer. */
  readonly #underWay = new Map<string, number>();
  #batches = 0;
  #lastBatchAt = 0;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(ports: FetchingPorts) {
    this.#ports = ports;
    this.#punctuality = new Punctuality(ports.clock);
  }

  /** Asks for what is due, now; or soon, where others are being asked for what was due before. */
  wake(): void {
    const { network, wanted, clock } = this.#ports;
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#timer = null;
    const isFree = this.#batches === 0 || clock.now() >= this.#lastBatchAt + batchMs;
    if (isFree && this.#batches < mostBatches && network.peers().length > 0) {
      const batch = wanted.take(clock.now(), recordsPerRequest);
      if (batch.length > 0) void this.#runBatch(batch);
    }
    this.#setTimer();
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

  async #runBatch(batch: readonly WantedRecord[]): Promise<void> {
    const { wanted, clock } = this.#ports;
    this.#batches++;
    this.#lastBatchAt = clock.now();
    await this.#askEveryone(batch);
    wanted.postpone(
      batch.map(({ id }) => id),
      clock.now(),
    );
    this.#batches--;
    this.wake();
  }

  async #askEveryone(batch: readonly WantedRecord[]): Promise<void> {
    const { network, keeping, clock } = this.#ports;
    const left = new Map<string, WantedRecord>();
    await this.#guarded(async () => {
      for (const record of batch) if (await keeping.isStillWanted(record)) left.set(record.id, record);
    });
    const toAsk = new Set(this.#shuffled(network.peers()).map(({ peerId }) => peerId));
    // Who is late with an answer to an earlier batch is not asked a second time meanwhile.
    const isSilent = (peerId: string) => this.#punctuality.isLate(peerId) && this.#underWay.has(peerId);
    const sideBySide = new SideBySide({
      clock,
      punctuality: this.#punctuality,
      candidates: () => (left.size === 0 || this.#stopped ? [] : [...toAsk].filter((peerId) => !isSilent(peerId))),
      ask: async (peerId, round) => {
        toAsk.delete(peerId);
        this.#underWay.set(peerId, (this.#underWay.get(peerId) ?? 0) + 1);
        await this.#guarded(() => this.#ask(peerId, left, round));
        const others = this.#underWay.get(peerId)! - 1;
        if (others > 0) this.#underWay.set(peerId, others);
        else this.#underWay.delete(peerId);
      },
      isOver: (isStuck) => left.size === 0 || isStuck,
    });
    await sideBySide.run();
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
  async #ask(peerId: string, left: Map<string, WantedRecord>, round?: Round): Promise<number> {
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
      const askedCount = asked.size;
      const request = encodeRequest({ records: [...asked.keys()], statements: [...statements] });
      const answer = decodeAnswer(await network.request(peerId, protocol, request, limits.responseBytes));
      const taken = answer && (await this.#takeAll(answer, asked));
      if (!taken) {
        network.shun(peerId, 'not-the-record');
        return arrived;
      }
      for (const id of taken) left.delete(id);
      arrived += taken.length;
      // Who gives one at a time does not keep the others from being asked.
      if (taken.length > 0 && isWholeAnswer(answer, askedCount)) round?.brought();
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
    // While nobody is linked there is nobody to ask: a link wakes this. And with all places taken, the next batch that is over.
    if (this.#stopped || dueMs === null || network.peers().length === 0 || this.#batches === mostBatches) return;
    const freeMs = this.#batches === 0 ? 0 : this.#lastBatchAt + batchMs;
    const waitMs = Math.max(Math.max(dueMs, freeMs) - clock.now(), 0);
    this.#timer = clock.after(waitMs + Math.ceil(random.fraction() * (waitMs / 4 + 50)), () => this.wake());
  }

  #shuffled<Element>(elements: readonly Element[]): Element[] {
    return elements
      .map((element) => ({ element, place: this.#ports.random.fraction() }))
      .sort((left, right) => left.place - right.place)
      .map(({ element }) => element);
  }
}
