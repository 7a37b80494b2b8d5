/** The ledger node: one writer of the chain, the transactions that wait for it, the miner, and sync with peers. */
export { createNode } from './create-node.ts';
export { type HealedFolder, healFolder } from './heal-folder.ts';
export type { FamilyCounts, HealingReport, RoomOutcome, RowsOfARoom } from './healing.ts';
export { indexWrites } from './indexes.ts';
export type {
  Entry,
  EntryState,
  Head,
  LedgerNode,
  LocatedEntry,
  MineOutcome,
  NodeEvents,
  OpenOrder,
  OpenPrescription,
  PatientEvent,
  Reorg,
  SyncReport,
  VerifyReport,
} from './ledger-node.ts';
export type { LedgerFile, NodeSettings, NodeWorld } from './node-settings.ts';
export { MemoryState, type Replay, replay } from './replay.ts';
export type { ScrubOutcome } from './scrub.ts';
export { scrubFolder } from './scrub-folder.ts';
export type { FamilyReport, FaultyRow, ScrubReport } from './scrub-report.ts';
export { storedTimes } from './stored-times.ts';
export { threadWorkers } from './thread-workers.ts';
export { inlineWorkers, type NonceSearch, type SignatureCheck, type Workers } from './workers.ts';
