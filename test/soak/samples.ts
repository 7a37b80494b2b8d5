/**
 * What a node process holds, as the system and the probe inside it tell: memory, handles, threads, files. Linux only, as it
 * reads /proc.
 */
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Member } from './fleet.ts';
import type { Role } from './founding.ts';
import { memoryKinds } from './memory-kinds.ts';

export interface Sample {
  readonly role: Role;
  /** How often the node was started: a restart begins a series anew. */
  readonly life: number;
  readonly atHours: number;
  /** Transactions that were acknowledged on all nodes so far. */
  readonly transactions: number;
  /** After a full collection: objects, and what hangs on them outside the heap. */
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** Memory that is no file's: heap, threads, and what the allocator has not given back. */
  readonly anonymousBytes: number;
  /** Of it what the allocator has for native code, and what V8 has for objects. */
  readonly nativeBytes: number;
  readonly v8Bytes: number;
  readonly threads: number;
  /** Open descriptors: all but those of the data folder, whose number follows the size of the ledger. */
  readonly descriptors: number;
  /** Handles and requests that keep the event loop alive, timers among them: the fewest there were at once since the sample before. */
  readonly resources: number;
  readonly ledgerFiles: number;
  readonly ledgerBytes: number;
  /** Files of the data folder outside the ledger. */
  readonly otherFiles: number;
  readonly logBytes: number;
  /** The longest of 99 of 100 turns of the event loop since the sample before. */
  readonly loopDelayMs: number;
  /** How long the node took to answer `status`, what was typed before it included. */
  readonly statusMs: number;
}

interface Probed {
  readonly heapUsed: number;
  readonly external: number;
  readonly resources: number;
  readonly loopDelayMs: number;
}

/** Null where the node went away meanwhile. */
export async function sampleOf(
  { role, node, dataDir, life }: Member,
  moment: Pick<Sample, 'atHours' | 'transactions'>,
): Promise<Sample | null> {
  try {
    const process = `/proc/${node.processId}`;
    const askedAt = performance.now();
    await node.run('status');
    const statusMs = performance.now() - askedAt;
    const targets = await descriptorsOf(process);
    const probed = await askProbe(`${dataDir}.probe`);
    const status = await readFile(join(process, 'status'), 'utf8');
    if (/^State:\s+[ZX]/m.test(status)) return null;
    const figure = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    const kinds = memoryKinds(await readFile(join(process, 'smaps'), 'utf8'));
    const ofFolder = targets.filter((target) => target.startsWith(dataDir)).length;
    return finite({
      role,
      life,
      ...moment,
      heapBytes: probed.heapUsed,
      externalBytes: probed.external,
      anonymousBytes: figure('RssAnon') * 1_024,
      ...kinds,
      threads: figure('Threads'),
      descriptors: targets.length - ofFolder,
      resources: probed.resources,
      ...(await filesOf(dataDir)),
      loopDelayMs: probed.loopDelayMs,
      statusMs,
    });
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** @throws where a figure is none: nothing that is compared with it would ever grow. */
function finite(sample: Sample): Sample {
  for (const [name, value] of Object.entries(sample)) {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`Of ${sample.role} no ${name} was read.`);
    if (value === undefined || value === null) throw new Error(`Of ${sample.role} no ${name} was read.`);
  }
  return sample;
}

/** A node that is being restarted answers no more, and the system has forgotten it; one that is busy may be late. */
function isGone(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return ['ENOENT', 'ESRCH', 'ECONNREFUSED', 'ECONNRESET', 'node-ended', 'timed-out'].includes(String(code));
}

async function descriptorsOf(process: string): Promise<string[]> {
  const folder = join(process, 'fd');
  const links = (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => null));
  return (await Promise.all(links)).filter((target) => target !== null);
}

function askProbe(path: string): Promise<Probed> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(path);
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.on('end', () => {
      if (text === '') reject(Object.assign(new Error('the probe hung up'), { code: 'ECONNRESET' }));
      else resolve(JSON.parse(text) as Probed);
    });
  });
}

async function filesOf(dataDir: string) {
  const ledger = await sizesIn(join(dataDir, 'ledger'));
  const others = await sizesIn(dataDir);
  return {
    ledgerFiles: ledger.size,
    ledgerBytes: sum(ledger),
    otherFiles: others.size,
    logBytes: sum(new Map([...others].filter(([name]) => name.startsWith('carechain.log')))),
  };
}

/** Bytes by name; what is deleted meanwhile is left out. */
async function sizesIn(folder: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const name of await readdir(folder)) {
    const found = await stat(join(folder, name)).catch(() => null);
    if (found?.isFile()) sizes.set(name, found.size);
  }
  return sizes;
}

function sum(sizes: ReadonlyMap<string, number>): number {
  return [...sizes.values()].reduce((total, size) => total + size, 0);
}
