/**
 * What the vault knows of each record: held, wanted, or neither; and how it goes from one to the other.
 *
 * A record is noted when a transaction names a member at home here. It is wanted until an envelope arrives that is what the
 * ledger commits to. One whose wrap does not open, or that the disk has bent, is distrusted: it is wanted anew, and stays in
 * its place until another one comes, since its other wraps may be sound.
 */
import type { Logger } from '../base/index.ts';
import { sha256Hex } from '../crypto/index.ts';
import type { Sealed, Transaction } from '../ledger/index.ts';
import type { Write } from '../storage/index.ts';
import { checkEnvelope } from './envelope.ts';
import type { HostedMembers } from './hosted-members.ts';
import { sealedRecordsOf, type VaultLedger } from './known-records.ts';
import { recordIdOf } from './record-id.ts';
import type { Shelf } from './shelf.ts';
import type { Wanted, WantedRecord } from './wanted.ts';

/** Envelopes that are remembered as distrusted; the oldest are forgotten first. */
const distrustedRemembered = 1_000;

export interface KeepingPorts {
  readonly node: Pick<VaultLedger, 'holds'>;
  readonly shelf: Shelf;
  readonly hosted: HostedMembers;
  readonly wanted: Wanted;
  readonly logger: Logger;
  /** A wanted record is here. */
  readonly onArrival: (transactionId: string, commitment: string) => void;
}

export class Keeping {
  readonly #ports: KeepingPorts;
  /** Hashes of envelopes. */
  readonly #distrusted = new Set<string>();
  /** Ids of records that are being written. */
  readonly #arriving = new Set<string>();

  constructor(ports: KeepingPorts) {
    this.#ports = ports;
  }

  async load(): Promise<void> {
    for (const record of await this.#ports.shelf.wanted()) this.#ports.wanted.add(record);
  }

  /** Notes the records of a transaction that are for members at home here. @returns what is to be kept of it. */
  note(transaction: Transaction): Write[] {
    const { node, shelf, hosted, wanted } = this.#ports;
    const writes: Write[] = [];
    for (const sealed of sealedRecordsOf(transaction).filter((each) => hosted.concerns(each))) {
      const id = recordIdOf(sealed);
      const isKnownBy = (known: string | null | undefined) =>
        known != null && (known === transaction.id || node.holds(known));
      if (isKnownBy(shelf.transactionOf(id))) continue;
      if (this.#holdsSound(id, sealed)) {
        writes.push(shelf.putTransaction(id, transaction.id));
        // Noted while its author's batch was on its way to the disk: nobody else has what was wanted then.
        if (wanted.has(id)) writes.push(shelf.dropWanted(id));
        wanted.remove(id);
      } else if (!isKnownBy(wanted.get(id)?.transaction)) {
        wanted.add({ id, sealed, transaction: transaction.id });
        writes.push(shelf.putWanted(id, sealed, transaction.id));
      }
    }
    return writes;
  }

  /** Wants a record now: a reader asks for it, or what is held is not sound. `sealed` is the ledger's. */
  async want(sealed: Sealed): Promise<void> {
    const { shelf, wanted } = this.#ports;
    const id = recordIdOf(sealed);
    const known = wanted.get(id);
    const transaction = known?.transaction ?? shelf.transactionOf(id) ?? null;
    wanted.add({ id, sealed, transaction });
    if (!known && transaction !== null) await shelf.write([shelf.putWanted(id, sealed, transaction)]);
  }

  /** Wants a sound envelope in place of this one. */
  async distrust(sealed: Sealed, bytes: Uint8Array | undefined): Promise<void> {
    this.#ports.logger.warn('a held record is not sound and is asked for anew');
    if (bytes) this.#distrusted.add(sha256Hex(bytes));
    if (this.#distrusted.size > distrustedRemembered) {
      this.#distrusted.delete(this.#distrusted.values().next().value!);
    }
    await this.want(sealed);
  }

  /** Takes an envelope that was checked against the ledger. @returns whether the record is here now. */
  async take({ id, sealed }: WantedRecord, bytes: Uint8Array): Promise<boolean> {
    const { shelf, wanted, onArrival } = this.#ports;
    if (this.#isDistrusted(bytes)) return false;
    if (this.#arriving.has(id) || !wanted.has(id)) return true;
    this.#arriving.add(id);
    try {
      const writes = [shelf.dropWanted(id)];
      const isNew = !this.#holdsSound(id, sealed);
      if (isNew) writes.push(shelf.putEnvelope(id, bytes));
      const transaction = wanted.get(id)?.transaction ?? null;
      if (isNew && transaction !== null) writes.push(shelf.putTransaction(id, transaction));
      await shelf.write(writes);
      wanted.remove(id);
      if (isNew && transaction !== null) onArrival(transaction, sealed.commitment);
      return true;
    } finally {
      this.#arriving.delete(id);
    }
  }

  /** Whether a wanted record is still on the ledger. One that is not is dropped: if its transaction comes back, it is noted again. */
  async isStillWanted({ id, transaction }: WantedRecord): Promise<boolean> {
    const { node, shelf, wanted } = this.#ports;
    if (transaction === null || node.holds(transaction)) return wanted.has(id);
    wanted.remove(id);
    await shelf.write([shelf.dropWanted(id)]);
    return false;
  }

  #holdsSound(id: string, sealed: Sealed): boolean {
    const held = this.#ports.shelf.envelope(id);
    return held !== undefined && !this.#isDistrusted(held) && checkEnvelope(held, sealed) !== null;
  }

  #isDistrusted(bytes: Uint8Array): boolean {
    return this.#distrusted.size > 0 && this.#distrusted.has(sha256Hex(bytes));
  }
}
