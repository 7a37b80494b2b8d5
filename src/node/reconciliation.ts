/**
 * Fetches the pending transactions that a peer has and this node lacks, which is what gossip may have missed.
 *
 * A status tells the sum of what is pending. Where it is ours, there is nothing to fetch. Where it differs, the ids are
 * fetched in pages, and of each page what is lacking before the next one: the whole list when the peer is met, and after
 * further statuses one page, for as long as pages bring something. So a peer that has much more than we do is caught up
 * with at once. Two large sets that differ by what is on its way, as those of busy nodes always do, cost a page every few
 * seconds, however many heads and statuses there are in between, and not the list.
 *
 * The sum is a claim: a liar can make us fetch a page of ids and ask once for some of them, or fetch nothing, from himself.
 * After so many equal statuses one page is looked at all the same.
 */
import { type Clock, limits, portions } from '../base/index.ts';
import type { Transaction } from '../ledger/index.ts';
import { type Network, networkLimits, type Peer } from '../network/index.ts';
import { turn } from './pause.ts';
import { isSameClaim } from './pending-sum.ts';
import type { Transactions } from './transactions.ts';

/** Ids of a page that are looked up in one turn of the event loop. */
const idsAtOnce = 256;

/** About a minute. */
const equalStatuses = 12;
/** So many looks at what a peer has within so long: more than the statuses of an idle one are worth. */
const mostLooks = 3;
const looksWithinMs = 1.5 * limits.reconcileMs;

export interface ReconciliationPorts {
  readonly network: Pick<Network, 'fetchPendingIds' | 'fetchPending'>;
  readonly transactions: Pick<Transactions, 'isWanted' | 'claim'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Takes in what a peer had. */
  take(transactions: readonly Transaction[], from: string): Promise<unknown>;
}

interface Course {
  /** Where the next page begins. */
  next: number;
  /** Statuses in a row that told of what we have ourselves. */
  equal: number;
  /** When it was looked at lately, by this node's clock. */
  looks: readonly number[];
}

export class Reconciliation {
  readonly #ports: ReconciliationPorts;
  readonly #courses = new Map<string, Course>();
  readonly #underWay = new Set<string>();
  #stopped = false;

  constructor(ports: ReconciliationPorts) {
    this.#ports = ports;
  }

  stop(): void {
    this.#stopped = true;
  }

  forget(peerId: string): void {
    this.#courses.delete(peerId);
  }

  /** A peer has told its status. @throws CarechainError where it does not answer. */
  async heard({ peerId, status }: Peer): Promise<void> {
    if (status === null) return;
    const known = this.#courses.get(peerId);
    const course = known ?? { next: 0, equal: 0, looks: [] };
    this.#courses.set(peerId, course);
    if (isSameClaim(status.pending, this.#ports.transactions.claim())) {
      course.equal += 1;
      if (course.equal < equalStatuses) return;
    }
    course.equal = 0;
    const now = this.#ports.clock.now();
    // A clock that was set back has nobody wait.
    const lately = course.looks.filter((at) => Math.abs(now - at) < looksWithinMs);
    if (status.pending.count === 0 || lately.length >= mostLooks || this.#underWay.has(peerId)) return;
    course.looks = [...lately, now];
    await this.#fetch(peerId, course, known === undefined);
  }

  /** All that a peer has, whatever its status told. */
  async all(peerId: string): Promise<void> {
    await this.#fetch(peerId, { next: 0, equal: 0, looks: [] }, true);
  }

  /** One at a time for each peer. */
  async #fetch(peerId: string, course: Course, whole: boolean): Promise<void> {
    if (this.#underWay.has(peerId)) return;
    this.#underWay.add(peerId);
    try {
      while (!this.#stopped) {
        const broughtSomething = await this.#fetchPage(peerId, course);
        if (course.next === 0 || !(whole || broughtSomething)) break;
      }
    } finally {
      this.#underWay.delete(peerId);
    }
  }

  /** Moves the course on, to 0 after the last page. @returns whether a page brought what was lacking. */
  async #fetchPage(peerId: string, course: Course): Promise<boolean> {
    const { network, transactions, take } = this.#ports;
    const start = course.next;
    // A list that goes on for ever ends here all the same.
    course.next = 0;
    const ids = await network.fetchPendingIds(peerId, start);
    const end = start + ids.length;
    if (ids.length === limits.pendingIdsPerPage && end < limits.mempoolTransactions) course.next = end;
    const wanted: string[] = [];
    for (const [index, id] of ids.entries()) {
      if (transactions.isWanted(id)) wanted.push(id);
      if ((index + 1) % idsAtOnce === 0) await turn();
    }
    let broughtSomething = false;
    for (const some of portions(wanted, networkLimits.transactionsPerRequest)) {
      if (this.#stopped) break;
      const found = await network.fetchPending(peerId, some);
      // It names what it does not have, or has no longer: the rest of the page is not asked for.
      if (found.length === 0) {
        course.next = 0;
        break;
      }
      broughtSomething = true;
      await take(found, peerId);
    }
    return broughtSomething;
  }
}
