/**
 * A disk of a few megabytes that can be filled: a tmpfs in a namespace of its own, held by a process that waits and seen
 * through /proc, so that nothing is left behind, whatever happens.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TinyDisk {
  readonly path: string;
  /** Takes all the room there is. */
  fill(): Promise<void>;
  makeRoom(): Promise<void>;
  release(): Promise<void>;
}

/** @returns null where this machine does not let us mount one; says so on standard output. */
export async function tinyDisk(megabytes: number): Promise<TinyDisk | null> {
  const place = await mkdtemp(join(tmpdir(), 'carechain-disk-'));
  const script = 'mount -t tmpfs -o "size=$1m" tmpfs "$2" && echo mounted && read -r _';
  const namespaces = process.getuid?.() === 0 ? '-m' : '-Urm';
  const holder = spawn('unshare', [namespaces, 'sh', '-c', script, 'sh', String(megabytes), place]);
  const exit = new Promise<void>((resolve) => {
    holder.once('error', () => resolve());
    holder.once('exit', () => resolve());
  });
  let complaint = '';
  holder.stderr.on('data', (bytes: Buffer) => {
    complaint += bytes.toString();
  });
  const isMounted = await Promise.race([once(holder.stdout, 'data').then(() => true), exit.then(() => false)]);
  if (!isMounted) {
    process.stdout.write(`left out: no tmpfs can be mounted here (${complaint.trim() || 'no unshare'})\n`);
    await rm(place, { recursive: true });
    return null;
  }
  const path = `/proc/${holder.pid}/root${place}`;
  const ballast = join(path, 'ballast');
  return {
    path,
    async fill() {
      for (let bytes = 65_536; bytes >= 1; ) {
        await appendFile(ballast, new Uint8Array(bytes)).catch(() => {
          bytes >>= 1;
        });
      }
    },
    makeRoom: () => rm(ballast),
    async release() {
      holder.stdin.end('\n');
      await exit;
      await rm(place, { recursive: true });
    },
  };
}
