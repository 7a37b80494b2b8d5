/**
 * patient_registry.csv: which name belongs to which patient id, in the clear, on the doctor's own machine only.
 *
 * RFC 4180 with a header. People open it in a spreadsheet, so a cell that would be taken for a formula gets an apostrophe
 * before it, which reading takes away again. Several nodes on one machine may share the file: whoever appends holds a lock
 * beside it, and a row is one write. It is read piece by piece, so that a long one holds nothing else up.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import { CarechainError, type Clock, limits, type Random } from '../base/index.ts';
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
  /**
   * Rows in the order of the file; none where there is no file.
   * @throws CarechainError `registry-too-large`, `file-unreadable`.
   */
  rows(): Promise<readonly RegistryRow[]>;
}

const header = ['patient_id', 'name', 'registered_by', 'timestamp'];
/** What a spreadsheet takes for the beginning of a formula; apostrophes before it were there, or say that it is none. */
const needsEscape = /^'*[=+\-@\t\r]/;
const escapedStart = /^'(?='*[=+\-@\t\r])/;

/** What is parsed in one go. */
const pieceBytes = 65_536;

/** A spreadsheet may have saved it: with a byte order mark, other line ends, or a row that is too short. */
const form = {
  bom: true,
  // All three, since a program and this one may end lines differently. A parser that must find out tries at every byte.
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: true,
};

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
        return await readRows(path);
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return [];
        throw error instanceof CarechainError ? error : fileError('file-unreadable', error);
      }
    },
  };
}

async function readRows(path: string): Promise<RegistryRow[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > limits.registryBytes) throw fileError('registry-too-large');
    const end = limits.registryBytes - 1;
    return await registryRows(file.createReadStream({ highWaterMark: pieceBytes, end, autoClose: false }));
  } finally {
    await file.close();
  }
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

/** The rows in the bytes of the file, in whatever pieces they come. @throws CarechainError `file-unreadable`. */
export async function registryRows(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<RegistryRow[]> {
  const rows: RegistryRow[] = [];
  try {
    await pipeline(pieces, parse(form), async (records: AsyncIterable<string[]>) => {
      for await (const record of records) {
        const [patientId = '', name = '', registeredBy = '', timestamp = ''] = record.map(unescapeFormula);
        if (patientId !== header[0]) rows.push({ patientId, name, registeredBy, timestamp });
      }
    });
  } catch (error) {
    throw fileError('file-unreadable', error);
  }
  return rows;
}

function unescapeFormula(cell: string): string {
  return cell.replace(escapedStart, '');
}

function escapeFormula(cell: string): string {
  return needsEscape.test(cell) ? `'${cell}` : cell;
}

function errorCode(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

function fileError(
  code: 'file-unwritable' | 'file-unreadable' | 'registry-too-large',
  cause?: unknown,
): CarechainError {
  const { sentence, nextStep } = errorCodes[code];
  const reason = errorCode(cause);
  return new CarechainError(
    code,
    `${sentence} ${nextStep}`,
    { reason: typeof reason === 'string' ? reason : null },
    cause,
  );
}
