/**
 * What must hold after every event, whatever went wrong before it. The chain that a node follows is held against an oracle
 * in memory, which has no disk, no network and no bad luck; what users were told is held against what their node knows.
 */
import { CarechainError, describeError, limits } from '../../src/base/index.ts';
import {
  checkTransaction,
  natureOf,
  readBalance,
  readPosition,
  stateKeys,
  type Transaction,
  wins,
} from '../../src/ledger/index.ts';
import type { Head, LedgerNode } from '../../src/node/index.ts';
import { storeKeys } from '../../src/storage/index.ts';
import { Chain } from '../support/ledger.ts';
import type { LogLine, Machine } from './machine.ts';
import type { Village, Watcher } from './village.ts';
import { type InvariantName, Violation } from './violation.ts';

/** How long a node may believe what a peer's clock was: until its link, over which three questions in a row fail, is closed. */
const skewBelievedMs = 3 * (1.25 * limits.reconcileMs + limits.requestMs);

/** What a node may tell of whose disk was damaged. */
export const codesOfDamage = ['folder-damaged', 'own-transaction-lost', 'note-lost'] as const;

/** Whoever runs a node, and reads what it says. */
export interface Operator {
  refused(machine: Machine, error: CarechainError): void;
  toldOfDamage(machine: Machine): void;
}

interface Acknowledged {
  readonly transaction: Transaction;
  readonly by: string;
}

export class Invariants implements Watcher {
  #village!: Village;
  #oracle!: Chain;
  /** What users were told "ok" about. */
  readonly acknowledged = new Map<string, Acknowledged>();
  /** Of those, what went with a disk that was lost, or is named as damaged. */
  readonly excused = new Set<string>();
  /** Hashes of blocks that the oracle has taken. */
  readonly #known = new Set<string>();
  readonly #heads = new Map<string, Head>();
  readonly #changed = new Set<Machine>();
  /** By the node that acknowledged them: what is neither confirmed nor lost there. */
  readonly #unsettled = new Map<string, Set<string>>();
  /** Codes of faults that a node may tell of, by name: what was done to it. */
  readonly #expected = new Map<string, Set<string>>();
  readonly #beyondHealing = new Set<string>();
  /** Machines with a wrong clock -> how many faults made it so. */
  readonly #offClocks = new Map<string, number>();
  readonly #doubtedUntilMs = new Map<string, number>();
  /** What stood in rows that went from the disk of a machine, until its next scrub. */
  readonly #unsure = new Map<string, Set<string>>();
  /** Of what was acknowledged: what its node lost with its disk, and others still had then. */
  readonly #orphans = new Set<string>();
  readonly #operator: Operator;
  /** What ends from now on ends with the simulation. */
  isOver = false;
  #violation: Violation | null = null;

  constructor(operator: Operator) {
    this.#operator = operator;
  }

  watch(village: Village): void {
    this.#village = village;
    this.#oracle = new Chain(village.world);
    // No block comes from the future for the oracle: when one is taken is the nodes' affair.
    this.#oracle.now = Number.MAX_SAFE_INTEGER - 1_000_000_000;
  }

  /** From now on the node may tell of this. @returns what takes that back, for where nothing came of it. */
  expect(name: string, ...codes: readonly string[]): () => void {
    const expected = this.#expected.get(name) ?? new Set();
    this.#expected.set(name, expected);
    const added = codes.filter((code) => !expected.has(code));
    for (const code of added) expected.add(code);
    return () => {
      for (const code of added) expected.delete(code);
    };
  }

  /** The clock of a machine is set wrong. */
  clockIsOff(name: string): void {
    this.#offClocks.set(name, (this.#offClocks.get(name) ?? 0) + 1);
  }

  /** And right again, which others learn when they ask next. */
  clockIsRight(name: string): void {
    const left = (this.#offClocks.get(name) ?? 0) - 1;
    if (left > 0) this.#offClocks.set(name, left);
    else this.#offClocks.delete(name);
    this.doubtClock(name);
  }

  /** Whether anybody may believe now that some clock is wrong. */
  get isSomeClockOff(): boolean {
    return [...this.#village.machines.keys()].some((name) => this.#isOff(name));
  }

  /** For some time what a machine and its peers think of its clock may be old. */
  doubtClock(name: string): void {
    this.#doubtedUntilMs.set(name, this.#village.timeline.nowMs + skewBelievedMs);
  }

  #isOff(name: string): boolean {
    const isDoubted = this.#village.timeline.nowMs < (this.#doubtedUntilMs.get(name) ?? 0);
    return !this.#village.isHonest(name) || this.#offClocks.has(name) || isDoubted;
  }

  /**
   * Whether a node may think that its clock is wrong: it is, or more than half of the peers that vote have a wrong one or
   * lie. The median of the others is right, and of two in the middle the nearer one counts. Of the peers whose clocks it
   * knows those vote that it has found where it was told to look. While it has found none, all do: they are one host here,
   * whose vote is their median.
   */
  #mayThinkItsClockWrong(name: string, node: LedgerNode): boolean {
    const known = node.peers().filter(({ clockOffsetMs }) => clockOffsetMs !== null);
    const found = known.filter(({ isConfigured }) => isConfigured);
    const voters = found.length > 0 ? found : known;
    return this.#isOff(name) || 2 * voters.filter(({ peerId }) => this.#isOff(peerId)).length > voters.length;
  }

  violate(invariant: InvariantName, what: string): void {
    this.report(new Violation(invariant, what));
  }

  /** The first counts: what comes after it may come of it. */
  report(violation: Violation): void {
    this.#violation ??= violation;
  }

  started(machine: Machine, node: LedgerNode): void {
    const { name } = machine;
    if (!this.#village.isHonest(name)) return;
    this.#changed.add(machine);
    node.on('tip', ({ hash, height }) => {
      this.#changed.add(machine);
      this.#village.tell(`${name} is at #${height} ${hash.slice(0, 8)}`);
    });
    node.on('scrub', () => this.#changed.add(machine));
    node.on('reorg', ({ removed, added, lost }) => {
      this.#village.count('reorg');
      this.#village.tell(`${name} left ${removed.length} blocks for ${added.length}, ${lost.length} lost`);
    });
    node.on('conflict', ({ id, rejection }) => {
      this.#changed.add(machine);
      this.#village.tell(`${name} finds ${id.slice(0, 8)} impossible: ${rejection.code}`);
    });
    node.on('peer', ({ peerId, state }) => {
      if (state !== 'shunned') return;
      this.#village.tell(`${name} shuns ${peerId}`);
      this.#village.count('shun');
      if (this.#village.isHonest(peerId)) this.violate('no honest peer is punished', `${name} shuns ${peerId}`);
    });
    node.on('scrub', ({ found, healed, waiting }) => {
      this.#village.count('healing');
      const words = (counts: object) => JSON.stringify(counts);
      this.#village.tell(`${name} found ${words(found)}, healed ${words(healed)}, waits for ${words(waiting)}`);
      // What heals was written wrongly all the same, where nobody has damaged it.
      if (Object.keys(found).length > 0 && !this.#expected.get(name)?.has('folder-damaged'))
        this.violate('no fault without a cause', `${name} finds damage: ${words(found)}`);
    });
    node.on('error', ({ code, message }) => {
      this.#changed.add(machine);
      this.#village.tell(`${name} tells of ${code}`);
      // What is told by its id is not lost silently; whoever else has it answers for it.
      if (code === 'own-transaction-lost') for (const [id] of message.matchAll(/[0-9a-f]{64}/g)) this.#orphan(id);
      // What others wrote is kept as far as there is room, and let go of without a word.
      this.#excuseOrphans();
      if (code === 'folder-damaged') this.#operator.toldOfDamage(machine);
      const hasCause =
        code === 'clock-skewed' ? this.#mayThinkItsClockWrong(name, node) : this.#expected.get(name)?.has(code);
      if (!hasCause) this.violate('no fault without a cause', `${name} tells of ${code}`);
    });
  }

  refused(machine: Machine, error: CarechainError): void {
    const { name } = machine;
    this.#village.tell(`${name} does not start: ${error.code}`);
    if (!this.#expected.get(name)?.has(error.code))
      this.violate('a node starts again', `${name} does not: ${error.code} ${error.message}`);
    this.#operator.refused(machine, error);
  }

  /** What goes wrong inside a node may be caught by it, and then stands in its log only. */
  logged({ name }: Machine, { level, message, facts }: LogLine): void {
    const code = String(facts.code);
    if (level !== 'warn' && level !== 'error' && code !== 'internal-error') return;
    const words = `${message} ${JSON.stringify(facts)}`;
    this.#village.tell(`${name} warns: ${words}`);
    if (!this.#village.isHonest(name) || (level === 'warn' && code !== 'internal-error')) return;
    if (!this.#expected.get(name)?.has(code))
      this.violate('no error stands in a log without a cause', `${name}: ${words}`);
  }

  /** A peer that is refused is told by name; anything else is a mistake that only the peer would notice. */
  failedOver({ name }: Machine, error: unknown): void {
    const { code, message } = describeError(error);
    const isRefusal = error instanceof CarechainError && code !== 'internal-error';
    if (!isRefusal && this.#village.isHonest(name))
      this.violate('no error is left unhandled', `${name} fails over what a peer sent: ${message}`);
  }

  /** A folder was made anew of what could be read. What could not is told. */
  healed(name: string, unreadable: readonly string[]): void {
    this.#heads.delete(name);
    for (const key of unreadable) this.#orphan(key.slice(key.lastIndexOf('/') + 1));
    this.#excuseOrphans();
  }

  /** A row went from a disk: until the next scrub tells it, its node need not know what stood there. */
  wentMissing(name: string, key: string): void {
    const ids = this.#unsure.get(name) ?? new Set();
    this.#unsure.set(name, ids.add(key.slice(key.lastIndexOf('/') + 1)));
  }

  /** The folder of a node was looked at as a whole: what is not there by now was told. */
  scrubbed(name: string): void {
    this.#unsure.delete(name);
  }

  /** A disk is gone: what only it had cannot be held against anybody. */
  forget(machine: Machine): void {
    const { name } = machine;
    this.#heads.delete(name);
    // And with it whatever was damaged.
    this.#unsure.delete(name);
    for (const code of codesOfDamage) this.#expected.get(name)?.delete(code);
    for (const [id, { by }] of this.acknowledged) if (by === name) this.#orphan(id);
    this.#excuseOrphans();
  }

  /** A process has ended, and with it what only its memory had. */
  ended(): void {
    if (!this.isOver) this.#excuseOrphans();
  }

  #orphan(id: string): void {
    if (this.acknowledged.has(id) && !this.excused.has(id)) this.#orphans.add(id);
  }

  /** Of what was written to disks that are gone: what no honest node has any more. */
  #excuseOrphans(): void {
    for (const id of this.#orphans) {
      if (this.#village.honest.some((machine) => this.#has(machine, id))) continue;
      this.#orphans.delete(id);
      this.excused.add(id);
    }
  }

  #has(machine: Machine, id: string): boolean {
    if (machine.node) return this.reading(machine, (node) => node.find(id) !== undefined) === true;
    return [storeKeys.state(stateKeys.transaction(id)), storeKeys.lost(id)].some((key) => machine.disk.has(key));
  }

  /** A user of a node was told "ok". */
  acknowledge(machine: Machine, transaction: Transaction): void {
    const { name } = machine;
    this.acknowledged.set(transaction.id, { transaction, by: name });
    this.#unsettled.set(name, (this.#unsettled.get(name) ?? new Set()).add(transaction.id));
    this.#changed.add(machine);
  }

  /** What a node was asked to write failed: its user reads why, and something was done to its disk. */
  failed(machine: Machine, node: LedgerNode, error: unknown): void {
    this.#changed.add(machine);
    if (machine.node === node && this.#village.isHonest(machine.name)) this.#unreadable(machine, error);
  }

  /** After every event. @throws Violation */
  look(): void {
    for (const machine of this.#changed) {
      const { node } = machine;
      if (!node) continue;
      this.#changed.delete(machine);
      this.reading(machine, () => {
        this.#lookAtHead(machine.name, node);
        this.#lookAtPromises(machine.name, node);
      });
    }
    for (const [name, ids] of this.#unsettled) this.#lookAtUnsettled(name, ids);
    if (this.#violation) throw this.#violation;
  }

  /** All faults are over and every folder was made whole: from now on nothing that a node cannot read is lawful. */
  allIsHealed(): void {
    for (const [name, codes] of this.#expected) {
      if (this.#beyondHealing.has(name)) continue;
      for (const code of [...codesOfDamage, 'folder-failed']) codes.delete(code);
    }
  }

  /** A body of a block is gone that no other node can give it. */
  isBeyondHealing(name: string): void {
    this.#beyondHealing.add(name);
  }

  /** What a node answers; undefined where its folder is damaged and it says so. */
  reading<Answer>(machine: Machine, read: (node: LedgerNode) => Answer): Answer | undefined {
    try {
      return machine.node ? read(machine.node) : undefined;
    } catch (error) {
      this.#unreadable(machine, error);
      return undefined;
    }
  }

  /** The same for an answer that takes time. */
  async readingLater<Answer>(machine: Machine, read: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await read();
    } catch (error) {
      this.#unreadable(machine, error);
      return undefined;
    }
  }

  /** A read may fail where the folder was damaged, by name; the node heals it. And where the node is about to end. */
  #unreadable(machine: Machine, error: unknown): void {
    const { code, message } = describeError(error);
    if (code === 'folder-closed' && machine.isStopping) return;
    if (!this.#expected.get(machine.name)?.has(code))
      this.violate('what is asked is answered', `${machine.name}: ${message}`);
  }

  #lookAtHead(name: string, node: LedgerNode): void {
    const head = node.head();
    const last = this.#heads.get(name);
    this.#heads.set(name, head);
    if (last && last.hash !== head.hash && !wins(head, last))
      this.violate(
        'a head is never worse than the one before it',
        `${name} was at #${last.height}, is at #${head.height}`,
      );
    const unknown = [];
    for (let { hash, header } = head; header.height > 0; ) {
      if (this.#known.has(hash)) break;
      const block = node.block(hash);
      if (!block) {
        this.violate('a chain is whole', `${name} lacks #${header.height}`);
        return;
      }
      unknown.push(block);
      hash = header.parent;
      header = node.block(hash)?.header ?? { ...header, height: 0 };
    }
    for (const block of unknown.reverse()) {
      const verdict = this.#oracle.offer(block);
      if (verdict !== 'OK') {
        this.violate('only valid blocks are followed', `${name} has #${block.header.height}: ${verdict}`);
        return;
      }
      this.#known.add(block.hash);
    }
    if (head.height === 0) return;
    const { genesis } = this.#village.world;
    const { state } = this.#oracle.link(head.hash);
    const accounts = [...genesis.members.map(({ username }) => username), 'SYSTEM'].map((who) =>
      this.#village.world.id(who),
    );
    const balances = accounts.map((account) => readBalance(node.state, account));
    const sum = balances.reduce((total, balance) => total + balance, 0);
    // First, since it asks no oracle: the rules that make and lose money are the oracle's too.
    if (sum !== genesis.supply) this.violate('money is conserved', `${name} has ${sum} at #${head.height}`);
    if (accounts.some((account, index) => balances[index] !== readBalance(state, account)))
      this.violate('a balance is what the chain says', `${name} at #${head.height}`);
  }

  /** All that a node has acknowledged: where its head moved, a confirmed one may be so no longer. */
  #lookAtPromises(name: string, node: LedgerNode): void {
    const unsettled = new Set<string>();
    for (const [id, { by }] of this.acknowledged) if (by === name && this.#isOpen(name, node, id)) unsettled.add(id);
    this.#unsettled.set(name, unsettled);
  }

  /** After every other event: what is in memory and on its way. What settles is looked at again with the next head. */
  #lookAtUnsettled(name: string, ids: Set<string>): void {
    const machine = this.#village.machine(name);
    for (const id of ids) this.reading(machine, (node) => this.#isOpen(name, node, id) || ids.delete(id));
  }

  /** Whether a transaction is neither confirmed nor lost at the node that acknowledged it. */
  #isOpen(name: string, node: LedgerNode, id: string): boolean {
    if (this.excused.has(id) || this.#orphans.has(id) || this.#unsure.get(name)?.has(id)) return false;
    const where = node.find(id)?.where;
    if (!where) this.violate('what was acknowledged is kept', `${name} no longer knows ${id.slice(0, 8)}`);
    else if (where.state === 'lost' && natureOf(where.rejection.code) === 'invalid')
      this.violate('what was acknowledged is lawful', `${name} lost ${id.slice(0, 8)}: ${where.rejection.code}`);
    return where?.state === 'pending' || where?.state === 'waiting';
  }

  /**
   * At the end, when all agree and nothing is pending: what became of what was acknowledged, asked at the node that did, is
   * what the rules make of it.
   */
  lookAtOutcomes(): void {
    for (const [id, { transaction, by }] of this.acknowledged) {
      if (this.excused.has(id)) continue;
      // Whoever has it answers for what was written to a disk that is gone.
      const asked = this.#orphans.has(id)
        ? this.#village.honest.filter((machine) => this.#has(machine, id))
        : [this.#village.machine(by)];
      for (const machine of asked) {
        const wrong = this.reading(machine, (node) => this.#wrongOutcome(node, transaction));
        if (wrong)
          this.violate('what was acknowledged ends lawfully', `${machine.name} has ${id.slice(0, 8)} ${wrong}`);
      }
    }
  }

  /** What is wrong with where a transaction ended, in words; null where nothing is. */
  #wrongOutcome(node: LedgerNode, transaction: Transaction): string | null {
    const where = node.find(transaction.id)?.where;
    const { state } = this.#oracle.link(node.head().hash);
    this.#village.count(`acknowledged, in the end ${where?.state ?? 'nowhere'}`);
    switch (where?.state) {
      case 'confirmed': {
        const position = readPosition(state, transaction.id);
        return position?.height === where.height ? null : `confirmed in #${where.height}, where it is not`;
      }
      case 'lost': {
        const verdict = this.#oracle.try(transaction, state);
        if (verdict !== 'OK' && natureOf(verdict) === 'never') return null;
        return `lost for ${where.rejection.code}, and the rules say ${verdict}`;
      }
      case 'waiting': {
        const refused = checkTransaction(transaction, node.pendingState, { genesis: this.#village.world.genesis });
        if (refused && natureOf(refused.code) === 'not-yet') return null;
        return `waiting for ${where.rejection.code}, and ${refused ? `the rules say ${refused.code}` : 'it holds'}`;
      }
      default:
        return where?.state ?? 'nowhere';
    }
  }
}
