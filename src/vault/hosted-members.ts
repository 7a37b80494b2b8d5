/**
 * The members at home on this node. Each has signed a hosting statement here, which opens the vaults of other nodes while it
 * lasts; and each is followed: whatever names them is wanted. A member stays followed when the statement ends, so that
 * nothing is missing at the next login.
 */
import { CarechainError, type Clock, type Logger, limits } from '../base/index.ts';
import type { Sealed } from '../ledger/index.ts';
import { checkStatement, signStatement } from './hosting.ts';
import type { VaultLedger } from './known-records.ts';
import { mayRead } from './may-read.ts';
import type { Shelf } from './shelf.ts';
import type { Reader } from './vault.ts';

interface HostedMembersPorts {
  readonly node: Pick<VaultLedger, 'genesis' | 'nodeKey' | 'state'>;
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class HostedMembers {
  readonly #ports: HostedMembersPorts;
  readonly #statements = new Map<string, { bytes: Uint8Array; until: number }>();
  readonly #followed = new Set<string>();

  constructor(ports: HostedMembersPorts) {
    this.#ports = ports;
  }

  /** Reads what earlier logins left. A statement that no longer holds, or is of another node key, is of no use and left. */
  async load(): Promise<void> {
    const { shelf, logger } = this.#ports;
    for (const [member] of await shelf.followed()) this.#followed.add(member);
    for (const bytes of await shelf.statements()) {
      if (!this.#use(bytes)) logger.info('a hosting statement of this folder no longer holds');
    }
  }

  /** @throws CarechainError `cannot-host` where the keys are not those of a member of this network. */
  async host({ member, keys }: Reader): Promise<void> {
    const { node, shelf, clock } = this.#ports;
    const until = clock.now() + limits.hostingMs;
    const statement = { network: node.genesis.hash, member: member.id, nodeKey: node.nodeKey, until };
    const bytes = signStatement(statement, keys.signing.secretKey);
    if (!this.#use(bytes)) {
      throw new CarechainError(
        'cannot-host',
        'These keys are not the keys of that member of this network, so records cannot be fetched for them. Log in with the key file of this network.',
      );
    }
    await shelf.write([shelf.putStatement(member.id, bytes)]);
  }

  isFollowed(member: string): boolean {
    return this.#followed.has(member);
  }

  followed(): string[] {
    return [...this.#followed];
  }

  /** What each member signed here last. */
  statements(): [member: string, bytes: Uint8Array][] {
    return [...this.#statements].map(([member, { bytes }]) => [member, bytes]);
  }

  followsAnyone(): boolean {
    return this.#followed.size > 0;
  }

  follow(member: string): void {
    this.#followed.add(member);
  }

  /** Whether a record is for anyone who is at home here. */
  concerns(sealed: Sealed): boolean {
    return sealed.readers.some((reader) => this.#followed.has(reader) && mayRead(sealed, reader));
  }

  /** The statement that opens the vaults of others for this record; undefined where none does now. */
  statementFor(sealed: Sealed): Uint8Array | undefined {
    const now = this.#ports.clock.now();
    for (const reader of sealed.readers) {
      const statement = this.#statements.get(reader);
      if (statement && statement.until > now && mayRead(sealed, reader)) return statement.bytes;
    }
    return undefined;
  }

  #use(bytes: Uint8Array): boolean {
    const { node, clock } = this.#ports;
    const context = { network: node.genesis.hash, state: node.state, now: clock.now() };
    const statement = checkStatement(bytes, context);
    if (statement === null || statement.nodeKey !== node.nodeKey) return false;
    this.#statements.set(statement.member, { bytes, until: statement.until });
    return true;
  }
}
