/**
 * The vault: clinical text, sealed to the people who care for the patient.
 *
 *   const vault = createVault({ node, network, store, clock, random, logger, peerIdOf });
 *   await vault.start();
 *   await vault.host(reader);
 *   const { sealed, writes } = await vault.seal({ notes: 'Sleeps badly.' }, [doctor, laboratory]);
 *   await node.submit(signTransaction({ … records: { notes: sealed } … }), writes);
 */
export { createVault, type VaultPorts } from './create-vault.ts';
export type { VaultLedger } from './known-records.ts';
export type { Reader, Reading, RecordText, SealedRecord, Vault, VaultEvents } from './vault.ts';
