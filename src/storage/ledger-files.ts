/**
 * Looks at the files of a ledger without LevelDB, which passes over a damaged log record as if it had never been written,
 * trusts a table whatever its checksums say, and starts without a log that is gone. What this finds has a name before
 * LevelDB can lose it.
 *
 *   for await (const { file, damage } of checkLedgerFiles(dataDir)) if (damage) …
 *
 * The folder may be in use: files that a running node takes away meanwhile are no damage.
 */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { equalBytes } from '../base/index.ts';
import { FileDamage } from './leveldb/file-damage.ts';
import { FileWindow } from './leveldb/file-window.ts';
import { type Manifest, type ManifestTable, readManifest } from './leveldb/manifest.ts';
import { endOfBatch, readLog } from './leveldb/read-log.ts';
import { checkTable } from './leveldb/table-blocks.ts';

export interface LedgerFileReport {
  /** Below the data folder, such as `ledger/000005.ldb`. */
  readonly file: string;
  /** How large it is; 0 where it is missing. */
  readonly bytes: number;
  /** What is wrong with it, in half a sentence; null where it is whole. */
  readonly damage: string | null;
  /** Bytes at the end of a log that belong to no whole record, as a crash leaves them: they were never acknowledged. */
  readonly tornBytes: number;
}

/**
 * Checks the files of the ledger in a data folder, one after the other, the newest tables first.
 * @param tableBytes stops before the tables that would make it more than so many bytes of tables.
 */
export async function* checkLedgerFiles(
  path: string,
  tableBytes: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<LedgerFileReport> {
  const { reports, manifest } = await checkManifest(path);
  yield* reports;
  yield* checkLogs(path, manifest);
  yield* checkTables(path, manifest, tableBytes);
}

/** CURRENT names the manifest, and the manifest all others. */
async function checkManifest(path: string): Promise<{ reports: LedgerFileReport[]; manifest: Manifest | null }> {
  let name = '';
  const current = await examine(path, 'CURRENT', async (window) => {
    name = Buffer.from(await window.read(0, Math.min(window.size, 64))).toString('latin1');
    if (!/^MANIFEST-\d+\n$/.test(name)) throw new FileDamage('it names no manifest');
    return 0;
  });
  if (current.damage !== null) return { reports: [current], manifest: null };
  let manifest: Manifest | null = null;
  const report = await examine(path, name.trimEnd(), async (window) => {
    const edits: Uint8Array[] = [];
    const tornBytes = await readLog(window, (record) => edits.push(record.slice()));
    manifest = readManifest(edits);
    return tornBytes;
  });
  return { reports: [current, report], manifest };
}

async function* checkLogs(path: string, manifest: Manifest | null): AsyncGenerator<LedgerFileReport> {
  const oldest = manifest?.log ?? 0;
  const numbers = await numbersIn(path, '.log');
  if (oldest > 0 && !numbers.includes(oldest) && (await isStillNamed(path, (latest) => latest.log === oldest))) {
    yield missing(fileName(oldest, 'log'));
  }
  let sequence = 0;
  for (const number of numbers.filter((each) => each >= oldest)) {
    const report = await examine(path, fileName(number, 'log'), (window) =>
      readLog(window, (batch) => {
        sequence = endOfBatch(batch, sequence);
      }),
    );
    if (!isGone(report)) yield report;
  }
}

/** What the manifest says of a table, where it can be read. */
type TableFile = Pick<ManifestTable, 'number'> & Partial<ManifestTable>;

async function* checkTables(
  path: string,
  manifest: Manifest | null,
  mostBytes: number,
): AsyncGenerator<LedgerFileReport> {
  // Where the manifest is damaged, whatever is there is looked at: somebody wants to know what can be saved.
  const tables: TableFile[] = manifest
    ? [...manifest.tables.values()]
    : (await numbersIn(path, '.ldb')).map((number) => ({ number }));
  tables.sort((left, right) => right.number - left.number);
  let bytes = 0;
  const looked = tables.filter((table) => {
    bytes += table.bytes ?? 0;
    return bytes <= mostBytes;
  });
  const begin = (index: number): Promise<LedgerFileReport> | undefined => {
    const report = looked[index] && checkTableFile(path, looked[index]);
    // It is waited for when it is its turn, if that comes.
    report?.catch(() => undefined);
    return report;
  };
  let next = begin(0);
  for (const [index, { number }] of looked.entries()) {
    // While one is looked at the next is read.
    const current = next!;
    next = begin(index + 1);
    const report = await current;
    const isNamed = (latest: Manifest) => [...latest.tables.values()].some((table) => table.number === number);
    if (!isGone(report) || (await isStillNamed(path, isNamed))) yield report;
  }
}

function checkTableFile(path: string, table: TableFile): Promise<LedgerFileReport> {
  return examine(path, fileName(table.number, 'ldb'), async (window) => {
    if (window.size !== (table.bytes ?? window.size)) throw new FileDamage('it is not as long as the manifest says');
    const found = await checkTable(window.size, (offset, length) => window.read(offset, length));
    const { smallest = found.smallest, largest = found.largest } = table;
    if (!equalBytes(smallest, found.smallest) || !equalBytes(largest, found.largest)) {
      throw new FileDamage('it is another table than the manifest says');
    }
    return 0;
  });
}

/** Opens a file and looks at it. @param look returns how many bytes at the end of a log are torn. */
async function examine(
  path: string,
  name: string,
  look: (window: FileWindow) => Promise<number>,
): Promise<LedgerFileReport> {
  const file = `ledger/${name}`;
  let bytes = 0;
  try {
    const handle = await open(join(path, file), 'r');
    try {
      bytes = (await handle.stat()).size;
      const tornBytes = await look(new FileWindow(handle, bytes));
      return { file, bytes, damage: null, tornBytes };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const damage = damageIn(error);
    if (damage === null) throw error;
    return { file, bytes, damage, tornBytes: 0 };
  }
}

const gone = 'it is missing';

function missing(name: string): LedgerFileReport {
  return { file: `ledger/${name}`, bytes: 0, damage: gone, tornBytes: 0 };
}

function isGone({ damage }: LedgerFileReport): boolean {
  return damage === gone;
}

/** What an error says of the file; null where it says something of this process, such as that it may not read it. */
function damageIn(error: unknown): string | null {
  if (error instanceof FileDamage) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return gone;
  if (code === 'EISDIR') return 'there is a folder in its place';
  return code === 'EIO' ? 'the disk cannot read it' : null;
}

/** After a look that took some time: whether a file that is gone is one that the ledger still needs. */
async function isStillNamed(path: string, isNamed: (latest: Manifest) => boolean): Promise<boolean> {
  const { manifest } = await checkManifest(path);
  return manifest !== null && isNamed(manifest);
}

async function numbersIn(path: string, ending: string): Promise<number[]> {
  const files = await readdir(join(path, 'ledger'));
  const numbers = files.filter((file) => file.endsWith(ending)).map((file) => Number.parseInt(file, 10));
  return numbers.filter((number) => Number.isSafeInteger(number)).sort((left, right) => left - right);
}

function fileName(number: number, ending: string): string {
  return `${String(number).padStart(6, '0')}.${ending}`;
}
