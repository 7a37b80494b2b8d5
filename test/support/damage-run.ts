/**
 * Damages copies of a data folder, one case each, and has another process open and read them in full. The outcome must be
 * a refusal with a name, or every value as it was written; of a log that ends early, as it was at some earlier batch.
 *
 *   const sound = await makeSoundFolder(path, 300);
 *   for await (const { damage, outcome } of runDamages(sound, await damageCases(path, 7, 300))) …
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openNodeKey } from '../../src/actions/index.ts';
import { toHex } from '../../src/base/index.ts';
import {
  createStore,
  openChainStore,
  openDatabase,
  type Store,
  storeKeys,
  type Write,
} from '../../src/storage/index.ts';
import { append } from '../storage/chains.ts';
import type { DamageCase } from './damage.ts';
import { bytesFrom, Chain, testGenesis } from './ledger.ts';
import { leaveInLog } from './left-folder.ts';
import { root } from './source-tree.ts';

/** A folder and what may be found in it: the digest of all rows after each batch, in their order. */
export interface SoundFolder {
  readonly path: string;
  readonly digests: readonly string[];
  readonly nodeKey: string;
}

export type Outcome =
  /** Opening said what is wrong. */
  | 'refused'
  /** Every value is right. */
  | 'harmless'
  /** The log ended early: every value is as it was at an earlier moment. */
  | 'earlier'
  /** Something is wrong, and nobody said so. */
  | 'silent'
  /** The process ended. */
  | 'crash';

export interface DamageOutcome {
  readonly damage: DamageCase;
  readonly outcome: Outcome;
  /** The code of the refusal, or how the process ended. */
  readonly detail: string;
}

/** The refusals that a damaged folder may meet with. */
const namedRefusals = new Set(['folder-damaged', 'folder-unwritable', 'folder-in-use']);

/** Opening turns the log into a table. */
const openings = 5;

/** A chain of so many blocks and some records, in a folder of several tables that has seen compactions. */
export async function makeSoundFolder(path: string, blocks: number): Promise<SoundFolder> {
  const chain = new Chain(testGenesis());
  const { world } = chain;
  const rows = new RowDigest();
  const digests: string[] = [];
  const opened = async (use: (store: Store) => Promise<void>) => {
    const { database } = await openDatabase(path);
    database.on('write', (writes) => {
      rows.take(writes as unknown as readonly Write[]);
      digests.push(rows.toString());
    });
    const store = createStore(database);
    await use(store);
    await leaveInLog(database);
  };
  for (let made = 0; made < blocks; ) {
    await opened(async (store) => {
      const stored = await openChainStore(store, world.genesis);
      for (const end = Math.min(blocks, made + Math.ceil(blocks / openings)); made < end; made++) {
        const patient = `patient ${made}`;
        const order = world.order('alice', patient);
        const block = chain.mine(world.register('alice', patient), order, world.answer('bob', order));
        await append(stored, chain, block);
      }
    });
  }
  // What is only written causes no compaction, so these tables stay as they are.
  for (const name of ['one', 'two', 'three']) {
    const records = Array.from({ length: 30 }, (_, n) => ({
      type: 'put' as const,
      key: storeKeys.record(`${name}/${n}`),
      value: new Uint8Array(Buffer.from(bytesFrom(`${name} ${n}`).toString().repeat(50))),
    }));
    await opened(async (store) => {
      for (const record of records) await store.write([record]);
    });
  }
  const random = { bytes: () => bytesFrom('node key'), fraction: () => 0 };
  const nodeKey = toHex(await openNodeKey(path, random));
  await writeFile(join(path, 'carechain.pid'), '999999\n');
  return { path, digests, nodeKey };
}

/** @param sound as {@link makeSoundFolder} left it. */
export async function* runDamages(sound: SoundFolder, cases: Iterable<DamageCase>): AsyncGenerator<DamageOutcome> {
  const folder = `${sound.path}-damaged`;
  let reader = new FolderReader();
  try {
    for (const damage of cases) {
      await cp(sound.path, folder, { recursive: true });
      await damage.apply(folder);
      const found = await reader.read(folder);
      if ('ended' in found) reader = new FolderReader();
      yield { damage, ...judge(found, damage, sound) };
      await rm(folder, { recursive: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    await reader.end();
  }
}

type Found =
  | { readonly ended: string }
  | { readonly refused: string; readonly message: string }
  | { readonly digest: string; readonly missed: number; readonly nodeKey: string };

function judge(found: Found, { isCrashShape, fileClass, what }: DamageCase, sound: SoundFolder) {
  if ('ended' in found) return { outcome: 'crash' as const, detail: found.ended };
  if ('refused' in found) {
    return {
      outcome: namedRefusals.has(found.refused) ? ('refused' as const) : ('silent' as const),
      detail: found.refused,
    };
  }
  // Who takes the key away asks for a new one: that is what the sentence of a damaged key says.
  const isKeyRight = found.nodeKey === sound.nodeKey || (fileClass === 'node-key' && what === 'deleted');
  if (found.missed > 0 || !isKeyRight) return { outcome: 'silent' as const, detail: `${found.missed} keys missed` };
  if (found.digest === sound.digests.at(-1)) return { outcome: 'harmless' as const, detail: '' };
  const isEarlier = isCrashShape && sound.digests.includes(found.digest);
  return { outcome: isEarlier ? ('earlier' as const) : ('silent' as const), detail: '' };
}

/** One process that reads folder after folder. */
class FolderReader {
  readonly #child: ChildProcess = spawn(process.execPath, [join(root, 'test/support/folder-reader.js')], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  readonly #lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  readonly #exit = once(this.#child, 'exit');

  async read(folder: string): Promise<Found> {
    this.#child.stdin!.write(`${folder}\n`);
    const { value, done } = await this.#lines.next();
    if (!done) return JSON.parse(value) as Found;
    const [code, signal] = (await this.#exit) as [number | null, string | null];
    return { ended: signal ?? `code ${code}` };
  }

  async end(): Promise<void> {
    this.#child.stdin!.end();
    await this.#exit;
  }
}

/** One hash over all rows, in whatever order they came. */
class RowDigest {
  readonly #rows = new Map<string, Buffer>();
  readonly #digest = Buffer.alloc(32);

  take(writes: readonly Write[]): void {
    for (const write of writes) {
      this.#mix(this.#rows.get(write.key));
      this.#rows.delete(write.key);
      if (write.type === 'del') continue;
      // The envelope of a value starts with eight bytes of checksum.
      const row = createHash('sha256').update(write.key).update('\0').update(write.value.subarray(8)).digest();
      this.#rows.set(write.key, row);
      this.#mix(row);
    }
  }

  toString(): string {
    return this.#digest.toString('hex');
  }

  #mix(row: Buffer | undefined): void {
    if (row) for (let at = 0; at < 32; at++) this.#digest[at]! ^= row[at]!;
  }
}
