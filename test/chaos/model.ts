/**
 * A small ledger of its own, written from the words of DESIGN.md and not from the code: what the blocks of an export
 * must lead to. Each order is answered at most once, each prescription filled at most once, each cause rewarded once, in
 * the block after it or when SYSTEM can pay again; nobody spends what they do not have; the sum never changes.
 */
export interface ExportedTransaction {
  readonly id: string;
  readonly kind: string;
  readonly author: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ExportedReward {
  readonly id: string;
  readonly to: string;
  readonly amount: number;
  readonly rule: string;
  readonly cause: string;
}

export interface ExportedBlock {
  readonly height: number;
  readonly hash: string;
  readonly rewards: readonly ExportedReward[];
  readonly transactions: readonly ExportedTransaction[];
}

export const supply = 1_000_000;
const system = 'SYSTEM_BANK_001';
const rewardsPerBlock = 4_000;
const rewardAmounts = { 'order-reward': 500, 'fill-reward': 700 } as const;

interface Due {
  readonly rule: keyof typeof rewardAmounts;
  readonly cause: string;
  readonly to: string;
}

export class Model {
  readonly balances = new Map<string, number>([[system, supply]]);
  /** Id -> height of its block. */
  readonly confirmed = new Map<string, number>();
  readonly rewards = new Set<string>();
  readonly perKind = new Map<string, number>();
  /** Order -> the result that answered it; prescription -> what closed it. */
  readonly answeredBy = new Map<string, string>();
  readonly closedBy = new Map<string, string>();
  /** Where the blocks do what the rules forbid. */
  readonly complaints: string[] = [];
  readonly duplicates: string[] = [];
  readonly #patients = new Set<string>();
  readonly #orderedBy = new Map<string, string>();
  readonly #prescribedBy = new Map<string, string>();
  #due: Due[] = [];

  /** @param nameOf the username of a member id. */
  constructor(blocks: readonly ExportedBlock[], nameOf: (memberId: string) => string) {
    for (const { height, rewards, transactions } of blocks) {
      this.#pay(height, rewards, nameOf);
      for (const transaction of transactions) this.#take(height, transaction, nameOf);
      const sum = [...this.balances.values()].reduce((total, balance) => total + balance, 0);
      if (sum !== supply) this.complaints.push(`#${height}: all balances add up to ${sum}`);
    }
  }

  balanceOf(username: string): number {
    return this.balances.get(username) ?? 0;
  }

  #pay(height: number, rewards: readonly ExportedReward[], nameOf: (memberId: string) => string): void {
    const due = this.#takePayable();
    const paid = rewards.map(({ rule, cause, to, amount }) => `${rule} for ${cause} to ${nameOf(to)}: ${amount}`);
    const owed = due.map(({ rule, cause, to }) => `${rule} for ${cause} to ${to}: ${rewardAmounts[rule]}`);
    if (paid.join() !== owed.join()) this.complaints.push(`#${height} pays [${paid}] and owes [${owed}]`);
    for (const { id, to, amount } of rewards) {
      if (this.rewards.has(id)) this.duplicates.push(`the reward ${id} is paid again in #${height}`);
      this.rewards.add(id);
      this.#move(height, system, nameOf(to), amount);
    }
  }

  /** From the front of the queue, as many as a block may pay and SYSTEM has money for; the others wait. */
  #takePayable(): Due[] {
    let left = this.balanceOf(system);
    let count = 0;
    for (const { rule } of this.#due.slice(0, rewardsPerBlock)) {
      left -= rewardAmounts[rule];
      if (left < 0) break;
      count += 1;
    }
    return this.#due.splice(0, count);
  }

  #take(height: number, { id, kind, author, fields }: ExportedTransaction, nameOf: (memberId: string) => string): void {
    if (this.confirmed.has(id)) this.duplicates.push(`${kind} ${id} is in #${this.confirmed.get(id)} and #${height}`);
    this.confirmed.set(id, height);
    this.perKind.set(kind, (this.perKind.get(kind) ?? 0) + 1);
    const { patient, order, prescription, to, amount } = fields as Readonly<Record<string, string>>;
    if (kind === 'PATIENT_REGISTRATION') {
      if (this.#patients.has(patient!)) this.duplicates.push(`patient ${patient} is registered again in #${height}`);
      this.#patients.add(patient!);
    } else if (kind === 'DOCTOR_CONSULTATION') {
      this.#expectPatient(height, patient!);
      const { records } = fields as { records: { order?: unknown } };
      if (records.order) this.#orderedBy.set(id, author);
    } else if (kind === 'LAB_TEST_RESULT') {
      this.#close(height, this.#orderedBy, this.answeredBy, order!, id);
      this.#due.push({ rule: 'order-reward', cause: id, to: this.#orderedBy.get(order!) ?? '' });
    } else if (kind === 'PRESCRIPTION') {
      this.#expectPatient(height, patient!);
      this.#prescribedBy.set(id, author);
    } else if (kind === 'PRESCRIPTION_FILLED' || kind === 'PRESCRIPTION_CANCELLATION') {
      this.#close(height, this.#prescribedBy, this.closedBy, prescription!, id);
      if (kind === 'PRESCRIPTION_FILLED')
        this.#due.push({ rule: 'fill-reward', cause: id, to: this.#prescribedBy.get(prescription!) ?? '' });
    } else if (kind === 'TRANSFER_ECASH') {
      this.#move(height, author, nameOf(to!), Number(amount));
    } else {
      this.complaints.push(`#${height} holds a ${kind}`);
    }
  }

  #expectPatient(height: number, patient: string): void {
    if (!this.#patients.has(patient))
      this.complaints.push(`#${height} is about patient ${patient}, whom nobody registered`);
  }

  #close(
    height: number,
    opened: ReadonlyMap<string, string>,
    closed: Map<string, string>,
    subject: string,
    by: string,
  ): void {
    if (!opened.has(subject)) this.complaints.push(`#${height} closes ${subject}, which nobody opened`);
    const earlier = closed.get(subject);
    if (earlier !== undefined) this.duplicates.push(`${subject} is closed by ${earlier} and, in #${height}, by ${by}`);
    closed.set(subject, by);
  }

  #move(height: number, from: string, to: string, amount: number): void {
    const left = this.balanceOf(from) - amount;
    if (left < 0 || !(amount > 0))
      this.complaints.push(`#${height} takes ${amount} from ${from}, who has ${left + amount}`);
    this.balances.set(from, left);
    this.balances.set(to, this.balanceOf(to) + amount);
  }
}
