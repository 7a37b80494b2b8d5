/**
 * A file of lines that does not grow for ever. Full, it is put aside as `<path>.1`, what was there before as `.2` and so on,
 * and a new one is begun; the oldest goes. Files are only renamed, so wherever the process ends, every line is in one of them.
 *
 * Writing never throws: whoever writes here has more important things to do. A line that the disk does not take is left
 * out, and when it takes lines again, the first one says how many are missing.
 */
import { closeSync, fstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs';

export interface LineFileLimits {
  readonly mostBytes: number;
  /** How many that were put aside are kept. */
  readonly olderFiles: number;
}

export interface LineFile {
  /** @param line with its line end. */
  write(line: string): void;
  /** What is written afterwards is dropped. */
  close(): void;
}

interface Opened {
  readonly descriptor: number;
  bytes: number;
  /** It ends in the middle of a line: a crash or a full disk cut it off. */
  isTorn: boolean;
}

/**
 * @param tellGap the line that stands for lines that are missing.
 * @throws what opening the file throws, this first time.
 */
export function openLineFile(path: string, limits: LineFileLimits, tellGap: (lines: number) => string): LineFile {
  let file: Opened | null = open(path);
  let missing = 0;
  let isClosed = false;

  /** Where the file cannot be put aside, it is written on, until it is twice as long as it should be. */
  function putAside(full: Opened): void {
    try {
      for (let age = limits.olderFiles; age > 1; age--) rename(`${path}.${age - 1}`, `${path}.${age}`);
      renameSync(path, `${path}.1`);
    } catch (error) {
      if (full.bytes < 2 * limits.mostBytes) return;
      throw error;
    }
    file = null;
    closeSync(full.descriptor);
  }

  function append(line: string): void {
    const bytes = Buffer.from(line);
    if (file && file.bytes > 0 && file.bytes + bytes.length > limits.mostBytes) putAside(file);
    file ??= open(path);
    writeAll(file, bytes);
  }

  return {
    write(line) {
      if (isClosed) return;
      try {
        if (missing > 0) append(tellGap(missing));
        missing = 0;
        append(line);
      } catch {
        missing += 1;
      }
    },
    close() {
      isClosed = true;
      if (file) closeSync(file.descriptor);
      file = null;
    },
  };
}

function open(path: string): Opened {
  // For reading too: what the last process left there may end in the middle of a line.
  const descriptor = openSync(path, 'a+', 0o600);
  const bytes = fstatSync(descriptor).size;
  const last = Buffer.from('\n');
  if (bytes > 0) readSync(descriptor, last, 0, 1, bytes - 1);
  return { descriptor, bytes, isTorn: last.toString() !== '\n' };
}

/** A file that is not there need not be renamed. */
function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** A disk that has little room takes a part of what it is given. */
function writeAll(file: Opened, line: Buffer): void {
  const bytes = file.isTorn ? Buffer.concat([Buffer.from('\n'), line]) : line;
  for (let written = 0; written < bytes.length; ) {
    const taken = writeSync(file.descriptor, bytes, written);
    written += taken;
    file.bytes += taken;
    file.isTorn = written < bytes.length;
  }
}
