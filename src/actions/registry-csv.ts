/**
 * patient_registry.csv: which name belongs to which patient id, in the clear, on the doctor's own machine only.
 *
 * RFC 4180 with a header. People open it in a spreadsheet, so a cell that would be taken for a formula gets an apostrophe
 * before it, which reading takes away again. Several nodes on one machine may share the file: whoever appends holds a lock
 * beside it, and a row is one write. It is read piece by piece, so that a long one holds nothing else up.
 *
 * A loss of power may leave the beginning of a row. Where that ends within quotes it would take the rows behind it for a
 * part of itself: it is not read, and moved to a file of its own before the next row is written.
 */
import { appendFile, type FileHandle, open } from 'node:fs/promises';
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
    return (await wholeRows(file, size)).rows;
  } finally {
    await file.close();
  }
}

/** The rows, and where the last whole one ends: before the end only where a torn row follows that ends within quotes. */
async function wholeRows(file: FileHandle, size: number): Promise<{ rows: RegistryRow[]; end: number }> {
  try {
    return { rows: await rowsBefore(file, size), end: size };
  } catch (error) {
    if (!endsWithinQuotes(error)) throw error;
    const end = await lastLineStart(file, size);
    // A row of ours is never the first line, so nothing of this file is.
    if (end === 0) throw error;
    return { rows: await rowsBefore(file, end), end };
  }
}

async function rowsBefore(file: FileHandle, end: number): Promise<RegistryRow[]> {
  if (end === 0) return [];
  return registryRows(file.createReadStream({ start: 0, end: end - 1, highWaterMark: pieceBytes, autoClose: false }));
}

function endsWithinQuotes(error: unknown): boolean {
  return error instanceof CarechainError && error.facts.reason === 'CSV_QUOTE_NOT_CLOSED';
}

/** Called under the lock. What an editor left without a line end is ended first. */
async function appendRow(path: string, cells: readonly string[]): Promise<void> {
  const file = await open(path, 'a+', 0o600);
  try {
    const size = await withoutTornRow(path, file);
    const start = size === 0 ? [header] : [];
    const before = size > 0 && !(await endsALine(file, size)) ? '\r\n' : '';
    const row = before + stringify([...start, cells], { record_delimiter: 'windows', quoted_match: /[\r\n]/ });
    try {
      await file.appendFile(row);
      await file.sync();
    } catch (error) {
      // A disk that is full may have taken a part of it.
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
  } finally {
    await file.close();
  }
}

/** @returns how many bytes are left. */
async function withoutTornRow(path: string, file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  if (size === 0 || size > limits.registryBytes || (await endsALine(file, size))) return size;
  // What is no such file stays as it is.
  const { end } = await wholeRows(file, size).catch(() => ({ end: size }));
  if (end === size) return size;
  const torn = Buffer.alloc(size - end);
  await file.read(torn, 0, torn.length, end);
  await appendFile(`${path}.torn`, Buffer.concat([torn, Buffer.from('\n')]), { mode: 0o600, flush: true });
  await file.truncate(end);
  return end;
}

async function endsALine(file: FileHandle, size: number): Promise<boolean> {
  return (await lastLineStart(file, size)) === size;
}

/** Where the line begins that the file ends with. */
async function lastLineStart(file: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0; end -= pieceBytes) {
    const piece = Buffer.alloc(Math.min(pieceBytes, end));
    await file.read(piece, 0, piece.length, end - piece.length);
    const at = piece.lastIndexOf(0x0a);
    if (at >= 0) return end - piece.length + at + 1;
  }
  return 0;
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
