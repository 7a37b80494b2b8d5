/** The whole that actions work on, and what an edge holds in its hands. `create-carechain.ts` makes it. */
import type { Clock, Logger, Random } from '../base/index.ts';
import type { KeyFile } from '../crypto/index.ts';
import type { LedgerNode } from '../node/index.ts';
import type { Vault } from '../vault/index.ts';
import type { LoginGuard } from './login-guard.ts';
import type { RegistryCsv } from './registry-csv.ts';

/** What kind of place the node stands in. It decides prompt and node id; what a person may do, their own role decides. */
export type NodeRole = 'doctor' | 'lab' | 'pharmacy';

export interface Carechain {
  readonly role: NodeRole;
  readonly node: LedgerNode;
  readonly vault: Vault;
  /** By username: the members who can log in here. */
  readonly keyFiles: ReadonlyMap<string, KeyFile>;
  /** The doctor's own list of names, in the clear on this one machine. */
  readonly registryCsv: RegistryCsv;
  readonly loginGuard: LoginGuard;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  start(): Promise<void>;
  stop(): Promise<void>;
}
