/** Reads a file in portions of bounded size, from front to back in few of them. Each gives others their turn. */
import type { FileHandle } from 'node:fs/promises';
import { FileDamage } from './file-damage.ts';

export const portionBytes = 1_048_576;

export class FileWindow {
  readonly #file: FileHandle;
  readonly size: number;
  #offset = 0;
  #bytes: Uint8Array = new Uint8Array(0);

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
    const bytes = new Uint8Array(Math.max(length, Math.min(portionBytes, this.size - offset)));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await this.#file.read(bytes, filled, bytes.length - filled, offset + filled);
      if (bytesRead === 0) throw new FileDamage('the file became shorter while it was read');
      filled += bytesRead;
    }
    this.#offset = offset;
    this.#bytes = bytes;
  }
}
