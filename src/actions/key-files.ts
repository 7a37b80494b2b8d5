/** Whose keys a node has: those of the demo in the package, those of any other network in the data folder. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CarechainError, describeError, limits } from '../base/index.ts';
import { type KeyFile, parseKeyFile } from '../crypto/index.ts';
import { demoGenesis, type Genesis } from '../ledger/index.ts';
import { demoKeyFiles } from './demo-key-files.ts';
import { errorCodes } from './error-codes.ts';
import { readSmallFile } from './small-file.ts';

const folder = 'keys';

export function isDemo(genesis: Genesis): boolean {
  return genesis.hash === demoGenesis.hash;
}

/**
 * Key files by username: of the demo, or of `<dataDir>/keys/*.json`.
 * @throws CarechainError `demo-keys-refused`, `key-file-damaged` or `file-unreadable`.
 */
export async function loadKeyFiles(genesis: Genesis, dataDir: string): Promise<ReadonlyMap<string, KeyFile>> {
  if (isDemo(genesis)) return new Map(Object.entries(demoKeyFiles));
  refuseDemoKeys(genesis);
  const files = new Map<string, KeyFile>();
  for (const name of await keyFileNames(join(dataDir, folder))) {
    const file = await readKeyFile(join(dataDir, folder, name));
    files.set(file.username, file);
  }
  return files;
}

/** Everybody has the keys of the demo's members: no other network may know them. */
export function refuseDemoKeys(genesis: Genesis): void {
  if (isDemo(genesis)) return;
  const known = new Set(demoGenesis.members.flatMap(({ signingKey, sealingKey }) => [signingKey, sealingKey]));
  const found = genesis.members.find(({ signingKey, sealingKey }) => known.has(signingKey) || known.has(sealingKey));
  if (!found) return;
  const { sentence, nextStep } = errorCodes['demo-keys-refused'];
  throw new CarechainError('demo-keys-refused', `${sentence} ${nextStep}`, { username: found.username });
}

async function keyFileNames(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).filter((name) => name.endsWith('.json')).sort();
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw unreadable(path, error);
  }
}

async function readKeyFile(path: string): Promise<KeyFile> {
  let text: string | null;
  try {
    text = await readSmallFile(path, limits.keyFileBytes);
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    return keyFileOfText(text ?? '');
  } catch (error) {
    if (!(error instanceof CarechainError)) throw error;
    const { field = null } = error.facts;
    throw new CarechainError('key-file-damaged', `${path}: ${tell('key-file-damaged')}`, { path, field });
  }
}

/** @throws CarechainError `key-file-damaged`. What a parser says may quote the file: it does not go on. */
export function keyFileOfText(text: string): KeyFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new CarechainError('key-file-damaged', tell('key-file-damaged'));
  }
  return parseKeyFile(json);
}

function unreadable(path: string, error: unknown): CarechainError {
  const { code } = describeError(error);
  return new CarechainError('file-unreadable', `${path}: ${tell('file-unreadable')}`, { path, reason: code }, error);
}

function tell(code: 'key-file-damaged' | 'file-unreadable'): string {
  return `${errorCodes[code].sentence} ${errorCodes[code].nextStep}`;
}
