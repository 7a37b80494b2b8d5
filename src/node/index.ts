export type {
  Entry,
  EntryState,
  Head,
  LedgerNode,
  LocatedEntry,
  MineOutcome,
  NodeEvents,
  PatientEvent,
  Reorg,
  SyncReport,
  VerifyReport,
} from './ledger-node.ts';
