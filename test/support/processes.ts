/** Real node processes for tests: free ports, a folder of their own, and nothing left behind. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeProcess } from '../../src/cli/story/node-process.ts';
import type { StoryNode } from '../../src/cli/story/story.ts';
import { root } from './source-tree.ts';

export const executable = join(root, 'bin/carechain.js');

export async function freePorts(): Promise<Record<StoryNode, number>> {
  return { doctor: await freePort(), lab: await freePort(), pharmacy: await freePort() };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** A folder that goes away with everything in it. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'carechain-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export interface Place {
  readonly role: StoryNode;
  readonly port: number;
  readonly peers: readonly number[];
  readonly folder: string;
}

/** Starts a node in a process of its own, and waits until it is ready. */
export async function startProcess(
  { role, port, peers, folder }: Place,
  extra: readonly string[] = [],
): Promise<NodeProcess> {
  const links = peers.length > 0 ? ['--peers', peers.map((peer) => `127.0.0.1:${peer}`).join(',')] : [];
  const files = ['--data-dir', join(folder, role), '--registry-csv', join(folder, 'patient_registry.csv')];
  const node = new NodeProcess(executable, [role, '--port', String(port), ...links, ...files, ...extra]);
  await node.event(({ event }) => event === 'ready', `the ${role} node to be ready`);
  return node;
}
