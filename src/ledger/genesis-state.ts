/** Block #0: not mined, but derived from the genesis by every node. */

import type { Header } from './block.ts';
import { nextDigest, noDigest } from './digest.ts';
import { Draft, type StateChange } from './draft.ts';
import { emptyRoot, type Genesis, systemAccount } from './genesis.ts';
import { stateKeys } from './state.ts';

const nothing = '00'.repeat(32);

/** The state that the chain starts from: the members, each with an empty account, and the supply with SYSTEM_BANK_001. */
export function genesisChanges(genesis: Genesis): StateChange[] {
  const draft = new Draft({ get: () => undefined });
  draft.set(stateKeys.balance(systemAccount), genesis.supply);
  for (const member of genesis.members) {
    draft.set(stateKeys.member(member.id), { ...member });
    draft.set(stateKeys.balance(member.id), 0);
  }
  return draft.changes();
}

/** The header of block #0, in the shape of any other. Its hash is that of the genesis, not of this header. */
export function genesisHeader(genesis: Genesis): Header {
  return {
    rules: genesis.rules,
    network: genesis.hash,
    height: 0,
    parent: nothing,
    time: genesis.time,
    miner: nothing,
    transactionsRoot: emptyRoot,
    stateDigest: nextDigest(noDigest, genesisChanges(genesis)),
    difficulty: genesis.difficulty,
    nonce: '00'.repeat(8),
  };
}
