/**
 * The network that is soaked: its genesis, the key files of its members, and a history.
 *
 * The history fills what a node remembers up to a bound (100,000 verdicts on signatures, 50,000 values of the state), so
 * that these caches are full before anything is measured: while they fill, memory grows as it is meant to. Its author never
 * logs in, so no node looks for the records that it names.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { portions } from '../../src/base/index.ts';
import { lockKeyFile } from '../../src/crypto/index.ts';
import type { Transaction } from '../../src/ledger/index.ts';
import { bytesFrom, type GenesisOptions, testGenesis, testGenesisFile, type World } from '../support/ledger.ts';
import { writeChain } from '../support/written-chain.ts';

/** Who works during the soak, where; all with one password. */
export const users = { doctor: 'alice', lab: 'bob', pharmacy: 'charlie' } as const;
export type Role = keyof typeof users;
export const roles = Object.keys(users) as Role[];
export const password = 'a password that nobody needs';

const historian = 'adam';
/** The lowest cost that a key file may have: logins are not what is measured. */
const scryptCost = 2 ** 14;
const transactionsPerPatient = 4;
const patientsPerBlock = 250;
const blocksBetween = 8;

export interface Founding {
  readonly genesisPath: string;
  readonly world: World;
}

/** Money enough for ever, so that no user waits for any. */
export async function foundNetwork(folder: string): Promise<Founding> {
  const options: GenesisOptions = { name: 'soak network', supply: 1_000_000_000_000, difficulty: 4_096 };
  const genesisPath = join(folder, 'genesis.json');
  await writeFile(genesisPath, JSON.stringify(testGenesisFile(options)));
  for (const role of roles) await writeKeyFile(join(folder, role), users[role]);
  return { genesisPath, world: testGenesis(options) };
}

async function writeKeyFile(dataDir: string, username: string): Promise<void> {
  const file = await lockKeyFile({
    username,
    signingSeed: bytesFrom(username),
    sealingSeed: bytesFrom(`sealing ${username}`),
    password,
    salt: bytesFrom(`salt ${username}`),
    nonce: bytesFrom(`nonce ${username}`).slice(0, 12),
    N: scryptCost,
  });
  await mkdir(join(dataDir, 'keys'), { recursive: true, mode: 0o700 });
  await writeFile(join(dataDir, 'keys', `${username}.json`), JSON.stringify(file), { mode: 0o600 });
}

/** Writes a chain of at least so many transactions to a new data folder. @returns its height and how many there are. */
export function writeHistory(
  dataDir: string,
  world: World,
  transactions: number,
): Promise<{ height: number; transactions: number }> {
  return writeChain(dataDir, world.genesis, historyOf(world, transactions));
}

/**
 * Blocks of a history in which everything refers to an earlier block, as it does in life; to one that is on the disk by then,
 * since what a node has just checked it does not read from its stored state.
 */
function* historyOf(world: World, transactions: number): Generator<Transaction[]> {
  const patients = Math.ceil(transactions / transactionsPerPatient);
  const names = Array.from({ length: patients }, (_, index) => `${index}`);
  for (const some of portions(names, blocksBetween * patientsPerBlock)) {
    const blocks = portions(some, patientsPerBlock);
    for (const each of blocks) yield each.map((name) => world.register(historian, name));
    const prescribed: Transaction[][] = [];
    for (const each of blocks) {
      const prescriptions = each.map((name) => world.prescribe(historian, name));
      prescribed.push(prescriptions);
      yield [...each.map((name) => world.consult(historian, name)), ...prescriptions];
    }
    for (const each of prescribed) yield each.map((prescription) => world.cancel(historian, prescription));
  }
}
