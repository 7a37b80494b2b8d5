/**
 * What the nodes have promised, as whoever was promised wrote it down: a line for each acknowledgement, on the disk before
 * it counts. It is the oracle of every run: what stands here must be in the ledger at the end, once, or be lost for a
 * reason that the rules give.
 */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Role } from './roles.ts';

export interface Acknowledgement {
  readonly id: string;
  readonly kind: string;
  /** The node that said "ok". */
  readonly node: Role;
  /** Words of its sealed record, which were promised too; null for what has none. */
  readonly says: string | null;
}

export class AcknowledgementLog {
  readonly path: string;
  readonly #file: number;
  readonly #all: Acknowledgement[] = [];
  /** Kind -> lines that were typed and got no answer: each may have had its effect or not. */
  readonly inDoubt = new Map<string, number>();
  /** Kind -> lines that were answered with a fault of the folder, which says that nothing of them counts. */
  readonly refused = new Map<string, number>();

  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, 'a', 0o600);
  }

  note(acknowledgement: Acknowledgement): void {
    writeSync(this.#file, `${JSON.stringify(acknowledgement)}\n`);
    fdatasyncSync(this.#file);
    this.#all.push(acknowledgement);
  }

  noteDoubt(kind: string): void {
    this.inDoubt.set(kind, (this.inDoubt.get(kind) ?? 0) + 1);
  }

  noteRefusal(kind: string): void {
    this.refused.set(kind, (this.refused.get(kind) ?? 0) + 1);
  }

  get count(): number {
    return this.#all.length;
  }

  by(node: Role): readonly Acknowledgement[] {
    return this.#all.filter((each) => each.node === node);
  }

  /** As the file has it. */
  read(): Acknowledgement[] {
    const lines = readFileSync(this.path, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Acknowledgement);
  }

  close(): void {
    closeSync(this.#file);
  }
}
