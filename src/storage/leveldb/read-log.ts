/** A whole log of LevelDB, and the batches of writes in one that is no manifest (leveldb, db/write_batch.cc). */
import { ByteCursor } from './byte-cursor.ts';
import { FileDamage } from './file-damage.ts';
import type { FileWindow } from './file-window.ts';
import { LogRecords, logBlockBytes } from './log-records.ts';

/** Hands out the records one by one; each is good until the next. @returns the torn bytes at the end. @throws FileDamage */
export async function readLog(window: FileWindow, take: (record: Uint8Array) => void): Promise<number> {
  const records = new LogRecords();
  for (let offset = 0; offset < window.size; offset += logBlockBytes) {
    const length = Math.min(logBlockBytes, window.size - offset);
    const block = await window.read(offset, length);
    for (const record of records.in(block, offset + length === window.size)) take(record);
  }
  return records.tornBytes;
}

/** A batch says which number its first write has, and how many there are; numbers never go back. @throws FileDamage */
export function endOfBatch(batch: Uint8Array, sequence: number): number {
  const cursor = new ByteCursor(batch);
  const [start, count] = [cursor.uint64(), cursor.uint32()];
  if (start <= sequence) throw new FileDamage('its writes are older than those before them');
  return start + count - 1;
}
