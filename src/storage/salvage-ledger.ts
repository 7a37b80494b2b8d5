/** Brings everything that can be read of the files of a damaged ledger into a database that opens. */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesToUtf8, encode } from '../base/index.ts';
import type { Database, Write } from './database.ts';
import { seal } from './envelope.ts';
import { storeKeys } from './keys.ts';
import { FileWindow } from './leveldb/file-window.ts';
import { endsAsTable, type SalvagedWrite, salvageLog, salvageTable } from './leveldb/salvage.ts';

const writesAtOnce = 1_000;
/** Of a key: its family, then whatever names one of the family. What is bent seldom looks like one. */
const keyForm = /^[a-z-]{2,20}(\/[!-~]{1,200})?$/;

/** @param folder with the files of LevelDB; they are only read. */
export async function salvageLedger(folder: string, into: Database): Promise<void> {
  const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
  /** Of each key, the number of the latest write so far. */
  const latest = new Map<string, number>();
  for (const file of files.map(({ name }) => name).sort()) await salvageFile(join(folder, file), latest, into);
}

/** A file that hands have put back under the wrong name is read as what it is. */
async function* writesIn(path: string, window: FileWindow): AsyncGenerator<SalvagedWrite> {
  if (await endsAsTable(window)) yield* salvageTable(window);
  else if (path.endsWith('.log')) yield* salvageLog(window);
  else {
    if (/\.(ldb|sst)$/.test(path)) yield* salvageTable(window);
    yield* salvageLog(window, true);
  }
}

async function salvageFile(path: string, latest: Map<string, number>, into: Database): Promise<void> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    let writes: Write[] = [];
    const take = (write: Write, sequence: number) => {
      if (sequence < (latest.get(write.key) ?? 0)) return;
      latest.set(write.key, sequence);
      writes.push(write);
    };
    for await (const { key: bytes, sequence, value } of writesIn(path, new FileWindow(handle, size))) {
      const key = keyOf(bytes);
      if (key === null) continue;
      take(value ? { type: 'put', key, value: value.slice() } : { type: 'del', key }, sequence);
      const mark = ownMark(key);
      if (mark) take(mark, sequence);
      if (writes.length < writesAtOnce) continue;
      await into.batch(writes);
      writes = [];
    }
    await into.batch(writes);
  } finally {
    await handle.close();
  }
}

/** Whatever came into the outbox or left it was written at this node, also where the mark that says so is lost. */
function ownMark(key: string): Write | null {
  const [, id] = outboxForm.exec(key) ?? [];
  if (id === undefined) return null;
  const mark = storeKeys.own(id);
  return { type: 'put', key: mark, value: seal(mark, encode(true)) };
}

const outboxForm = /^outbox\/([0-9a-f]{64})$/;

function keyOf(bytes: Uint8Array): string | null {
  try {
    const key = bytesToUtf8(bytes);
    return keyForm.test(key) ? key : null;
  } catch {
    // Bytes that are no text are no key of ours.
    return null;
  }
}
