/**
 * Somebody who works at a node without a pause, and starts over when the node does: registers, consults, orders, tests,
 * prescribes, fills, pays and mines, as chance has it. Every "ok" is written down. At each login but the first it is the
 * user of the place most of the time and somebody else now and then, so that two sides of a cut do what excludes each
 * other.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Chance } from '../support/chance.ts';
import type { AcknowledgementLog } from './acknowledgements.ts';
import type { PipedAnswer, PipedNode } from './piped-node.ts';
import { logins, type Role, roles } from './roles.ts';

const usernames: Readonly<Record<Role, string>> = {
  doctor: 'dr_alice',
  lab: 'lab_tech_bob',
  pharmacy: 'pharm_charlie',
};
const kinds: Readonly<Record<string, string>> = {
  register: 'PATIENT_REGISTRATION',
  consult: 'DOCTOR_CONSULTATION',
  perform_test: 'LAB_TEST_RESULT',
  prescribe: 'PRESCRIPTION',
  fill: 'PRESCRIPTION_FILLED',
  transfer: 'TRANSFER_ECASH',
};
/** Codes that say that the disk did not take it. */
const folderFaults = new Set(['folder-failed', 'folder-damaged', 'folder-unwritable']);
const patientsRemembered = 60;
/** So many different words may stand in a record: what is read back is of that very line. */
const differentWords = 100_000_000;

/** What is typed, and the words of it that are sealed. */
interface Line {
  readonly text: string;
  readonly says: string | null;
}

const plain = (text: string): Line => ({ text, says: null });

export interface ClerkSettings {
  readonly role: Role;
  readonly chance: Chance;
  readonly log: AcknowledgementLog;
  /** The latest patients that anybody has registered, and all of them; shared by the clerks of a cluster. */
  readonly patients: string[];
  readonly everyPatient: Set<string>;
}

export class Clerk {
  readonly #settings: ClerkSettings;
  #node: PipedNode | null = null;
  #work: Promise<void> = Promise.resolve();
  #hasWorked = false;
  /** Answers that were a fault of the folder, in a row; and whether the last write was taken. */
  faultsInARow = 0;

  constructor(settings: ClerkSettings) {
    this.#settings = settings;
  }

  /** Works at `node` until it is gone or {@link rest} is called. @returns what resolves when it is logged in there. */
  workAt(node: PipedNode): Promise<void> {
    this.#node = node;
    return new Promise((resolve) => {
      this.#work = this.#work.then(() => this.#shift(node, resolve));
    });
  }

  /** While it rests: registers somebody and mines, so that the node has a block that it has made itself. */
  async leaveBlock(node: PipedNode): Promise<void> {
    await node.ask(logins.doctor);
    await this.#type(node, plain(`register Patient ${this.#settings.chance.below(1_000_000)}`));
    await node.ask('mine');
  }

  /** Resolves when the last line is answered. */
  async rest(): Promise<void> {
    this.#node = null;
    await this.#work;
  }

  async #shift(node: PipedNode, begin: () => void): Promise<void> {
    const { role, chance } = this.#settings;
    // At first everybody is in their place: without a doctor nobody has anything to do.
    const user = !this.#hasWorked || chance.happens(0.75) ? role : chance.pick(roles);
    this.#hasWorked = true;
    await node.ask(logins[user]);
    begin();
    while (this.#node === node && node.isRunning) {
      await Promise.all((await this.#nextLines(node, user)).map((line) => this.#type(node, line)));
      await wait(chance.between(5, 40));
    }
  }

  /** A few lines that go in together, so that a fault finds some of them under way. */
  async #nextLines(node: PipedNode, user: Role): Promise<Line[]> {
    const { chance } = this.#settings;
    if (chance.happens(0.12)) return [plain('mine')];
    if (chance.happens(0.08)) return [this.#transfer(user)];
    if (user === 'doctor') return this.#doctorLines();
    const task = await this.#task(node);
    if (task === null) return chance.happens(0.2) ? [this.#transfer(user)] : [];
    if (user === 'pharmacy') return [plain(`fill ${task} --yes`)];
    // Zeros at the end would not be read back.
    const hemoglobin = `13.${chance.between(10_000, 99_999)}${chance.between(1, 9)}`;
    return [
      {
        text: `perform_test --order ${task} --hemoglobin ${hemoglobin} --wbc 6200 --platelets 250000`,
        says: hemoglobin,
      },
    ];
  }

  #doctorLines(): Line[] {
    const { chance, patients } = this.#settings;
    if (patients.length === 0 || chance.happens(0.2)) return [plain(`register Patient ${chance.below(1_000_000)}`)];
    const word = () => String(chance.below(differentWords));
    const lines = [plain(`set_patient ${chance.pick(patients)}`)];
    if (chance.happens(0.6)) {
      const says = `Seen ${word()}.`;
      lines.push({ text: `consult --notes "${says}" --order-test`, says });
    }
    if (chance.happens(0.5)) {
      const says = `Iron ${word()}`;
      lines.push({ text: `prescribe --medication "${says}" --dosage 200mg --frequency daily --duration 8w`, says });
    }
    return lines;
  }

  #transfer(user: Role): Line {
    const { chance } = this.#settings;
    const to = chance.pick(roles.filter((role) => role !== user));
    return plain(`transfer ${usernames[to]} ${chance.between(1, 20)} other`);
  }

  /** Something that waits for the user, or null. */
  async #task(node: PipedNode): Promise<string | null> {
    const answer = await node.ask('todo --count 20');
    const tasks = (answer?.result?.tasks ?? []) as readonly { readonly id: string }[];
    return tasks.length > 0 ? this.#settings.chance.pick(tasks).id : null;
  }

  async #type(node: PipedNode, { text, says }: Line): Promise<void> {
    const kind = kinds[text.split(' ')[0]!];
    // What is not typed has no effect that anybody could doubt.
    if (node.takesLines) this.#note(kind, says, await node.ask(text));
  }

  #note(kind: string | undefined, says: string | null, answer: PipedAnswer | null): void {
    const { log, role, patients, everyPatient } = this.#settings;
    if (answer === null) {
      if (kind !== undefined) log.noteDoubt(kind);
      // The payment that a prescription brings along.
      if (kind === 'PRESCRIPTION') log.noteDoubt('TRANSFER_ECASH');
      return;
    }
    if (!answer.ok) {
      if (!folderFaults.has(answer.error?.code ?? '')) return;
      this.faultsInARow += 1;
      if (kind !== undefined) log.noteRefusal(kind);
      return;
    }
    if (kind === undefined) return;
    this.faultsInARow = 0;
    const { transactionId, patientId, payment } = answer.result as {
      transactionId: string;
      patientId?: string;
      payment?: { transactionId?: string; skipped?: string };
    };
    log.note({ id: transactionId, kind, node: role, says });
    if (payment?.transactionId) log.note({ id: payment.transactionId, kind: 'TRANSFER_ECASH', node: role, says: null });
    else if (folderFaults.has(payment?.skipped ?? '')) log.noteRefusal('TRANSFER_ECASH');
    if (kind !== 'PATIENT_REGISTRATION' || patientId === undefined) return;
    everyPatient.add(patientId);
    patients.push(patientId);
    if (patients.length > patientsRemembered) patients.shift();
  }
}
