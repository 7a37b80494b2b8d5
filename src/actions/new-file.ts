/** A file that a person names and that is not there yet: written whole and synced, or not there afterwards. */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { CarechainError } from '../base/index.ts';
import { errorCodes } from './error-codes.ts';

/**
 * For its owner's eyes only.
 * @param write with `appendFile`, which goes on where the disk takes a part: `write` only says so in its result.
 * @throws CarechainError `file-exists` or `file-unwritable`, and what `write` throws that is one.
 */
export async function writeNewFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw refusal((error as { code?: unknown }).code === 'EEXIST' ? 'file-exists' : 'file-unwritable', path, error);
  });
  try {
    await write(file);
    await file.sync();
  } catch (error) {
    // The beginning of it must not pass for the whole.
    await rm(path, { force: true }).catch(() => undefined);
    throw error instanceof CarechainError ? error : refusal('file-unwritable', path, error);
  } finally {
    await file.close();
  }
}

function refusal(code: 'file-exists' | 'file-unwritable', path: string, cause: unknown): CarechainError {
  const { sentence, nextStep } = errorCodes[code];
  return new CarechainError(code, `${path}: ${sentence} ${nextStep}`, {}, cause);
}
