/**
 * What the ledger holds of a sealed record: one hash.
 *
 * It covers the ciphertext and the hash of the data key. Whoever keeps the record for others checks it without being able to
 * read it; a reader also refuses a data key that is not the author's. The salt is kept beside the record: once it is
 * destroyed, nobody can test a guess against the ledger.
 */
import { assert } from '../base/index.ts';
import { hashBytes, sha256, taggedHash } from './hash.ts';

const saltBytes = 32;

/** {@link recordCommitmentOf} the hashes of a ciphertext and its data key; for those who have both. */
export function recordCommitment(options: {
  salt: Uint8Array;
  ciphertext: Uint8Array;
  dataKey: Uint8Array;
}): Uint8Array {
  return recordCommitmentOf(options.salt, sha256(options.ciphertext), sha256(options.dataKey));
}

/** SHA-256("carechain/record/1" ‖ salt ‖ ciphertext hash ‖ data key hash): 32 bytes each, in and out. */
export function recordCommitmentOf(salt: Uint8Array, ciphertextHash: Uint8Array, dataKeyHash: Uint8Array): Uint8Array {
  assert(salt.length === saltBytes, 'recordCommitmentOf: expected a salt of 32 bytes');
  assert(ciphertextHash.length === hashBytes, 'recordCommitmentOf: expected a ciphertext hash of 32 bytes');
  assert(dataKeyHash.length === hashBytes, 'recordCommitmentOf: expected a data key hash of 32 bytes');
  return taggedHash('carechain/record/1', salt, ciphertextHash, dataKeyHash);
}
