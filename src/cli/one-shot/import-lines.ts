/** The lines of a file that is imported: one map of JSON each, no longer than any block, that says nothing twice. */
import { createReadStream } from 'node:fs';
import { errorCodes } from '../../actions/index.ts';
import { CarechainError } from '../../base/index.ts';
import { type RejectionCode, rejections } from '../../ledger/index.ts';
import { type ByteLine, ByteLines } from '../byte-lines.ts';
import { readStrictJson } from '../strict-json.ts';
import type { BlockLine } from './block-line.ts';

/** A block of a megabyte, in hex and in readable words, takes less than four; all the rewards that it may pay take 1.6. */
export const longestLineBytes = 6_000_000;

export function importFailure(code: RejectionCode, height: number, where: string): CarechainError {
  const { sentence } = rejections[code];
  return new CarechainError(
    code,
    `Block #${height} fails the check ${code}: ${sentence} ${where} Nothing was imported.`,
  );
}

/** @throws CarechainError `malformed-block` as {@link parseLine} does, and `file-unreadable`. */
export async function* readLines(file: string): AsyncGenerator<{ line: BlockLine; number: number }> {
  const lines = new ByteLines(longestLineBytes);
  for await (const chunk of chunksOf(file)) {
    for (const line of lines.push(chunk)) yield { line: parseLine(line), number: line.number };
  }
  for (const line of lines.end()) yield { line: parseLine(line), number: line.number };
}

/** Only what the disk says is held against the file. */
async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Uint8Array;
  } catch (error) {
    const { sentence, nextStep } = errorCodes['file-unreadable'];
    throw new CarechainError('file-unreadable', `${file}: ${sentence} ${nextStep}`, {}, error);
  }
}

/** @throws CarechainError `malformed-block`. */
export function parseLine(line: ByteLine): BlockLine {
  const read = line.problem === null ? readStrictJson(line.text) : null;
  if (read?.problem === 'key-twice') {
    throw importFailure('malformed-block', line.number - 1, `Line ${line.number} says a field twice.`);
  }
  if (read?.problem === null && isMap(read.value)) return read.value;
  throw importFailure('malformed-block', line.number - 1, `Line ${line.number} is not a block in JSON.`);
}

function isMap(value: unknown): value is BlockLine {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
