/** Files that are small by their nature are read no further: what stands in the place of one may have no end. */
import { open } from 'node:fs/promises';

/** The text of a file; null where it is longer than `mostBytes`. @throws as the file system does. */
export async function readSmallFile(path: string, mostBytes: number): Promise<string | null> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(mostBytes + 1);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled);
      if (bytesRead === 0) return bytes.toString('utf8', 0, filled);
      filled += bytesRead;
    }
    return null;
  } finally {
    await file.close();
  }
}
