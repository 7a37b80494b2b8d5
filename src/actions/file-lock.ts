/**
 * A lock between processes of one machine: a file that only one of them can create, with the id of its process. A process
 * that was killed leaves its file behind; whoever finds the file of a process that is gone takes it away.
 *
 * Two may find it at once, so it is taken away by renaming it to a name of one's own first, which only one of them can, and
 * looking at what was caught: had another process made a new lock meanwhile, it is put back.
 */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { CarechainError, type Clock, type Random, toHex } from '../base/index.ts';

const longestWaitMs = 5_000;
const retryMs = 15;

interface World {
  readonly clock: Clock;
  readonly random: Random;
}

/** Runs `work` while this process holds the lock. @throws CarechainError `file-locked` where nobody lets go in time. */
export async function withFileLock<Value>(path: string, world: World, work: () => Promise<Value>): Promise<Value> {
  const { clock, random } = world;
  const owner = `${process.pid} ${toHex(random.bytes(8))}\n`;
  const mine = `${path}.${process.pid}-${toHex(random.bytes(8))}`;
  const until = clock.now() + longestWaitMs;
  // Written whole under a name of its own and then linked, so that nobody ever reads a lock that names no process yet.
  await writeFile(mine, owner, { flag: 'wx', mode: 0o600 });
  try {
    while (!(await created(path, mine))) {
      const holder = await readFile(path, 'utf8').catch(() => null);
      if (holder !== null && !isAlive(holder)) await takeAway(path, holder, `${mine}.stale`);
      else if (clock.now() >= until)
        throw new CarechainError('file-locked', 'Another process holds the file. Try again.');
      else await new Promise<void>((resolve) => clock.after(retryMs + random.fraction() * retryMs, resolve));
    }
  } finally {
    await rm(mine, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function created(path: string, mine: string): Promise<boolean> {
  try {
    await link(mine, path);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EEXIST') return false;
    throw error;
  }
}

async function takeAway(path: string, holder: string, aside: string): Promise<void> {
  try {
    await rename(path, aside);
  } catch {
    // Another process was quicker: the next attempt shows who holds it now.
    return;
  }
  const caught = await readFile(aside, 'utf8').catch(() => holder);
  if (caught !== holder) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

function isAlive(holder: string): boolean {
  const pid = Number(holder.split(' ')[0]);
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return (error as { code?: unknown }).code === 'EPERM';
  }
}
