/** Where the benchmark works: folders that go away again, and a place for what is built once and used often. */
import { cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Folder {
  readonly path: string;
  remove(): Promise<void>;
}

export async function emptyFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'carechain-bench-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A copy of a folder, to be changed and thrown away. */
export async function copyOf(original: string): Promise<Folder> {
  const folder = await emptyFolder();
  await cp(original, folder.path, { recursive: true });
  return folder;
}

/**
 * The folder of this name, made by `make` where it is not there yet. It lies outside of the repository, in
 * CARECHAIN_BENCH_CACHE, or where this user's programs keep what they can make again.
 */
export async function builtOnce(name: string, make: (path: string) => Promise<void>): Promise<string> {
  const cache =
    process.env.CARECHAIN_BENCH_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'carechain-bench');
  const path = join(cache, name);
  if (await exists(path)) return path;
  await mkdir(cache, { recursive: true });
  // Under its own name only when it is whole.
  const unfinished = await mkdtemp(join(cache, `${name}.part-`));
  await make(unfinished);
  await rename(unfinished, path);
  return path;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
