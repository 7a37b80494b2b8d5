/** What a scrub found: how many values each family of keys has, and how many of them are damaged or missing. */
import type { Rejection } from '../ledger/index.ts';
import type { LedgerFile } from './node-settings.ts';

/** `damaged` includes a value that is not what the chain leads to, and one that has no business here. */
export interface FaultyRow {
  readonly key: string;
  readonly fault: 'damaged' | 'missing';
}

export interface FamilyReport {
  /** The first part of its keys, such as `undo`: see storage/keys.ts. */
  readonly family: string;
  readonly values: number;
  readonly damaged: number;
  readonly missing: number;
}

export interface ScrubReport {
  /** When the round ended, in milliseconds since 1970 UTC. */
  readonly time: number;
  /** The height up to which every block of the main chain is whole and linked, and the height that it should have. */
  readonly height: number;
  readonly tipHeight: number;
  readonly families: readonly FamilyReport[];
  /** Null where the database is on no disk. */
  readonly files: { readonly checked: number; readonly damaged: readonly LedgerFile[] } | null;
  /** The first block that breaks a rule; null where none does, or where the rules were not asked. */
  readonly failure: { readonly height: number; readonly rejection: Rejection } | null;
  readonly sound: boolean;
}

/** Every family of the key table, in the order in which a report lists them. */
const families =
  'meta tip block header height undo rewards state patient open-order open-prescription authored side outbox own lost reorg equivocation cursor record hosting'.split(
    ' ',
  );

export function familyOf(key: string): string {
  return key.split('/', 1)[0]!;
}

/** Counts as a round goes on. */
export class ScrubTally {
  readonly #values = new Map<string, number>();
  readonly #faults = new Map<string, FaultyRow>();
  readonly #damagedFiles: LedgerFile[] = [];
  #files: number | null = null;

  value(key: string): void {
    const family = familyOf(key);
    this.#values.set(family, (this.#values.get(family) ?? 0) + 1);
  }

  /** One row counts once, whoever finds it. */
  fault(row: FaultyRow): void {
    if (!this.#faults.has(row.key)) this.#faults.set(row.key, row);
  }

  file(file: LedgerFile): void {
    this.#files = (this.#files ?? 0) + 1;
    if (file.damage !== null) this.#damagedFiles.push(file);
  }

  faults(): FaultyRow[] {
    return [...this.#faults.values()];
  }

  report(facts: Pick<ScrubReport, 'time' | 'height' | 'tipHeight' | 'failure'>): ScrubReport {
    const faults = this.faults();
    const known = [...families, ...[...this.#values.keys()].filter((family) => !families.includes(family))];
    const reports = known.map((family): FamilyReport => {
      const own = faults.filter(({ key }) => familyOf(key) === family);
      const missing = own.filter(({ fault }) => fault === 'missing').length;
      return { family, values: this.#values.get(family) ?? 0, damaged: own.length - missing, missing };
    });
    const files = this.#files === null ? null : { checked: this.#files, damaged: this.#damagedFiles };
    const isWhole = facts.failure === null && facts.height === facts.tipHeight;
    const sound = isWhole && faults.length === 0 && this.#damagedFiles.length === 0;
    return { ...facts, families: reports, files, sound };
  }
}

/** How many rows of each family, in words for a log or a sentence: `block 1, undo 2`. */
export function countByFamily(keys: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[familyOf(key)] = (counts[familyOf(key)] ?? 0) + 1;
  return counts;
}

export function familyWords(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([family, count]) => `${family} ${count}`)
    .join(', ');
}
