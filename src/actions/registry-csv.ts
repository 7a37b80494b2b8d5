/**
 * patient_registry.csv: which name belongs to which patient id, in the clear, on the doctor's own machine only.
 *
 * RFC 4180 with a header. People open it in a spreadsheet, so a cell that would be taken for a formula gets an apostrophe
 * before it, which reading takes away again. Several nodes on one machine may share the file: whoever appends holds a lock
 * beside it, and a row is one write.
 */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { CarechainError, type Clock, type Random } from '../base/index.ts';
import { errorCodes } from './error-codes.ts';
import { withFileLock } from './file-lock.ts';

export interface RegistryRow {
  readonly patientId: string;
  readonly name: string;
  readonly registeredBy: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
}

export interface RegistryCsv {
  /** @throws CarechainError `file-unwritable`. */
  append(row: RegistryRow): Promise<void>;
  /** Rows in the order of the file; none where there is no file. @throws CarechainError `file-unreadable`. */
  rows(): Promise<readonly RegistryRow[]>;
}

const header = ['patient_id', 'name', 'registered_by', 'timestamp'];
/** What a spreadsheet takes for the beginning of a formula; apostrophes before it were there, or say that it is none. */
const needsEscape = /^'*[=+\-@\t\r]/;
const escapedStart = /^'(?='*[=+\-@\t\r])/;

export function openRegistryCsv(path: string, world: { readonly clock: Clock; readonly random: Random }): RegistryCsv {
  return {
    async append({ patientId, name, registeredBy, timestamp }) {
      const cells = [patientId, name, registeredBy, timestamp].map(escapeFormula);
      try {
        await withFileLock(`${path}.lock`, world, () => appendRow(path, cells));
      } catch (error) {
        throw fileError('file-unwritable', error);
      }
    },
    async rows() {
      try {
        return registryRows(await readFile(path, 'utf8'));
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return [];
        throw error instanceof CarechainError ? error : fileError('file-unreadable', error);
      }
    },
  };
}

/** Called under the lock. What a crash or an editor left without a line end is ended first. */
async function appendRow(path: string, cells: readonly string[]): Promise<void> {
  const file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const start = size === 0 ? [header] : [];
    const before = size > 0 && !(await endsALine(file, size)) ? '\r\n' : '';
    await file.appendFile(
      before + stringify([...start, cells], { record_delimiter: 'windows', quoted_match: /[\r\n]/ }),
    );
    await file.sync();
  } finally {
    await file.close();
  }
}

async function endsALine(file: FileHandle, size: number): Promise<boolean> {
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  return last[0] === 0x0a;
}

/** The rows of the file's text. @throws CarechainError `file-unreadable`. */
export function registryRows(text: string): RegistryRow[] {
  const records = recordsOf(text);
  const cells = records.map((record) => record.map((cell) => cell.replace(escapedStart, '')));
  return cells
    .filter(([patientId]) => patientId !== undefined && patientId !== header[0])
    .map(([patientId = '', name = '', registeredBy = '', timestamp = '']) => {
      return { patientId, name, registeredBy, timestamp };
    });
}

/** A spreadsheet may have saved it: with a byte order mark, other line ends, or a row that is too short. */
function recordsOf(text: string): string[][] {
  try {
    return parse(text, { bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true });
  } catch (error) {
    throw fileError('file-unreadable', error);
  }
}

function escapeFormula(cell: string): string {
  return needsEscape.test(cell) ? `'${cell}` : cell;
}

function errorCode(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

function fileError(code: 'file-unwritable' | 'file-unreadable', cause: unknown): CarechainError {
  const { sentence, nextStep } = errorCodes[code];
  const reason = errorCode(cause);
  return new CarechainError(
    code,
    `${sentence} ${nextStep}`,
    { reason: typeof reason === 'string' ? reason : null },
    cause,
  );
}
