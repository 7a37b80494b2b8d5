/**
 * Damages of a data folder, as disks, crashes and hands do them: bits that flip, ranges that become zeros, files that end
 * early, carry something behind their end, are gone, or lie under each other's names. The tests and the chaos program
 * inject them; a seed decides which.
 *
 *   for (const damage of await damageCases(sound, 7)) {
 *     await cp(sound, folder, { recursive: true });
 *     await damage.apply(folder);
 *     // Open it: refused with a name, or every value right. A case of `isCrashShape` may also end earlier.
 *   }
 */
import { createHash } from 'node:crypto';
import { appendFile, open, readdir, readFile, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';

/** `text` is what LevelDB writes for people, its files LOG and LOG.old. */
export type FileClass = 'log' | 'table' | 'manifest' | 'current' | 'lock' | 'text' | 'node-key' | 'process-file';

export interface DamageCase {
  readonly fileClass: FileClass;
  /** Its path below the data folder. */
  readonly file: string;
  /** Such as `bit 3 of byte 1234 flipped`. */
  readonly what: string;
  /** A crash or a loss of power leaves a log like this one: the chain may end earlier, but must hold up to there. */
  readonly isCrashShape: boolean;
  /** Damages a folder that is, byte by byte, the one for which the cases were made. */
  apply(folder: string): Promise<void>;
}

type Damage = Pick<DamageCase, 'what' | 'apply'> & { readonly isCrashShape?: boolean };

interface Target {
  readonly fileClass: FileClass;
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** A number below `most` that the seed and the name of the draw decide. */
type Draw = (name: string, most: number) => number;

const rangeBytes = 512;

/** How many of a hundred cases damage a file of a class that the folder has. */
const shares: Readonly<Record<FileClass, number>> = {
  log: 34,
  table: 30,
  manifest: 14,
  current: 6,
  'node-key': 7,
  text: 3,
  lock: 3,
  'process-file': 3,
};

/**
 * Cases for every file of the folder, in an order that the seed decides, so that any number of the first is a fair sample.
 * @param folder a data folder that no process holds. @param most cases.
 */
export async function damageCases(folder: string, seed: number, most = 300): Promise<DamageCase[]> {
  const targets = await targetsIn(folder);
  const total = targets.reduce((sum, { fileClass }, _at, all) => sum + shareOf(fileClass, all), 0);
  const cases = targets.flatMap((target) => {
    const count = Math.max(2, Math.ceil((most * shareOf(target.fileClass, targets)) / total));
    return Array.from({ length: count }, (_, n): DamageCase => {
      const draw: Draw = (name, below) => drawn(`${seed}/${target.file}/${n}/${name}`, below);
      const { what, apply, isCrashShape = false } = damageOf(target, n, targets, draw);
      return { fileClass: target.fileClass, file: target.file, what, isCrashShape, apply };
    });
  });
  const order = new Map(cases.map((each, n) => [each, drawn(`${seed}/order/${n}`, 2 ** 32)]));
  return cases.sort((left, right) => order.get(left)! - order.get(right)!).slice(0, most);
}

/** What a loss of power can leave of a log: it ends, or is zeros, from each multiple of `stepBytes` on. */
export async function logEndings(folder: string, stepBytes: number): Promise<DamageCase[]> {
  const logs = (await targetsIn(folder)).filter(({ fileClass }) => fileClass === 'log');
  return logs.flatMap(({ file, fileClass, bytes }) => {
    const starts = Array.from({ length: Math.ceil(bytes.length / stepBytes) }, (_, step) => step * stepBytes);
    return starts.flatMap((start): DamageCase[] => [
      {
        fileClass,
        file,
        what: `cut after ${start} bytes`,
        isCrashShape: true,
        apply: (folder) => truncate(join(folder, file), start),
      },
      {
        fileClass,
        file,
        what: `zeros from byte ${start} on`,
        isCrashShape: true,
        apply: (folder) => overwrite(join(folder, file), start, new Uint8Array(bytes.length - start)),
      },
    ]);
  });
}

/** The files of one class share what falls to the class. */
function shareOf(fileClass: FileClass, targets: readonly Target[]): number {
  return shares[fileClass] / targets.filter((target) => target.fileClass === fileClass).length;
}

async function targetsIn(folder: string): Promise<Target[]> {
  const ledger = await readdir(join(folder, 'ledger'));
  const above = (await readdir(folder)).filter((file) => file === 'node-key' || file === 'carechain.pid');
  const files = [...ledger.map((file) => join('ledger', file)), ...above].sort();
  return Promise.all(
    files.map(async (file) => ({ file, fileClass: classOf(file), bytes: await readFile(join(folder, file)) })),
  );
}

function classOf(file: string): FileClass {
  if (file.endsWith('.log')) return 'log';
  if (/\.(ldb|sst)$/.test(file)) return 'table';
  if (file.includes('MANIFEST')) return 'manifest';
  if (file.endsWith('CURRENT')) return 'current';
  if (file.endsWith('LOCK')) return 'lock';
  if (file === 'node-key') return 'node-key';
  return file === 'carechain.pid' ? 'process-file' : 'text';
}

/** The first case of a file takes it away, the second swaps it; then mostly bits flip. */
function damageOf(target: Target, n: number, targets: readonly Target[], draw: Draw): Damage {
  if (n === 0) return deleted(target);
  if (target.bytes.length === 0) return appended(target, draw);
  if (n === 1) return swapped(target, targets, draw);
  const kind = draw('kind', 20);
  if (kind < 11) return flipped(target, draw);
  if (kind < 15) return zeroed(target, draw);
  if (kind < 18) return cut(target, draw);
  return kind < 19 ? appended(target, draw) : swapped(target, targets, draw);
}

function flipped({ file, bytes }: Target, draw: Draw): Damage {
  const at = draw('byte', bytes.length);
  const bit = draw('bit', 8);
  return {
    what: `bit ${bit} of byte ${at} flipped`,
    apply: (folder) => overwrite(join(folder, file), at, Uint8Array.of(bytes[at]! ^ (1 << bit))),
  };
}

function zeroed(target: Target, draw: Draw): Damage {
  const { file, fileClass, bytes } = target;
  const at = rangeBytes * draw('range', Math.ceil(bytes.length / rangeBytes));
  const length = Math.min(rangeBytes, bytes.length - at);
  // What is zero already would not be damaged.
  if (bytes.subarray(at, at + length).every((byte) => byte === 0)) return flipped(target, draw);
  return {
    what: `bytes ${at} to ${at + length - 1} zeroed`,
    isCrashShape: fileClass === 'log' && at + length === bytes.length,
    apply: (folder) => overwrite(join(folder, file), at, new Uint8Array(length)),
  };
}

function cut({ file, fileClass, bytes }: Target, draw: Draw): Damage {
  const length = rangeBytes * draw('length', Math.ceil(bytes.length / rangeBytes));
  return {
    what: `cut after ${length} of ${bytes.length} bytes`,
    isCrashShape: fileClass === 'log',
    apply: (folder) => truncate(join(folder, file), length),
  };
}

function appended({ file }: Target, draw: Draw): Damage {
  const bytes = Uint8Array.from({ length: 1 + draw('appended', 100) }, (_, at) => draw(`appended ${at}`, 256));
  return { what: `${bytes.length} bytes appended`, apply: (folder) => appendFile(join(folder, file), bytes) };
}

function deleted({ file }: Target): Damage {
  return { what: 'deleted', apply: (folder) => rm(join(folder, file)) };
}

/** With one of its class, where there is another: a copy that was put back under the wrong name. */
function swapped(target: Target, targets: readonly Target[], draw: Draw): Damage {
  // An empty file in the place of a log is a log that was cut: that has its own cases.
  const others = targets.filter(({ file, bytes }) => file !== target.file && bytes.length > 0);
  const alike = others.filter(({ fileClass }) => fileClass === target.fileClass);
  const choice = alike.length > 0 ? alike : others;
  const other = choice[draw('other', choice.length)];
  if (!other) return deleted(target);
  return {
    what: `swapped with ${other.file}`,
    async apply(folder) {
      const [path, otherPath] = [join(folder, target.file), join(folder, other.file)];
      await rename(path, `${path}.aside`);
      await rename(otherPath, path);
      await rename(`${path}.aside`, otherPath);
    },
  };
}

async function overwrite(path: string, at: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(bytes, 0, bytes.length, at);
  } finally {
    await file.close();
  }
}

function drawn(name: string, most: number): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0) % most;
}
