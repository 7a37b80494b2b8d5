/**
 * The work of three places: a doctor sees patients and orders tests, the laboratory performs them, the doctor prescribes and
 * pays, the pharmacy fills. Visits begin at a steady rate; what cannot be done yet, since it has not arrived or a node is
 * down, is tried again. Every id that a node said "ok" to is written down.
 */
import { setTimeout as setTimer } from 'node:timers/promises';
import type { NodeProcess, PipedAnswer } from '../../src/cli/story/node-process.ts';
import type { Chance } from '../support/chance.ts';
import type { Fleet } from './fleet.ts';
import { type Role, roles } from './founding.ts';

/** A consultation, a result, a prescription, its payment, and the dispensing. */
const transactionsPerVisit = 5;
/** Visits before a patient is followed by a new one: what is read of a patient grows with each. */
const visitsPerPatient = 5;
const patientsAtOnce = 20;
/** Visits that wait for a doctor; more do not come in. */
const waitingRoom = 40;
const retryMs = 500;
const mostTries = 200;

interface Task {
  readonly role: Role;
  /** The commands, and what follows from the answer to the last. */
  run(node: NodeProcess): Promise<PipedAnswer>;
  done(result: Readonly<Record<string, unknown>>): void;
  tries: number;
  /** It was typed and nothing answered: it may be done. */
  isInDoubt: boolean;
}

/** What a task is refused with that was done, though nobody heard. */
const wasDone: ReadonlySet<string> = new Set([
  'patient-already-registered',
  'order-already-answered',
  'prescription-already-filled',
]);

interface Patient {
  readonly id: string;
  visits: number;
}

export class Patients {
  /** Ids of transactions that a node acknowledged. */
  readonly acknowledged = new Set<string>();
  /** Codes of the answers that were not ok, with how often each was given. */
  readonly refusals = new Map<string, number>();
  /** Visits that were turned away since the doctor was busy. */
  turnedAway = 0;
  /** Tasks that were tried so often that they are left. */
  givenUp = 0;
  /** The codes of what was given up. */
  readonly givenUpFor = new Set<string>();
  /** Done, as it turned out later, though no answer came. */
  doneUnheard = 0;
  visits = 0;
  readonly #fleet: Fleet;
  readonly #chance: Chance;
  readonly #tasks = new Map<Role, Task[]>(roles.map((role) => [role, []]));
  readonly #wake = new Map<Role, () => void>();
  readonly #patients: Patient[] = [];
  #registered = 0;
  #coming: NodeJS.Timeout | null = null;
  #working: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(fleet: Fleet, chance: Chance) {
    this.#fleet = fleet;
    this.#chance = chance;
  }

  /** Opens the doors: so many transactions a second in all, as far as the nodes keep up. */
  open(transactionsPerSecond: number): void {
    this.#working = Promise.all(roles.map((role) => this.#work(role)));
    this.#coming = setInterval(() => this.#visit(), (1_000 * transactionsPerVisit) / transactionsPerSecond);
  }

  /** Nobody comes any more. */
  closeDoors(): void {
    if (this.#coming !== null) clearInterval(this.#coming);
    this.#coming = null;
  }

  /** Resolves once everybody who came in has been served. @throws where that takes longer. */
  async served(withinMs: number): Promise<void> {
    this.closeDoors();
    this.#closed = true;
    for (const wake of this.#wake.values()) wake();
    const over = new AbortController();
    const late = setTimer(withinMs, true, { signal: over.signal }).catch(() => false);
    const isLate = await Promise.race([this.#working.then(() => false), late]);
    over.abort();
    if (isLate) throw new Error(`${this.waiting + this.#atWork.size + this.#later} tasks were still waiting.`);
  }

  get waiting(): number {
    return [...this.#tasks.values()].reduce((sum, tasks) => sum + tasks.length, 0);
  }

  #visit(): void {
    if (this.#tasks.get('doctor')!.length >= waitingRoom) {
      this.turnedAway += 1;
      return;
    }
    this.visits += 1;
    this.#add('doctor', {
      run: async (node) => {
        const chosen = await this.#choosePatient(node);
        return chosen.ok ? node.ask('consult --notes "Tired for weeks, pale." --order-test') : chosen;
      },
      done: ({ orderId }) => this.#test(String(orderId)),
    });
  }

  async #choosePatient(node: NodeProcess): Promise<PipedAnswer> {
    if (this.#patients.length < patientsAtOnce) {
      this.#registered += 1;
      const answer = await node.ask(`register Patient Number ${this.#registered}`);
      if (answer.ok) {
        this.#acknowledge(answer);
        this.#patients.push({ id: String(answer.result!.patientId), visits: 1 });
      }
      return answer;
    }
    const patient = this.#chance.pick(this.#patients);
    patient.visits += 1;
    if (patient.visits >= visitsPerPatient) this.#patients.splice(this.#patients.indexOf(patient), 1);
    return node.ask(`set_patient ${patient.id}`);
  }

  #test(order: string): void {
    this.#add('lab', {
      run: (node) => node.ask(`perform_test --order ${order} --hemoglobin 13.9 --wbc 6200 --platelets 250000`),
      done: () => this.#prescribe(order),
    });
  }

  #prescribe(order: string): void {
    this.#add('doctor', {
      run: async (node) => {
        const { result } = await node.ask(`tx ${order}`);
        const { patient } = (result?.fields ?? {}) as { patient?: string };
        const chosen = await node.ask(`set_patient ${patient}`);
        const details = '--medication "Ferrous sulfate" --dosage "200 mg" --frequency daily --duration "8 weeks"';
        return chosen.ok ? node.ask(`prescribe ${details}`) : chosen;
      },
      done: ({ transactionId }) => this.#fill(String(transactionId)),
    });
  }

  #fill(prescription: string): void {
    this.#add('pharmacy', { run: (node) => node.ask(`fill ${prescription} --yes`), done: () => {} });
  }

  #add(role: Role, { run, done }: Pick<Task, 'run' | 'done'>): void {
    this.#push({ role, run, done, tries: 0, isInDoubt: false });
  }

  #push(task: Task): void {
    this.#tasks.get(task.role)!.push(task);
    this.#wake.get(task.role)?.();
  }

  /** What a place does all day: one task after the other. */
  async #work(role: Role): Promise<void> {
    const tasks = this.#tasks.get(role)!;
    for (;;) {
      const task = tasks.shift();
      if (task === undefined) {
        if (this.#closed && this.#isDone()) break;
        await this.#pause(role);
        continue;
      }
      const node = await this.#fleet.running(role);
      if (node === null) break;
      this.#atWork.add(task);
      // A node that is just being stopped, or is late, does not answer: nothing was acknowledged, and it may be done.
      const answer = await task.run(node).catch(() => null);
      this.#atWork.delete(task);
      if (answer?.ok) {
        this.#acknowledge(answer);
        task.done(answer.result!);
      } else if (task.isInDoubt && wasDone.has(answer?.error?.code ?? '')) this.doneUnheard += 1;
      else {
        task.isInDoubt ||= answer === null;
        this.#tryLater(task, answer?.error?.code ?? 'no-answer');
      }
    }
    for (const wake of this.#wake.values()) wake();
  }

  readonly #atWork = new Set<Task>();
  #later = 0;

  #isDone(): boolean {
    return this.waiting + this.#atWork.size + this.#later === 0;
  }

  #tryLater(task: Task, code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    task.tries += 1;
    if (task.tries >= mostTries) {
      this.givenUp += 1;
      this.givenUpFor.add(code);
      return;
    }
    this.#later += 1;
    setTimeout(() => {
      this.#later -= 1;
      this.#push(task);
    }, retryMs);
  }

  /** Until there may be something to do. */
  #pause(role: Role): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.set(role, () => {
        this.#wake.delete(role);
        resolve();
      });
    });
  }

  #acknowledge({ result }: PipedAnswer): void {
    const { transactionId, payment } = result as { transactionId?: string; payment?: { transactionId?: string } };
    for (const id of [transactionId, payment?.transactionId]) if (id !== undefined) this.acknowledged.add(id);
  }
}
