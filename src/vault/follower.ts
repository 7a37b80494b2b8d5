/**
 * Follows the ledger for what names a member at home here.
 *
 * Events are only a nudge. The follower keeps the block it has come to, and catches up from there over the main chain: at
 * start, at each new tip, and after a reorganisation from where the branches part. What is pending it looks at when the node
 * says so, and once at start. To look twice at a transaction changes nothing.
 *
 * When a member logs in here for the first time, the chain behind the follower is searched once (history-search.ts).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeError, type Logger } from '../base/index.ts';
import type { Block, Transaction } from '../ledger/index.ts';
import type { Cursor, Write } from '../storage/index.ts';
import { HistorySearch } from './history-search.ts';
import type { HostedMembers } from './hosted-members.ts';
import type { Keeping } from './keeping.ts';
import { findTransaction, sealedRecordsOf, type VaultLedger } from './known-records.ts';
import type { Shelf } from './shelf.ts';

/** Blocks between two notes of how far it has come. */
const blocksPerNote = 100;

export interface FollowerPorts {
  readonly node: VaultLedger;
  readonly shelf: Shelf;
  readonly hosted: HostedMembers;
  readonly logger: Logger;
  readonly keeping: Keeping;
  /** Something may have become wanted. */
  readonly onNoted: () => void;
}

export class Follower {
  readonly #ports: FollowerPorts;
  /** What is done one after the other: looks at the ledger never interleave. */
  #last: Promise<void> = Promise.resolve();
  #cursor: Cursor = { height: 0, hash: '' };
  #catchingUpSoon = false;
  readonly #history: HistorySearch;
  /** What was noted, and is not on the disk because that failed. One look at a time writes. */
  #owed: readonly Write[] = [];
  #stopped = false;
  #listeners: (() => void)[] = [];

  constructor(ports: FollowerPorts) {
    this.#ports = ports;
    this.#history = new HistorySearch({
      shelf: ports.shelf,
      blockAt: (height) => this.#blockAt(height),
      lookAt: (block) => this.#lookAt(block.transactions),
      keep: (writes) => this.#keep(writes),
      inBackground: (step) => this.#inBackground(() => step().then(() => nextTurn())),
    });
  }

  async start(): Promise<void> {
    const { node, shelf, hosted, logger } = this.#ports;
    const { height, hash } = node.head();
    const kept = shelf.cursor();
    // Nobody was at home here before: there is nothing to catch up with. Where somebody was, the cursor is lost.
    const isLost = kept === undefined && hosted.followsAnyone();
    if (isLost) logger.warn('the place up to which the ledger was followed is lost: it is followed from the beginning');
    this.#cursor = kept ?? (isLost ? { height: 0, hash: node.genesis.hash } : { height, hash });
    for (const [member, height] of await shelf.followed()) this.#history.add(member, height);
    this.#listeners = [
      node.on('tip', () => this.#catchUpSoon()),
      node.on('reorg', () => this.#lookAtPending()),
      node.on('transaction', ({ id }) => this.#lookAtOne(id)),
    ];
    this.#catchUpSoon();
    this.#lookAtPending();
    this.#history.run();
  }

  /** Follows a member from now on, and searches the chain behind. */
  follow(member: string): Promise<void> {
    return this.#next(async () => {
      const { hosted, shelf } = this.#ports;
      if (hosted.isFollowed(member)) return;
      const { height } = this.#cursor;
      await shelf.write([shelf.putFollowed(member, height), shelf.moveCursor(this.#cursor)]);
      hosted.follow(member);
      this.#history.add(member, height);
      this.#lookAtPending();
      this.#history.run();
    });
  }

  /** Up to where the chain was handled. */
  cursor(): Cursor {
    return this.#cursor;
  }

  /** Looks at the whole chain again: something that was noted is gone from the folder. */
  lookAtAllAgain(): Promise<void> {
    return this.#next(async () => {
      this.#cursor = { height: 0, hash: this.#ports.node.genesis.hash };
      await this.#catchUp();
      this.#lookAtPending();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const off of this.#listeners) off();
    await this.#last;
  }

  #catchUpSoon(): void {
    if (this.#catchingUpSoon) return;
    this.#catchingUpSoon = true;
    this.#inBackground(async () => {
      this.#catchingUpSoon = false;
      await this.#catchUp();
    });
    this.#history.run();
  }

  async #catchUp(): Promise<void> {
    const { node, hosted, shelf } = this.#ports;
    if (!hosted.followsAnyone()) {
      const { height, hash } = node.head();
      this.#cursor = { height, hash };
      return;
    }
    let at = this.#forkPoint();
    let writes: Write[] = [];
    const keep = async () => {
      await this.#keep([...writes, shelf.moveCursor(at)]);
      this.#cursor = at;
      writes = [];
    };
    for (let height = at.height + 1; height <= node.head().height && !this.#stopped; height++) {
      const block = this.#blockAt(height);
      // The chain was switched under this walk: the event that follows starts the next one.
      if (block?.header.parent !== at.hash) break;
      writes.push(...this.#lookAt(block.transactions));
      at = { height, hash: block.hash };
      if (height % blocksPerNote === 0) await keep();
      await nextTurn();
    }
    if (at.hash !== this.#cursor.hash) await keep();
  }

  /** The last block that was handled and is on the main chain. */
  #forkPoint(): Cursor {
    const { node } = this.#ports;
    let { height, hash } = this.#cursor;
    while (height > 0 && node.hashAt(height) !== hash) {
      const block = node.block(hash);
      // A branch that is gone does not say where it began: from the first block, then.
      height = block ? height - 1 : 0;
      hash = block ? block.header.parent : '';
    }
    return { height, hash: height === 0 ? node.genesis.hash : hash };
  }

  #lookAtPending(): void {
    this.#inBackground(async () => {
      const pending = this.#ports.node.pending().map(({ entry }) => entry);
      await this.#keep(
        this.#lookAt(pending.flatMap((entry) => (entry.type === 'transaction' ? entry.transaction : []))),
      );
    });
  }

  #lookAtOne(id: string): void {
    const transaction = findTransaction(this.#ports.node, id);
    if (transaction === undefined || !this.#concerns(transaction)) return;
    this.#inBackground(() => this.#keep(this.#lookAt([transaction])));
  }

  #lookAt(transactions: readonly Transaction[]): Write[] {
    const concerning = transactions.filter((transaction) => this.#concerns(transaction));
    return concerning.flatMap((transaction) => this.#ports.keeping.note(transaction));
  }

  /**
   * What the disk does not take is kept with the next: it is noted in memory by then, so nobody would think of writing it,
   * and a restart would not know of it.
   */
  async #keep(writes: readonly Write[]): Promise<void> {
    const all = [...this.#owed, ...writes];
    this.#owed = [];
    try {
      await this.#ports.shelf.write(all);
    } catch (error) {
      this.#owed = all;
      throw error;
    }
    this.#ports.onNoted();
  }

  #concerns(transaction: Transaction): boolean {
    return sealedRecordsOf(transaction).some((sealed) => this.#ports.hosted.concerns(sealed));
  }

  #blockAt(height: number): Block | undefined {
    const hash = this.#ports.node.hashAt(height);
    return hash === undefined ? undefined : this.#ports.node.block(hash);
  }

  #next(task: () => Promise<void>): Promise<void> {
    const done = this.#last.then(() => (this.#stopped ? undefined : task()));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** A failure of the disk is said and ends this look only: the cursor stays, and the next nudge tries again. */
  #inBackground(task: () => Promise<void>): void {
    this.#next(task).catch((error) => {
      this.#ports.logger.error('the ledger could not be followed', { code: describeError(error).code });
    });
  }
}
