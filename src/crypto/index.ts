/**
 * Hashes, signatures, sealing and keys. Bytes in, bytes out: nothing here reads a disk, a clock or a setting, and only the
 * wrapping of a key draws on chance (HPKE makes a new key for each wrap).
 */
export { recordCommitment, recordCommitmentOf } from './commitment.ts';
export { sha256, sha256Characters, sha256Hex, taggedHash, taggedHashHex } from './hash.ts';
export { type KeyFile, lockKeyFile, type MemberKeys, parseKeyFile, unlockKeyFile } from './key-file.ts';
export { unwrapKey, wrapKey, wrappedKeyBytes } from './key-wrap.ts';
export { leafHash, merklePath, merkleRoot, rootFromPath } from './merkle.ts';
export { decryptRecord, encryptRecord, isSoundSealingKey, sealingKeyPair } from './sealing.ts';
export { isSoundPublicKey, type KeyPair, sign, signingKeyPair, verifyStrict } from './signature.ts';
export { meetsTarget, searchNonce, workTarget } from './work.ts';
