/**
 * `<dataDir>/node-key`: the seed of the node's own key, 64 hex digits, made on the first start, and on a line below it the
 * beginning of its hash: a digit that the disk bends is a digit too, and would make another node of this one. It is
 * written aside, synced and renamed, so that a crash leaves either no key or a whole one.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CarechainError, fromHex, isHex, type Random, toHex } from '../base/index.ts';
import { sha256Hex } from '../crypto/index.ts';
import { readSmallFile } from './small-file.ts';

const seedBytes = 32;
/** Two lines, and room for what an editor leaves behind. */
const fileBytes = 1_024;

/** @throws CarechainError `folder-unwritable` or `folder-damaged`. */
export async function openNodeKey(dataDir: string, random: Random): Promise<Uint8Array> {
  const path = join(dataDir, 'node-key');
  const kept = await read(path);
  if (kept !== null) return kept;
  const seed = random.bytes(seedBytes);
  try {
    await write(dataDir, path, seed);
  } catch (error) {
    const sentence = `The node key cannot be written to ${path}. Check the rights of the folder and the space on the disk.`;
    throw new CarechainError('folder-unwritable', sentence, { path }, error);
  }
  return seed;
}

async function read(path: string): Promise<Uint8Array | null> {
  let text: string | null;
  try {
    text = await readSmallFile(path, fileBytes);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw new CarechainError(
      'folder-unwritable',
      `The node key in ${path} cannot be read. Check its rights.`,
      { path },
      error,
    );
  }
  const seed = text === null ? null : nodeKeyOfText(text);
  if (seed !== null) return seed;
  // A new key would be another node to all the others: whoever runs this one must decide that.
  const sentence = `The node key in ${path} is damaged. Put back a copy of it; without one, move the file away and the node gets a new key.`;
  throw new CarechainError('folder-damaged', sentence, { path });
}

/** The seed; null where the text is no key, or a digit of it is bent. */
export function nodeKeyOfText(text: string): Uint8Array | null {
  const [seed = '', checksum, ...others] = text.trim().split('\n');
  if (!isHex(seed, seedBytes) || others.length > 0) return null;
  // A key from before there was a second line is taken as it is.
  return (checksum ?? checksumOf(seed)) === checksumOf(seed) ? fromHex(seed) : null;
}

/** Eight hex digits of the hash of a seed in hex. */
function checksumOf(seed: string): string {
  return sha256Hex(fromHex(seed)).slice(0, 8);
}

async function write(dataDir: string, path: string, seed: Uint8Array): Promise<void> {
  const aside = `${path}.${process.pid}`;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await rm(aside, { force: true });
  const file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(`${toHex(seed)}\n${checksumOf(toHex(seed))}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  const folder = await open(dataDir, 'r');
  try {
    // The new name is on the disk only when its folder is.
    await folder.sync();
  } finally {
    await folder.close();
  }
}
