/**
 * Reads a file in portions of bounded size, from front to back in few of them, and one that is no longer than a portion at
 * once. Each gives others their turn.
 */
import type { FileHandle } from 'node:fs/promises';
import { FileDamage } from './file-damage.ts';

/** Most tables of LevelDB are a little longer than two megabytes. */
export const portionBytes = 2_500_000;

export class FileWindow {
  readonly #file: FileHandle;
  readonly size: number;
  #offset = 0;
  /** What is in the memory, as far as it was filled. */
  #bytes: Uint8Array = new Uint8Array(0);
  #memory: Uint8Array = new Uint8Array(0);

  /** @param size of the file when it was opened: what is appended later is not looked at. */
  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  /** The bytes are good until the next call. @throws FileDamage where the file does not have them. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const isHere = offset >= this.#offset && offset + length <= this.#offset + this.#bytes.length;
    if (!isHere) await this.#move(offset, length);
    return this.#bytes.subarray(offset - this.#offset, offset - this.#offset + length);
  }

  async #move(offset: number, length: number): Promise<void> {
    if (offset + length > this.size) throw new FileDamage('the file is shorter than it says');
    const start = this.size <= portionBytes ? 0 : offset;
    const wanted = Math.max(length, Math.min(portionBytes, this.size - start));
    // The same memory for one portion after the other: to make so many zeros takes as long as to read over them.
    if (this.#memory.length < wanted) this.#memory = new Uint8Array(wanted);
    const bytes = this.#memory.subarray(0, wanted);
    // Until all of it is here there is nothing.
    this.#bytes = bytes.subarray(0, 0);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await this.#file.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) throw new FileDamage('the file became shorter while it was read');
      filled += bytesRead;
    }
    this.#offset = start;
    this.#bytes = bytes;
  }
}
