/**
 * The records that are wanted and not here, and when each is to be asked for next: at once, then after 250 ms, 500 ms,
 * 1 s and so on up to five minutes, and from there every five minutes for ever.
 *
 * All that have failed equally often wait in one line. What joins a line waits as long as those before it, so the head of
 * each line is the first that is due, and asking costs what is due, not what is wanted.
 */
import type { Sealed } from '../ledger/index.ts';

export interface WantedRecord {
  /** See record-id.ts. */
  readonly id: string;
  readonly sealed: Sealed;
  /** The transaction that commits to it; null while only a reader here has asked for it. */
  readonly transaction: string | null;
}

const firstDelayMs = 250;
const lastDelayMs = 5 * 60 * 1_000;
/** The line of what is due at once, and one for each delay. */
const lineCount = 2 + Math.ceil(Math.log2(lastDelayMs / firstDelayMs));

export class Wanted {
  readonly #records = new Map<string, { record: WantedRecord; line: number }>();
  /** Per line: ids with the time when they are due, the first due first. */
  readonly #lines = Array.from({ length: lineCount }, () => new Map<string, number>());

  get size(): number {
    return this.#records.size;
  }

  has(id: string): boolean {
    return this.#records.has(id);
  }

  get(id: string): WantedRecord | undefined {
    return this.#records.get(id)?.record;
  }

  /** All of them, the longest wanted first. What is removed meanwhile is left out. */
  *all(): Generator<WantedRecord> {
    for (const { record } of this.#records.values()) yield record;
  }

  /** Wants a record, and asks for it at once, also where it is wanted already. */
  add(record: WantedRecord): void {
    const known = this.#records.get(record.id);
    if (known) this.#lines[known.line]!.delete(record.id);
    this.#records.set(record.id, { record, line: 0 });
    this.#lines[0]!.set(record.id, 0);
  }

  remove(id: string): void {
    const known = this.#records.get(id);
    if (!known) return;
    this.#lines[known.line]!.delete(id);
    this.#records.delete(id);
  }

  /** Takes at most `most` of those that are due out of their lines. What does not arrive is handed to {@link postpone}. */
  take(now: number, most: number): WantedRecord[] {
    const taken: WantedRecord[] = [];
    for (const line of this.#lines) {
      for (const [id, dueMs] of line) {
        if (dueMs > now || taken.length === most) break;
        line.delete(id);
        taken.push(this.#records.get(id)!.record);
      }
    }
    return taken;
  }

  /** Puts records that did not arrive into the next line, as far as they are still wanted. */
  postpone(ids: Iterable<string>, now: number): void {
    for (const id of ids) {
      const known = this.#records.get(id);
      // One that was wanted anew meanwhile is in a line already.
      if (!known || this.#lines[known.line]!.has(id)) continue;
      known.line = Math.min(known.line + 1, lineCount - 1);
      this.#lines[known.line]!.set(id, now + delayMs(known.line));
    }
  }

  /** When the next one is due, in milliseconds since 1970 UTC; null where nothing waits. */
  nextDueMs(): number | null {
    let next: number | null = null;
    for (const line of this.#lines) {
      const [first] = line.values();
      if (first !== undefined && (next === null || first < next)) next = first;
    }
    return next;
  }
}

function delayMs(line: number): number {
  return Math.min(firstDelayMs * 2 ** (line - 1), lastDelayMs);
}
