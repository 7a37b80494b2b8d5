/** What can go wrong with a data folder, in sentences that say what to do. Nothing is ever repaired silently. */
import { CarechainError } from '../base/index.ts';

const remedy =
  'Stop the node; `carechain scrub --data-dir <folder>` shows how far the damage goes, `carechain scrub --heal --data-dir <folder>` mends it. What is missing then comes from the peers.';

/** A stored value is not what was written. The facts name the family of its key only: the rest may name a patient. */
export function damaged(key: string, cause?: unknown): CarechainError {
  const prefix = key.split('/', 1)[0]!;
  return new CarechainError('folder-damaged', `A stored value (${prefix}) is damaged. ${remedy}`, { prefix }, cause);
}

/** A block of the main chain is missing, or not what the chain says. */
export function damagedAt(height: number, what: string, cause?: unknown): CarechainError {
  return new CarechainError('folder-damaged', `Block #${height} in this folder ${what}. ${remedy}`, { height }, cause);
}

/** The folder lacks files or values without which it cannot be used. */
export function damagedFolder(what: string, facts: Readonly<Record<string, unknown>>, cause?: unknown): CarechainError {
  return new CarechainError('folder-damaged', `${what} ${remedy}`, facts, cause);
}

/** A read that failed, whatever the key; what is typed already passes through. */
export function readFailure(key: string, error: unknown): unknown {
  const code = levelCode(error);
  // A table that the manifest names and that is gone is damage, no trouble of the disk.
  const isGone = error instanceof Error && error.message.includes('No such file or directory');
  if (code === 'LEVEL_CORRUPTION' || isGone) return damaged(key, error);
  return code === null ? error : ioFailure(code, 'read from', error);
}

/** A batch that failed; nothing of it counts. */
export function writeFailure(error: unknown): unknown {
  const code = levelCode(error);
  return code === null ? error : ioFailure(code, 'write to', error);
}

/** Whether an error of a write says that the disk failed, rather than that the caller did. */
export function isFaultOfTheDisk(error: unknown): boolean {
  const code = levelCode(error);
  return code !== null && !/^LEVEL_(DATABASE_NOT_OPEN|INVALID_|ENCODING_)/.test(code);
}

/** The database is being opened again after a failure, or that failed. */
export function reopeningFailed(cause?: unknown): CarechainError {
  const { code } = ((cause as { cause?: unknown } | undefined)?.cause ?? cause ?? {}) as { code?: unknown };
  return failedFolder('use', typeof code === 'string' ? code : 'reopening', cause);
}

function ioFailure(reason: string, what: string, cause: unknown): CarechainError {
  if (reason === 'LEVEL_DATABASE_NOT_OPEN') {
    return new CarechainError('folder-closed', 'The data folder is closed: the node is stopping.', {}, cause);
  }
  return failedFolder(what, reason, cause);
}

function failedFolder(what: string, reason: string, cause: unknown): CarechainError {
  const sentence = `This node could not ${what} its data folder (${reason}); nothing of the last write counts. Look at the disk: is it full? When there is room again, the next write goes through, and nothing needs to be started again.`;
  return new CarechainError('folder-failed', sentence, { reason }, cause);
}

function levelCode(error: unknown): string | null {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return code.startsWith('LEVEL_') ? code : null;
  // A synchronous read fails in LevelDB's own words, without a code.
  if (typeof message !== 'string') return null;
  if (message.startsWith('Corruption: ')) return 'LEVEL_CORRUPTION';
  return message.startsWith('IO error: ') ? 'LEVEL_IO_ERROR' : null;
}
