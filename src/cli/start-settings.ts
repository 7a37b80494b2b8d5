/** What `carechain doctor|lab|pharmacy` was told, checked, with its defaults. Whatever is wrong here is wrong usage. */
import { join } from 'node:path';
import { isDemo, loadKeyFiles, type NodeRole } from '../actions/index.ts';
import type { Genesis } from '../ledger/index.ts';
import { checkConfigured, isLoopback, parseAddress } from '../network/index.ts';

/** As commander hands them over. */
export interface StartOptions {
  readonly port?: string;
  readonly host: string;
  readonly peers?: string;
  readonly id?: string;
  readonly dataDir?: string;
  readonly network?: string;
  readonly registryCsv: string;
  readonly discover?: boolean;
  readonly mineEvery?: string;
  readonly json?: boolean;
  readonly serve?: boolean;
  readonly logLevel: string;
  readonly exposeDemo?: boolean;
}

export interface StartSettings {
  readonly role: NodeRole;
  readonly nodeId: string;
  readonly host: string;
  readonly port: number;
  readonly peers: readonly string[];
  readonly dataDir: string;
  readonly registryCsvPath: string;
  readonly discover: boolean;
  readonly mineEverySeconds: number | null;
  readonly exposeDemo: boolean;
  readonly json: boolean;
  readonly serve: boolean;
  readonly logLevel: LogLevel;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** The command line is not as it should be: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const idPrefixes: Readonly<Record<NodeRole, string>> = {
  doctor: 'DoctorNode',
  lab: 'LabNode',
  pharmacy: 'PharmacyNode',
};
export const usualPorts: Readonly<Record<NodeRole, number>> = { doctor: 5001, lab: 5002, pharmacy: 5003 };
const longestMineEverySeconds = 86_400;

/** A folder without a name would be the one that somebody happens to stand in. @throws UsageError */
export function folderName(typed: string): string {
  if (typed === '') throw new UsageError('--data-dir: give the name of a folder.');
  return typed;
}

/** @throws UsageError; CarechainError `bad-peer-address`. */
export function readSettings(role: NodeRole, options: StartOptions): StartSettings {
  const port = options.port === undefined ? usualPorts[role] : wholeNumber('--port', options.port, 0, 65_535);
  const nodeId = options.id ?? `${idPrefixes[role]}-${port}`;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(nodeId)) {
    throw new UsageError('--id: give 1 to 64 letters, digits, dots, hyphens or underscores, such as DoctorNode-5001.');
  }
  const logLevel = logLevels.find((level) => level === options.logLevel);
  if (!logLevel) throw new UsageError(`--log-level: give one of ${logLevels.join(', ')}.`);
  const peers = (options.peers ?? '').split(',').map((address) => address.trim());
  return {
    role,
    nodeId,
    host: options.host,
    port,
    peers: peers.filter((address) => address !== '').map((address) => parseAddress(address).text),
    dataDir: options.dataDir ?? join('carechain-data', nodeId),
    registryCsvPath: options.registryCsv,
    discover: options.discover ?? false,
    mineEverySeconds:
      options.mineEvery === undefined
        ? null
        : wholeNumber('--mine-every', options.mineEvery, 1, longestMineEverySeconds),
    exposeDemo: options.exposeDemo ?? false,
    json: options.json ?? false,
    serve: options.serve ?? false,
    logLevel,
  };
}

/**
 * Refuses whatever can be refused before the data folder is made, so that a start that fails leaves none behind.
 * @throws UsageError; CarechainError `not-loopback`, `demo-keys-refused`, `key-file-damaged`, `file-unreadable`.
 */
export async function refuseBeforeFolder(genesis: Genesis, settings: StartSettings): Promise<void> {
  refuseExposure(genesis, settings);
  const loopbackOnly = isDemo(genesis) && !settings.exposeDemo;
  for (const peer of settings.peers) checkConfigured(peer, loopbackOnly);
  await loadKeyFiles(genesis, settings.dataDir);
}

/** Everybody has the keys of the demo: whoever reaches such a node from outside can be any of its members. */
export function refuseExposure(genesis: Genesis, { host, exposeDemo }: StartSettings): void {
  if (!isDemo(genesis) || exposeDemo || isLoopback(host)) return;
  throw new UsageError(
    'The demo network listens on this machine only, because everybody has its keys and passwords: whoever reached it could be any of its members. ' +
      'Use --host 127.0.0.1, give a network of your own with --network, or say --expose-demo if that is what you want.',
  );
}

function wholeNumber(option: string, typed: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(typed) ? Number(typed) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${option}: give a whole number from ${least} to ${most}.`);
}
