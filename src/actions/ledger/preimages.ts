/** The exact bytes behind an id or a hash: whoever hashes them with SHA-256 gets it, with no word of ours to trust. */
import { concatBytes, encode, toHex, utf8ToBytes } from '../../base/index.ts';
import { type Block, encodeReward, type Genesis, hashedBytes, signedBytes } from '../../ledger/index.ts';
import type { Entry } from '../../node/index.ts';

export function entryPreimage(entry: Entry, network: string): string {
  if (entry.type === 'transaction') return toHex(signedBytes(entry.transaction));
  return tagged('carechain/reward/1', encodeReward(entry.reward, network));
}

export function blockPreimage({ header }: Block): string {
  return toHex(hashedBytes(header));
}

/** The genesis is hashed as its file was: without what was derived from it. */
export function genesisPreimage({ hash: _hash, members, ...file }: Genesis): string {
  const listed = members.map(({ id: _id, ...member }) => member);
  return tagged('carechain/genesis/1', encode({ ...file, members: listed }));
}

function tagged(tag: string, bytes: Uint8Array): string {
  return toHex(concatBytes(utf8ToBytes(tag), bytes));
}
