/** Who is at the other end of a connection within this machine, as Linux tells it. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';

const table = '/proc/net/tcp';

export const canTellDiallers = existsSync(table);

/** Whether a process has dialled the connection that `accepted` is our end of. IPv4 only. */
export function isDialledBy(processId: number, accepted: Socket): boolean {
  const inode = inodeOf(accepted.remotePort, accepted.localPort);
  return inode !== null && socketsOf(processId).includes(`socket:[${inode}]`);
}

/** Of the socket between two ports; null where it is gone. Columns as in proc(5): ports in hex, the tenth is the inode. */
function inodeOf(from: number | undefined, to: number | undefined): string | null {
  for (const line of readFileSync(table, 'latin1').split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (portOf(columns[1]) === from && portOf(columns[2]) === to) return columns[9] ?? null;
  }
  return null;
}

function portOf(address: string | undefined): number {
  return Number.parseInt(address?.split(':')[1] ?? '', 16);
}

function socketsOf(processId: number): string[] {
  const folder = `/proc/${processId}/fd`;
  try {
    return readdirSync(folder).map((descriptor) => linkOf(`${folder}/${descriptor}`));
  } catch {
    // The process is gone.
    return [];
  }
}

function linkOf(descriptor: string): string {
  try {
    return readlinkSync(descriptor);
  } catch {
    // Closed since it was listed.
    return '';
  }
}
