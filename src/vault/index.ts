export type { Reader, Reading, RecordText, SealedRecord, Vault, VaultEvents } from './vault.ts';
