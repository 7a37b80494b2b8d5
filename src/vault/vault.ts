/** The face of the vault for the actions above it. */

import type { Encodable } from '../base/index.ts';
import type { MemberKeys } from '../crypto/index.ts';
import type { Member, Sealed } from '../ledger/index.ts';
import type { RowsOfARoom } from '../node/index.ts';
import type { Write } from '../storage/index.ts';

/** The clear content of a record: a map of plain values, such as `{ name: 'Jane Doe', born: null }`. */
export type RecordText = { readonly [field: string]: Encodable };

export interface SealedRecord {
  /** What the transaction says of it. */
  readonly sealed: Sealed;
  /** To be handed to `node.submit`, so that record and transaction are on the disk together or not at all. */
  readonly writes: readonly Write[];
}

/** A member whose keys are unlocked. */
export interface Reader {
  readonly member: Member;
  readonly keys: MemberKeys;
}

export type Reading =
  | { readonly state: 'readable'; readonly text: RecordText }
  /** The reader is not named: for whom it is sealed stands in `sealed.readers`. */
  | { readonly state: 'sealed' }
  /** The reader is named, but no holder has delivered it yet. */
  | { readonly state: 'on-its-way' };

export interface VaultEvents {
  /** A record arrived that a member hosted here is named reader of. */
  record: [{ transactionId: string; commitment: string }];
}

export interface Vault {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Seals `text` (at most `limits.recordBytes` encoded) for `readers`; the author must be among them. @throws CarechainError `record-too-large`. */
  seal(text: RecordText, readers: readonly Member[]): Promise<SealedRecord>;
  read(sealed: Sealed, reader: Reader): Promise<Reading>;
  /** At login: signs, keeps and uses a hosting statement, so that this node fetches the member's sealed records for 30 days. */
  host(reader: Reader): Promise<void>;
  /** What the vault keeps in the node's database, for the node's scrub and healing. */
  readonly rows: RowsOfARoom;
  on<Name extends keyof VaultEvents>(name: Name, listener: (...event: VaultEvents[Name]) => void): () => void;
}
