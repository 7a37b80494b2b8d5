/**
 * One LevelDB a node: the chain, the outbox, the vault's records. Stores; never judges. Every value is checked when read,
 * every batch is synced before it counts.
 *
 *   const { database } = await openDatabase(folder);
 *   const store = createStore(database);
 *   const chain = await openChainStore(store, genesis);
 */
export type { ChainCommit, ChainStore, StoredHeader, Tip } from './chain-store.ts';
export { genesisWrites, writesOfBlock } from './commit-writes.ts';
export { type Cursor, type Cursors, openCursors } from './cursors.ts';
export { type Database, lastKey, type Write } from './database.ts';
export { type EquivocationLog, type LoggedEquivocation, openEquivocationLog } from './equivocation-log.ts';
export { storeKeys } from './keys.ts';
export { beginExchange, finishExchange, type LedgerExchange } from './ledger-exchange.ts';
export { checkLedgerFiles, type LedgerFileReport } from './ledger-files.ts';
export { type LostStore, type LostTransaction, openLostStore } from './lost-store.ts';
export { openChainStore } from './open-chain-store.ts';
export { closeDatabase, hasLedger, openDatabase } from './open-database.ts';
export { type Outbox, openOutbox } from './outbox.ts';
export type { PatientEventPlace } from './patient-index.ts';
export { createRecordStore, type RecordStore } from './record-store.ts';
export type { Snapshot } from './reopening.ts';
export { type LoggedReorg, openReorgLog, type Reorg, type ReorgLog } from './reorg-log.ts';
export { decodeRow } from './rows.ts';
export { createStore, type KeyRange, type RangeOptions, type Store } from './store.ts';
