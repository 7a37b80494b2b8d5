/** The face of the ledger node for the rooms above it. */
import type { Block, Genesis, Header, Rejection, Reward, StateView, Transaction, Verdict } from '../ledger/index.ts';
import type { ConfiguredPeer, Network, Peer } from '../network/index.ts';
import type { LoggedEquivocation, LoggedReorg, Reorg, Write } from '../storage/index.ts';
import type { HealingReport, RowsOfARoom } from './healing.ts';
import type { ScrubOutcome } from './scrub.ts';

export interface Head {
  readonly hash: string;
  readonly height: number;
  readonly work: number;
  readonly header: Header;
}

/** A transaction that somebody signed, or a reward that was derived. */
export type Entry =
  | { readonly type: 'transaction'; readonly transaction: Transaction }
  | { readonly type: 'reward'; readonly reward: Reward };

/**
 * Where an entry is: `pending` holds after the head and the pending ones before it, `waiting` does not hold yet (an unknown
 * reference, a balance too low), `lost` can no longer be confirmed on this chain.
 */
export type EntryState =
  | { readonly state: 'pending' }
  | { readonly state: 'waiting'; readonly rejection: Rejection }
  | {
      readonly state: 'confirmed';
      readonly height: number;
      readonly position: number;
      readonly blockHash: string;
      readonly blockTime: number;
    }
  | { readonly state: 'lost'; readonly rejection: Rejection };

export interface LocatedEntry {
  readonly id: string;
  readonly entry: Entry;
  readonly where: EntryState;
  /** Whether a user of this node authored it here. */
  readonly own: boolean;
}

/** A switch of the main chain that removed blocks; and what the log keeps of one. */
export type { LoggedReorg, Reorg };

/** A miner that sealed two blocks at one height: a liar, or an honest node key in two places. Nobody is punished for it. */
export type Equivocation = LoggedEquivocation;

export interface NodeEvents {
  /** A transaction is new here and pending. */
  transaction: [{ id: string; kind: string; own: boolean }];
  /**
   * A block joined the main chain. `transactions`: how many, the rewards that it pays included. `own`: ids in it that users
   * of this node authored.
   */
  block: [
    { hash: string; height: number; miner: string; transactions: number; own: readonly string[]; minedHere: boolean },
  ];
  /** The head has changed: after every commit, once. */
  tip: [Head];
  reorg: [Reorg];
  peer: [
    {
      peerId: string;
      address: string;
      nodeId: string | null;
      state: 'connected' | 'disconnected' | 'other-network' | 'shunned';
    },
  ];
  /** One of this node's own transactions became impossible. */
  conflict: [{ id: string; rejection: Rejection }];
  /** After an outage: what catching up brought. */
  caughtUp: [{ blocks: number; confirmed: number; lost: number }];
  /** The last link went; `waiting` own entries are not confirmed. */
  alone: [{ since: number; waiting: number }];
  /** Damaged or missing values were found in the folder; what could be healed was. */
  scrub: [HealingReport];
  /** Something went wrong that a person should know; the node goes on. */
  error: [{ code: string; message: string }];
}

export interface VerifyReport {
  /** The height up to which everything holds. */
  readonly height: number;
  readonly checks: readonly { readonly name: string; readonly count: number }[];
  readonly failure: { readonly height: number; readonly rejection: Rejection } | null;
}

export interface SyncReport {
  readonly before: number;
  readonly after: number;
  readonly blocksFetched: number;
  readonly peersAsked: number;
}

export type MineOutcome =
  | {
      readonly ok: true;
      readonly block: Block;
      readonly rewards: readonly Reward[];
      readonly rewardsDue: readonly Reward[];
    }
  | {
      readonly ok: false;
      readonly code: 'nothing-to-mine' | 'mining-timed-out' | 'miner-not-allowed' | 'clock-skewed';
    };

export interface PatientEvent {
  readonly id: string;
  readonly transaction: Transaction;
  readonly where: EntryState;
}

export interface OpenOrder {
  readonly id: string;
  readonly patient: string;
  readonly doctor: string;
}

export interface OpenPrescription {
  readonly id: string;
  readonly patient: string;
  readonly prescriber: string;
}

export interface LedgerNode {
  readonly genesis: Genesis;
  /** Public half of the node key, in hex, and the peer id made from it. */
  readonly nodeKey: string;
  /** Its name for people, such as DoctorNode-5001. */
  readonly nodeId: string;
  readonly network: Network;

  start(): Promise<void>;
  stop(): Promise<void>;

  head(): Head;
  /** The state after the head; a view that follows the head. */
  readonly state: StateView;
  /** The state after the head and everything pending; pending income left out. */
  readonly pendingState: StateView;
  hashAt(height: number): string | undefined;
  /** A block of the main chain or of a stored side branch; undefined for height 0. */
  block(hash: string): Block | undefined;
  /** The rewards that a block of the main chain paid. */
  rewardsOf(hash: string): readonly Reward[];
  find(id: string): LocatedEntry | undefined;
  /** Whether a transaction is pending, waiting or confirmed: cheaper than {@link find}, which reads its block. */
  holds(id: string): boolean;
  /** Ids that start with `prefix`: confirmed, pending, waiting and lost; at most `most`. */
  findIds(prefix: string, most: number): Promise<string[]>;
  /** Patient ids that start with `prefix`, registered or about to be. */
  findPatients(prefix: string, most: number): Promise<string[]>;
  /** Ids of the transactions that a member authored, newest first, pending ones included; at most `most`. */
  authored(member: string, most: number): Promise<string[]>;
  /** Orders without a result and prescriptions that can be filled, after the head and everything pending; oldest first. */
  openOrders(): Promise<readonly OpenOrder[]>;
  openPrescriptions(): Promise<readonly OpenPrescription[]>;
  /** Due rewards first, then transactions in the order in which they came; the waiting ones last. */
  pending(): LocatedEntry[];
  lost(): LocatedEntry[];
  reorgs(): readonly LoggedReorg[];
  equivocations(): readonly Equivocation[];
  /** A patient's events oldest first: confirmed, then pending and waiting. Rewards are not among them. */
  patientEvents(patient: string): PatientEvent[];
  peers(): readonly Peer[];
  configuredPeers(): readonly ConfiguredPeer[];
  /** How many linked peers have claimed a head at or above the height. */
  holders(height: number): number;

  /**
   * Takes a transaction of this node's own user: checks it, and writes it to the outbox together with `alongside` in one
   * synced batch. Once this resolves with ok it survives a crash, and is offered until confirmed or impossible. What it
   * refers to may be unknown here: then it waits, as {@link find} tells.
   */
  submit(transaction: Transaction, alongside?: readonly Write[]): Promise<Verdict<null>>;
  /** Seals one block of what is pending and due. */
  mine(): Promise<MineOutcome>;
  /** Compares tips and pending ids with every peer now, and fetches what is missing. */
  sync(): Promise<SyncReport>;
  /** Checks the whole chain again from the genesis, without the stored state. */
  verify(onProgress?: (height: number) => void): Promise<VerifyReport>;
  /** Replays history, compares with the stored state, mends what differs. */
  recalculateBalances(): Promise<{
    equal: boolean;
    repaired: readonly { key: string; stored: string; replayed: string }[];
  }>;
  /** Looks at everything that is stored, now, and heals what is damaged or missing as far as it can be had. */
  scrub(): Promise<ScrubOutcome>;
  /** What the last round of the scrub found; null before the first. */
  lastScrub(): ScrubOutcome | null;
  /** Takes the rows of a room above into the care of scrub and healing. */
  lookAfter(rows: RowsOfARoom): void;
  setOffline(offline: boolean): Promise<void>;
  isOffline(): boolean;

  on<Name extends keyof NodeEvents>(name: Name, listener: (...event: NodeEvents[Name]) => void): () => void;
}
