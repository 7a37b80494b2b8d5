/**
 * One real node with its vault, in memory, at which everybody logs in: what actions do, without links and waiting.
 *
 *   const clinic = await openClinic();
 *   const alice = clinic.user('alice');
 *   expect(codeOf(await alice.run('consult', { notes: 'Pale.' }))).toBe('no-active-patient');
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryLevel } from 'memory-level';
import {
  type ActionContext,
  type Carechain,
  createCarechain,
  findAction,
  newSession,
  type Outcome,
  type RawInput,
  runAction,
} from '../../src/actions/index.ts';
import { assert, type Clock, type Logger, silentLogger, systemClock, systemRandom } from '../../src/base/index.ts';
import { parseGenesis } from '../../src/ledger/index.ts';
import { inlineWorkers } from '../../src/node/index.ts';
import type { Database } from '../../src/storage/index.ts';
import { bytesFrom, type GenesisOptions, testGenesisFile, World } from '../support/ledger.ts';
import { createMemoryHub } from '../support/memory-transport.ts';

/** Who shares a place with whom: alice and adam, bob and beth, charlie and carol; the doctor dora works elsewhere. */
const places: Readonly<Record<string, string>> = {
  alice: 'Clinic',
  adam: 'Clinic',
  dana: 'Clinic',
  dora: 'Hospital',
  bob: 'Laboratory',
  beth: 'Laboratory',
  lena: 'Other laboratory',
  charlie: 'Pharmacy',
  carol: 'Pharmacy',
  piet: 'Other pharmacy',
};

const members = {
  alice: 'doctor',
  adam: 'doctor',
  dora: 'doctor',
  bob: 'lab',
  beth: 'lab',
  lena: 'lab',
  charlie: 'pharmacy',
  carol: 'pharmacy',
  piet: 'pharmacy',
  dana: 'admin',
} as const;

export function clinicWorld(options: GenesisOptions = {}): World {
  const file = testGenesisFile({ members, ...options });
  const placed = file.members.map((member) => ({ ...member, place: places[member.username] ?? member.place }));
  return new World(parseGenesis({ ...file, members: placed }));
}

export interface ClinicOptions {
  readonly world?: World;
  readonly role?: Carechain['role'];
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Is given the data folder before the node is made. */
  readonly prepare?: (dataDir: string) => Promise<void>;
}

export class User {
  readonly context: ActionContext;

  constructor(carechain: Carechain) {
    this.context = { carechain, session: newSession() };
  }

  get session() {
    return this.context.session;
  }

  run(name: string, input: RawInput = {}): Promise<Outcome<unknown>> {
    const action = findAction(name);
    assert(action, `${name} is an action`);
    return runAction(action, input, this.context);
  }

  /** The result of an action that must succeed. */
  async must<Result>(name: string, input: RawInput = {}): Promise<Result> {
    const outcome = await this.run(name, input);
    assert(outcome.ok, `${name} succeeds: ${outcome.ok ? '' : `${outcome.error.code}: ${outcome.error.message}`}`);
    return outcome.result as Result;
  }

  /** 'OK', or the code of the failure. */
  async code(name: string, input: RawInput = {}): Promise<string> {
    return codeOf(await this.run(name, input));
  }
}

export class Clinic {
  readonly world: World;
  readonly carechain: Carechain;
  readonly dataDir: string;

  constructor(world: World, carechain: Carechain, dataDir: string) {
    this.world = world;
    this.carechain = carechain;
    this.dataDir = dataDir;
  }

  get node() {
    return this.carechain.node;
  }

  /** Somebody with a session of their own; logged in where a name is given. */
  user(username?: string): User {
    const user = new User(this.carechain);
    if (username === undefined) return user;
    const member = this.world.genesis.members.find((candidate) => candidate.username === username);
    const keys = this.world.keys[username];
    assert(member && keys, `${username} is a member`);
    // A copy of the keys: logging out wipes them.
    const copy = (pair: { publicKey: Uint8Array; secretKey: Uint8Array }) => ({
      publicKey: pair.publicKey.slice(),
      secretKey: pair.secretKey.slice(),
    });
    user.session.user = { member, keys: { username, signing: copy(keys.signing), sealing: copy(keys.sealing) } };
    return user;
  }

  async mine(): Promise<void> {
    const mined = await this.node.mine();
    assert(mined.ok, 'there is something to mine');
  }

  async close(): Promise<void> {
    await this.carechain.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export async function openClinic(options: ClinicOptions = {}): Promise<Clinic> {
  const { world = clinicWorld(), role = 'doctor', clock = systemClock, logger = silentLogger } = options;
  const dataDir = await mkdtemp(join(tmpdir(), 'carechain-actions-'));
  await options.prepare?.(dataDir);
  const database = new MemoryLevel({ keyEncoding: 'utf8', valueEncoding: 'view' }) as unknown as Database;
  await database.open();
  const carechain = await createCarechain(
    {
      role,
      nodeId: 'DoctorNode-5001',
      genesis: world.genesis,
      dataDir,
      nodeSeed: bytesFrom('node clinic'),
      peers: [],
      mineEverySeconds: null,
      registryCsvPath: join(dataDir, 'patient_registry.csv'),
      exposeDemo: false,
    },
    {
      clock,
      random: systemRandom,
      database,
      transport: createMemoryHub().transport('peer-clinic'),
      workers: inlineWorkers,
      logger,
      peerIdOf: (nodeKey) => nodeKey,
    },
  );
  await carechain.start();
  return new Clinic(world, carechain, dataDir);
}

export function codeOf(outcome: Outcome<unknown>): string {
  return outcome.ok ? 'OK' : outcome.error.code;
}
