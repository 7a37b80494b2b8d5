/**
 * The corpus: inputs that found something once, or that a decoder must never stumble over, a file each. A file is named for
 * what it is; its bytes are the input.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Below the checkout, also where this program runs from a compiled copy. */
const folder = join(import.meta.dirname.replace(`${'.programs'}/`, ''), 'corpus');

export interface CorpusEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function corpusOf(decoder: string): CorpusEntry[] {
  const path = join(folder, decoder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .sort()
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(path, name))) }));
}

export function corpusFolders(): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
