/** A file that lies in memory, as the readers of LevelDB's formats see one. */
import type { FileHandle } from 'node:fs/promises';
import { FileWindow } from '../../src/storage/leveldb/file-window.ts';

export function windowOn(content: Uint8Array): FileWindow {
  const file = {
    async read(into: Uint8Array, at: number, length: number, position: number) {
      if (position < 0) throw new RangeError('there is nothing before the beginning of a file');
      const part = content.subarray(position, position + length);
      into.set(part, at);
      return { bytesRead: part.length };
    },
  };
  return new FileWindow(file as unknown as FileHandle, content.length);
}
