/**
 * LevelDB's manifest: a log (see log-records.ts) of edits that lead to the set of files which hold the database now
 * (leveldb, doc/impl.md and db/version_edit.cc).
 */
import { ByteCursor } from './byte-cursor.ts';
import { FileDamage } from './file-damage.ts';
import type { TableBounds } from './table-blocks.ts';

export interface ManifestTable extends TableBounds {
  readonly number: number;
  readonly bytes: number;
}

/** The files that must be there. */
export interface Manifest {
  /** The log that was written last when the manifest was; newer ones may be there too. 0 where there was none yet. */
  readonly log: number;
  /** By level and number. */
  readonly tables: ReadonlyMap<string, ManifestTable>;
}

/** Applies the edits of a manifest, in their order. @throws FileDamage */
export function readManifest(edits: Iterable<Uint8Array>): Manifest {
  let log: number | null = null;
  const tables = new Map<string, ManifestTable>();
  for (const edit of edits) {
    const cursor = new ByteCursor(edit);
    while (!cursor.isAtEnd) {
      const field = cursor.varint();
      if (field === fields.logNumber) log = cursor.varint();
      else if (field === fields.deletedTable) tables.delete(nameOf(cursor.varint(), cursor.varint()));
      else if (field === fields.newTable) {
        const [level, number, bytes] = [cursor.varint(), cursor.varint(), cursor.varint()];
        tables.set(nameOf(level, number), { number, bytes, smallest: cursor.counted(), largest: cursor.counted() });
      } else skip(field, cursor);
    }
  }
  if (log === null) throw new FileDamage('the manifest names no log');
  return { log, tables };
}

const fields = {
  comparator: 1,
  logNumber: 2,
  nextFileNumber: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedTable: 6,
  newTable: 7,
  previousLogNumber: 9,
} as const;

function skip(field: number, cursor: ByteCursor): void {
  if (field === fields.comparator) cursor.counted();
  else if (field === fields.compactPointer) {
    cursor.varint();
    cursor.counted();
  } else if (field === fields.nextFileNumber || field === fields.lastSequence || field === fields.previousLogNumber) {
    cursor.varint();
  } else throw new FileDamage('the manifest has an unknown field');
}

function nameOf(level: number, number: number): string {
  return `${level}/${number}`;
}
