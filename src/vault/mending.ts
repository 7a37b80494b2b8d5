/**
 * Mends what the vault keeps in the node's database, when a scrub or a read has found damage there. Whatever memory knows
 * is written again; a record that is not held any more is wanted anew; and for what else is gone the follower looks at the
 * whole chain once more, which notes whatever is for anyone at home here. Only a statement that neither disk nor memory has
 * is lost: its member logs in again.
 */
import type { FaultyRow, RoomOutcome, RowsOfARoom } from '../node/index.ts';
import type { Write } from '../storage/index.ts';
import type { Follower } from './follower.ts';
import type { HostedMembers } from './hosted-members.ts';
import type { Keeping } from './keeping.ts';
import { sealedOf, type VaultLedger } from './known-records.ts';
import { type Shelf, shelfFamilies } from './shelf.ts';
import type { Wanted } from './wanted.ts';

export interface MendingPorts {
  readonly node: Pick<VaultLedger, 'find' | 'head'>;
  readonly shelf: Shelf;
  readonly hosted: HostedMembers;
  readonly wanted: Wanted;
  readonly keeping: Keeping;
  readonly follower: Follower;
}

export class Mending implements RowsOfARoom {
  readonly families = shelfFamilies;
  readonly #ports: MendingPorts;

  constructor(ports: MendingPorts) {
    this.#ports = ports;
  }

  async mend(damaged: readonly string[]): Promise<RoomOutcome> {
    const { shelf, follower, hosted } = this.#ports;
    await shelf.write(damaged.map((key) => shelf.drop(key)));
    const missing = await this.#missing();
    const faults = new Map<string, FaultyRow>(damaged.map((key) => [key, { key, fault: 'damaged' }]));
    for (const [key] of missing) if (!faults.has(key)) faults.set(key, { key, fault: 'missing' });
    await shelf.write([...missing.values()]);
    for (const key of await this.#wantAgain()) {
      if (!faults.has(key)) faults.set(key, { key, fault: 'missing' });
    }
    // What is in no memory is in the chain, but for a statement.
    const outOfMemory = damaged.filter((key) => !missing.has(key));
    const damagedStatements = outOfMemory.flatMap((key) => shelf.statementMember(key) ?? []);
    const lost = new Set([...damagedStatements, ...hosted.followed().filter((member) => !shelf.hasStatement(member))]);
    const nameless = await shelf.envelopesWithoutTransaction();
    if (outOfMemory.length > damagedStatements.length || nameless.length > 0) await follower.lookAtAllAgain();
    for (const id of nameless) {
      const key = shelf.transactionKey(id);
      if (shelf.transactionOf(id) && !faults.has(key)) faults.set(key, { key, fault: 'missing' });
    }
    return { healed: [...faults.values()], losses: [...lost].map(lostStatement) };
  }

  /** Rows that memory knows of and the folder lacks, with what belongs there. */
  async #missing(): Promise<Map<string, Write>> {
    const { shelf, hosted, wanted, follower, node } = this.#ports;
    // Batches are written in their order: behind this one, all that was on its way is on the disk.
    await shelf.write([shelf.dropWanted('')]);
    const expected: Write[] = [
      ...hosted.followed().map((member) => shelf.putFollowed(member, node.head().height)),
      ...hosted.statements().map(([member, bytes]) => shelf.putStatement(member, bytes)),
      ...(hosted.followsAnyone() ? [shelf.moveCursor(follower.cursor())] : []),
    ];
    for (const { id, sealed, transaction } of wanted.all()) {
      if (transaction !== null && !shelf.envelope(id)) expected.push(shelf.putWanted(id, sealed, transaction));
    }
    return new Map(expected.filter(({ key }) => !shelf.isSound(key)).map((write) => [write.key, write]));
  }

  /** Wants the records that should be held and are not. @returns the keys of their envelopes. */
  async #wantAgain(): Promise<string[]> {
    const { shelf, wanted, keeping, node } = this.#ports;
    const keys: string[] = [];
    for (const [id, transaction] of await shelf.transactions()) {
      const sealed = shelf.envelope(id) || wanted.has(id) ? undefined : sealedOf(node, transaction, id);
      if (!sealed) continue;
      keys.push(shelf.envelopeKey(id));
      await keeping.want(sealed);
    }
    return keys;
  }
}

function lostStatement(member: string): string {
  return `The hosting statement of the member ${member.slice(0, 8)} can no longer be read from the folder. They log in at this node again, so that it fetches their records.`;
}
