/** What the vault keeps in the node's database, and under which keys. */
import { CarechainError, describeError, encode, fromHex, type Logger, toHex } from '../base/index.ts';
import type { Sealed } from '../ledger/index.ts';
import {
  type Cursor,
  type Cursors,
  createRecordStore,
  decodeRow,
  openCursors,
  type RecordStore,
  type Store,
  storeKeys,
  type Write,
} from '../storage/index.ts';
import type { WantedRecord } from './wanted.ts';

const keys = {
  /** The envelope of a record, by record id. */
  envelope: (id: string) => storeKeys.record(`envelope/${id}`),
  /** The transaction (32 bytes) that commits to a record which is held. */
  transaction: (id: string) => storeKeys.record(`transaction/${id}`),
  /** { sealed, transaction }: a record that is not here yet. */
  wanted: (id: string) => storeKeys.record(`wanted/${id}`),
  /** A member at home here: up to which height the chain has still to be searched for what names them. */
  followed: (member: string) => storeKeys.record(`followed/${member}`),
  /** A member's hosting statement for this node. */
  statement: (member: string) => storeKeys.hosting(member),
};

const follower = 'vault';

/** The first parts of all keys of the shelf. */
export const shelfFamilies: readonly string[] = ['record', 'hosting', 'cursor'];

export class Shelf {
  readonly #store: Store;
  readonly #records: RecordStore;
  readonly #cursors: Cursors;
  readonly #logger: Logger;

  constructor(store: Store, logger: Logger) {
    this.#store = store;
    this.#records = createRecordStore(store);
    this.#cursors = openCursors(store);
    this.#logger = logger;
  }

  /** One synced batch. */
  write(writes: readonly Write[]): Promise<void> {
    return this.#store.write(writes);
  }

  /** An envelope as it was put, not checked against the ledger; undefined where it is not here, or damaged. */
  envelope(id: string): Uint8Array | undefined {
    return this.#getUnlessDamaged(keys.envelope(id));
  }

  /** The transaction that commits to a record which is held. */
  transactionOf(id: string): string | undefined {
    const bytes = this.#getUnlessDamaged(keys.transaction(id));
    return bytes && toHex(bytes);
  }

  transactionKey(id: string): string {
    return keys.transaction(id);
  }

  envelopeKey(id: string): string {
    return keys.envelope(id);
  }

  /** The member whose statement a key holds; null for any other key. */
  statementMember(key: string): string | null {
    const prefix = keys.statement('');
    return key.startsWith(prefix) ? key.slice(prefix.length) : null;
  }

  hasStatement(member: string): boolean {
    return this.isSound(keys.statement(member));
  }

  /** Whether there is a value, as it was written. */
  isSound(key: string): boolean {
    try {
      return this.#store.get(key) !== undefined;
    } catch (error) {
      if (describeError(error).code === 'folder-damaged') return false;
      throw error;
    }
  }

  /** Of the records that are held: their ids, and the transactions that commit to them. */
  transactions(): Promise<[id: string, transaction: string][]> {
    return this.#all(keys.transaction, (id, bytes) => [id, toHex(bytes)]);
  }

  /** Ids of records that are held without a word about their transaction. */
  async envelopesWithoutTransaction(): Promise<string[]> {
    const prefix = keys.envelope('');
    const ids: string[] = [];
    for await (const [key] of this.#store.walk(prefix)) {
      const id = key.slice(prefix.length);
      if (!this.transactionOf(id)) ids.push(id);
    }
    return ids;
  }

  cursor(): Cursor | undefined {
    return this.#cursors.cursor(follower);
  }

  statements(): Promise<Uint8Array[]> {
    return this.#all(keys.statement, (_member, bytes) => bytes);
  }

  /** Members at home here, and up to which height the chain has still to be searched for them. */
  followed(): Promise<[member: string, height: number][]> {
    return this.#all(keys.followed, (member, bytes) => [member, decodeRow<number>(bytes)]);
  }

  wanted(): Promise<WantedRecord[]> {
    return this.#all(keys.wanted, (id, bytes) => {
      const { sealed, transaction } = decodeRow<{ sealed: Sealed; transaction: string }>(bytes);
      return { id, sealed, transaction };
    });
  }

  // Writes. Whoever makes one decides in which batch it goes.

  putEnvelope(id: string, bytes: Uint8Array): Write {
    return this.#records.put(keys.envelope(id), bytes);
  }

  putTransaction(id: string, transaction: string): Write {
    return this.#records.put(keys.transaction(id), fromHex(transaction));
  }

  putWanted(id: string, sealed: Sealed, transaction: string): Write {
    return this.#records.put(keys.wanted(id), encode({ sealed, transaction }));
  }

  dropWanted(id: string): Write {
    return this.#records.remove(keys.wanted(id));
  }

  putFollowed(member: string, height: number): Write {
    return this.#records.put(keys.followed(member), encode(height));
  }

  putStatement(member: string, bytes: Uint8Array): Write {
    return this.#records.put(keys.statement(member), bytes);
  }

  /** For a value that is damaged. */
  drop(key: string): Write {
    return { type: 'del', key };
  }

  moveCursor(cursor: Cursor): Write {
    return this.#cursors.moveCursor(follower, cursor);
  }

  async #all<Value>(
    keyOf: (name: string) => string,
    read: (name: string, bytes: Uint8Array) => Value,
  ): Promise<Value[]> {
    const prefix = keyOf('');
    const stored = await this.#records.all(prefix);
    return stored.map(([key, bytes]) => read(key.slice(prefix.length), bytes));
  }

  /** What the disk has bent is fetched from other nodes again: it counts as absent, and the log says so. */
  #getUnlessDamaged(key: string): Uint8Array | undefined {
    try {
      return this.#records.get(key);
    } catch (error) {
      if (!(error instanceof CarechainError) || error.code !== 'folder-damaged') throw error;
      this.#logger.warn('a stored record is damaged', { code: error.code });
      return undefined;
    }
  }
}
